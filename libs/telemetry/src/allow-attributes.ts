import type { Attributes, AttributeValue } from '@opentelemetry/api'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { attribute } from './names.js'

/**
 * The last door before spans leave the process.
 *
 * A1  Only attributes named here leave; whatever a library adds tomorrow stays.
 * A2  A string longer than 256 characters stays as well: nothing that we name is that long, a payload is.
 * A3  Of an exception only its type leaves: messages and stacks may quote what they choked on.
 * A4  Of a status only a code leaves.
 */
const stringMax = 256

const allowed: ReadonlySet<string> = new Set([
  ...Object.values(attribute),
  // HTTP and network; never url.query or url.full
  'http.request.method',
  'http.response.status_code',
  'http.route',
  'url.path',
  'url.scheme',
  'server.address',
  'server.port',
  'network.peer.address',
  'network.peer.port',
  'network.transport',
  // Redis and Postgres: the serializer of ioredis' instrumentation gives the command's name as query text
  'db.system',
  'db.system.name',
  'db.namespace',
  'db.operation.name',
  'db.query.text',
  'db.statement',
  'db.response.status_code',
  'net.peer.name',
  'net.peer.port',
  // This project's own
  'flotilla.effect',
  'flotilla.effect.replayed',
  'flotilla.runs',
  'flotilla.events',
  'flotilla.status',
  'flotilla.code',
  'flotilla.count',
  'flotilla.queue',
  'flotilla.ignored',
  // The engine's: kinds, counts and states, never a value of the run
  'flotilla.step.kind',
  'flotilla.step.attempts',
  'flotilla.step.cancelled',
  'flotilla.run.status',
  'flotilla.run.openings',
  'flotilla.join.policy',
  'flotilla.join.come_in',
  'flotilla.join.expected',
  'flotilla.gate.status',
  'flotilla.gate.pause_ms',
  'flotilla.checkpoint.number',
])

const fits = (value: AttributeValue | undefined): boolean =>
  Array.isArray(value)
    ? value.length <= 32 && value.every((item) => typeof item !== 'string' || item.length <= stringMax)
    : typeof value !== 'string' || value.length <= stringMax

/** The attributes that may leave the process (A1, A2). */
export const allowAttributes = (attributes: Attributes | undefined): Attributes =>
  Object.fromEntries(Object.entries(attributes ?? {}).filter(([name, value]) => allowed.has(name) && fits(value)))

const codePattern = /^[A-Z][A-Z0-9_]{1,63}$/

/** A copy of a span without anything that may not leave. Events other than `exception` are dropped (BullMQ puts results into them). */
export const scrubSpan = (span: ReadableSpan): ReadableSpan => ({
  name: span.name.slice(0, stringMax),
  kind: span.kind,
  spanContext: () => span.spanContext(),
  ...(span.parentSpanContext ? { parentSpanContext: span.parentSpanContext } : {}),
  startTime: span.startTime,
  endTime: span.endTime,
  duration: span.duration,
  ended: span.ended,
  status:
    span.status.message !== undefined && codePattern.test(span.status.message)
      ? span.status
      : { code: span.status.code },
  attributes: allowAttributes(span.attributes),
  links: span.links.map((link) => ({ context: link.context, attributes: allowAttributes(link.attributes) })),
  events: span.events
    .filter((event) => event.name === 'exception')
    .map((event) => ({ name: event.name, time: event.time, attributes: allowAttributes(event.attributes) })),
  resource: span.resource,
  instrumentationScope: span.instrumentationScope,
  droppedAttributesCount: span.droppedAttributesCount,
  droppedEventsCount: span.droppedEventsCount,
  droppedLinksCount: span.droppedLinksCount,
})

/** Puts `scrubSpan` before another processor. */
export const makeScrubbingProcessor = (next: SpanProcessor): SpanProcessor => ({
  onStart: (span, context) => next.onStart(span, context),
  onEnd: (span) => next.onEnd(scrubSpan(span)),
  forceFlush: () => next.forceFlush(),
  shutdown: () => next.shutdown(),
})
