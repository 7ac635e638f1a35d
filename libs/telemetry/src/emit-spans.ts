import {
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Attributes,
  type HrTime,
  type SpanContext,
} from '@opentelemetry/api'
import { defaultResource, resourceFromAttributes, type Resource } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { attribute } from './names.js'
import { tracingState } from './tracing-state.js'

/** A span that is over, with ids and times given by the caller. */
export interface EndedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | null
  readonly name: string
  /** Internal unless told. */
  readonly kind?: SpanKind
  /** Epoch ms; both may have fractions. */
  readonly startedAt: number
  readonly endedAt: number
  readonly attributes?: Attributes
  /** Code of the failure, else null. */
  readonly errorCode?: string | null
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
  /** Flags of the run's `traceparent`; a run that is not sampled emits nothing. Sampled unless told. */
  readonly traceFlags?: number
}

const resources = new Map<string, Resource>()
const resourceOf = (serviceName: string): Resource => {
  const known = resources.get(serviceName)
  if (known) return known
  const made = defaultResource().merge(resourceFromAttributes({ 'service.name': serviceName }))
  resources.set(serviceName, made)
  return made
}

const hrTime = (ms: number): HrTime => [Math.floor(ms / 1_000), Math.round((ms % 1_000) * 1e6)]

const contextOf = (traceId: string, spanId: string): SpanContext => ({
  traceId,
  spanId,
  traceFlags: TraceFlags.SAMPLED,
})

/** Builds what an exporter takes from a span of our own making. */
export const toReadableSpan = (serviceName: string, span: EndedSpan): ReadableSpan => {
  const durationMs = Math.max(0, span.endedAt - span.startedAt)
  return {
    name: span.name,
    kind: span.kind ?? SpanKind.INTERNAL,
    spanContext: () => contextOf(span.traceId, span.spanId),
    ...(span.parentSpanId === null ? {} : { parentSpanContext: contextOf(span.traceId, span.parentSpanId) }),
    startTime: hrTime(span.startedAt),
    endTime: hrTime(span.startedAt + durationMs),
    duration: hrTime(durationMs),
    ended: true,
    status: span.errorCode ? { code: SpanStatusCode.ERROR, message: span.errorCode } : { code: SpanStatusCode.UNSET },
    attributes: {
      ...span.attributes,
      ...(span.errorCode ? { [attribute.errorType]: span.errorCode } : {}),
    },
    links: (span.links ?? []).map((link) => ({ context: contextOf(link.traceId, link.spanId) })),
    events: [],
    resource: resourceOf(serviceName),
    instrumentationScope: { name: 'flotilla' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

/** Whether spans of a run with these flags go anywhere: what nobody takes need not be made. */
export const emitsSpans = (traceFlags: number = TraceFlags.SAMPLED): boolean =>
  tracingState.processor !== null && (traceFlags & TraceFlags.SAMPLED) !== 0

/**
 * Hands ended spans to the exporter, also under another `service.name` than this process': a run's own spans belong to
 * its workflow's service, whichever replica saw them end. Costs nothing where nothing is exported. Never throws for a
 * missing collector.
 */
export const emitSpans = ({
  serviceName = tracingState.serviceName,
  spans,
}: {
  /** This process' own name unless told. */
  readonly serviceName?: string
  readonly spans: readonly EndedSpan[]
}): void => {
  const { processor } = tracingState
  if (!processor) return
  for (const span of spans)
    if (((span.traceFlags ?? TraceFlags.SAMPLED) & TraceFlags.SAMPLED) !== 0)
      processor.onEnd(toReadableSpan(serviceName, span))
}
