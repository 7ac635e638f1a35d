import { hash, randomBytes } from 'node:crypto'
import { context, ROOT_CONTEXT, trace, TraceFlags, type Context, type SpanContext } from '@opentelemetry/api'
import { tracingState } from './tracing-state.js'

/** W3C trace context: `traceparent`, version 00 (https://www.w3.org/TR/trace-context/). */
export interface TraceParent {
  /** 32 hex digits. */
  readonly traceId: string
  /** 16 hex digits. */
  readonly spanId: string
  readonly traceFlags: number
}

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** Reads a `traceparent`; null for anything that the standard says to ignore. */
export const parseTraceparent = (text: string | null | undefined): TraceParent | null => {
  const [, version, traceId = '', spanId = '', flags = '', rest] = pattern.exec(text ?? '') ?? []
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return null
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) }
}

/** Writes a `traceparent` of version 00. */
export const formatTraceparent = ({ traceId, spanId, traceFlags }: TraceParent): string =>
  `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`

const randomHex = (bytes: number): string => {
  const hex = randomBytes(bytes).toString('hex')
  return /^0+$/.test(hex) ? randomHex(bytes) : hex
}

/** 32 random hex digits, never all zero. */
export const newTraceId = (): string => randomHex(16)

/** 16 random hex digits, never all zero. */
export const newSpanId = (): string => randomHex(8)

/** The span id of a part of a run: the first 8 bytes of sha256 over run id and key, never zero. The same on every replica. */
export const spanIdOf = (runId: string, key: string): string => {
  const hex = hash('sha256', `${runId}|${key}`, 'hex').slice(0, 16)
  return /^0+$/.test(hex) ? '0000000000000001' : hex
}

const valid = (span: SpanContext | undefined): span is SpanContext =>
  span !== undefined && /[1-9a-f]/.test(span.traceId) && /[1-9a-f]/.test(span.spanId)

/** The active span's `traceparent`, or null outside any. */
export const currentTraceparent = (): string | null => {
  const span = trace.getActiveSpan()?.spanContext()
  return valid(span) ? formatTraceparent(span) : null
}

/** The active `traceparent`, or a fresh one: a run has a trace id even where nothing is exported. */
export const ensureTraceparent = (): string =>
  currentTraceparent() ??
  formatTraceparent({
    traceId: newTraceId(),
    spanId: newSpanId(),
    traceFlags: tracingState.processor ? TraceFlags.SAMPLED : TraceFlags.NONE,
  })

/** A context whose active span is the remote one that `traceparent` names; the root context when it names none. */
export const contextOf = (traceparent: string | null | undefined, base: Context = ROOT_CONTEXT): Context => {
  const parent = parseTraceparent(traceparent)
  return parent ? trace.setSpanContext(base, { ...parent, isRemote: true }) : base
}

/** Runs `fn` with the remote span that `traceparent` names as the active one. */
export const withTraceparent = <T>(traceparent: string | null | undefined, fn: () => T): T =>
  context.with(contextOf(traceparent), fn)
