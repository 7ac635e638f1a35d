import { trace, type TextMapPropagator } from '@opentelemetry/api'
import { contextOf, formatTraceparent } from './traceparent.js'

/** W3C trace context and nothing else: no baggage, no vendor headers. */
export const tracecontextPropagator: TextMapPropagator = {
  inject: (context, carrier, setter) => {
    const span = trace.getSpanContext(context)
    if (!span) return
    setter.set(carrier, 'traceparent', formatTraceparent(span))
    const state = span.traceState?.serialize()
    if (state) setter.set(carrier, 'tracestate', state)
  },
  extract: (context, carrier, getter) => {
    const header = getter.get(carrier, 'traceparent')
    return contextOf(Array.isArray(header) ? header[0] : header, context)
  },
  fields: () => ['traceparent', 'tracestate'],
}
