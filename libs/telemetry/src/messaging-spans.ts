import { SpanKind, type Span } from '@opentelemetry/api'
import { attribute, spanName } from './names.js'
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
