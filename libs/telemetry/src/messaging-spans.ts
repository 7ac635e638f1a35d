import { SpanKind, type Span } from '@opentelemetry/api'
import { emitSpans, emitsSpans } from './emit-spans.js'
import { attribute, spanName } from './names.js'
import { newSpanId, parseTraceparent } from './traceparent.js'
import { withSpan } from './with-span.js'

/** What a messaging span tells. */
export interface Messaging {
  /** Queue or stream. */
  readonly destination: string
  /** Messages in the batch. */
  readonly count?: number
  readonly messageId?: string
  readonly runId?: string
  readonly consumerGroup?: string
  readonly parent?: string | null
  readonly links?: readonly (string | null)[]
}

const start = (operation: 'send' | 'receive' | 'process', kind: SpanKind, message: Messaging) => ({
  kind,
  attributes: {
    [attribute.messagingSystem]: 'bullmq',
    [attribute.messagingOperation]: operation,
    [attribute.messagingOperationType]: operation,
    [attribute.messagingDestination]: message.destination,
    ...(message.count === undefined ? {} : { [attribute.messagingBatchCount]: message.count }),
    ...(message.messageId === undefined ? {} : { [attribute.messagingMessageId]: message.messageId }),
    ...(message.runId === undefined ? {} : { [attribute.messagingConversation]: message.runId }),
    ...(message.consumerGroup === undefined ? {} : { [attribute.messagingConsumerGroup]: message.consumerGroup }),
  },
  ...(message.parent === undefined ? {} : { parent: message.parent }),
  // A batch of many runs would make a span of many kilobytes.
  ...(message.links === undefined ? {} : { links: message.links.slice(0, 32) }),
})

/** A span `send <destination>` of kind producer around `fn`. */
export const withSendSpan = <T>(message: Messaging, fn: (span: Span) => T | Promise<T>): Promise<T> =>
  withSpan(spanName.send(message.destination), start('send', SpanKind.PRODUCER, message), fn)

/** A span `receive <destination>` of kind client around `fn`. */
export const withReceiveSpan = <T>(message: Messaging, fn: (span: Span) => T | Promise<T>): Promise<T> =>
  withSpan(spanName.receive(message.destination), start('receive', SpanKind.CLIENT, message), fn)

/** A span `process <destination>` of kind consumer around `fn`. */
export const withProcessSpan = <T>(message: Messaging, fn: (span: Span) => T | Promise<T>): Promise<T> =>
  withSpan(spanName.process(message.destination), start('process', SpanKind.CONSUMER, message), fn)

/** One message of a batch, each in the trace of its own run. */
export interface BatchedMessage {
  readonly traceparent: string | null
  readonly messageId: string
  readonly runId: string
}

/**
 * Spans for the messages of one batch, after it was sent or received (epoch ms): each becomes a child in its own run's
 * trace, which one span around the batch could not be.
 */
export const emitMessageSpans = (
  operation: 'send' | 'receive',
  destination: string,
  batch: { readonly messages: readonly BatchedMessage[]; readonly startedAt: number; readonly endedAt: number },
): void => {
  if (!emitsSpans()) return
  emitSpans({
    spans: batch.messages.flatMap(({ traceparent, messageId, runId }) => {
      const parent = parseTraceparent(traceparent)
      if (!parent) return []
      const kind = operation === 'send' ? SpanKind.PRODUCER : SpanKind.CLIENT
      const count = batch.messages.length
      return [
        {
          traceId: parent.traceId,
          spanId: newSpanId(),
          parentSpanId: parent.spanId,
          traceFlags: parent.traceFlags,
          name: spanName[operation](destination),
          kind,
          startedAt: batch.startedAt,
          endedAt: batch.endedAt,
          attributes: start(operation, kind, { destination, count, messageId, runId }).attributes,
        },
      ]
    }),
  })
}
