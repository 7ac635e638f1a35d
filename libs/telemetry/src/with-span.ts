import { context, SpanKind, SpanStatusCode, trace, type Attributes, type Link, type Span } from '@opentelemetry/api'
import { attribute } from './names.js'
import { contextOf, parseTraceparent } from './traceparent.js'

/** How a span begins. */
export interface SpanStart {
  readonly kind?: SpanKind
  readonly attributes?: Attributes
  /** `traceparent` of the parent; absent: the active span. */
  readonly parent?: string | null
  /** `traceparent`s of spans that it answers or joins. */
  readonly links?: readonly (string | null)[]
}

const linksOf = (links: SpanStart['links']): Link[] =>
  (links ?? []).flatMap((text) => {
    const found = parseTraceparent(text)
    return found ? [{ context: { ...found, isRemote: true } }] : []
  })

/** An error's code, else its name: the only part of an error that telemetry may carry. */
export const errorCodeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'UNKNOWN'
  const code = 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? code : error.name.slice(0, 64)
}

/** Marks a span as failed with the error's code; never with its message. */
export const failSpan = (span: Span, error: unknown): void => {
  const code = errorCodeOf(error)
  span.setAttribute(attribute.errorType, code)
  span.setStatus({ code: SpanStatusCode.ERROR, message: code })
}

/** Runs `fn` inside a new span and ends it; an error marks the span and goes on to the caller. */
export const withSpan = async <T>(
  name: string,
  { kind = SpanKind.INTERNAL, attributes = {}, parent, links }: SpanStart,
  fn: (span: Span) => T | Promise<T>,
): Promise<T> => {
  const parentContext = parent ? contextOf(parent, context.active()) : context.active()
  const span = trace.getTracer('flotilla').startSpan(name, { kind, attributes, links: linksOf(links) }, parentContext)
  try {
    return await context.with(trace.setSpan(parentContext, span), () => fn(span))
  } catch (error) {
    failSpan(span, error)
    throw error
  } finally {
    span.end()
  }
}
