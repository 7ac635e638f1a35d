import { attribute, metrics, newTraceId, parseTraceparent } from '@flotilla/telemetry'
import {
  context,
  defaultTextMapGetter,
  isSpanContextValid,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { pathOf } from './call.js'

/** Template of the route, or `unknown`: never what the client wrote, which would be a label without bounds. */
const routeOf = (request: FastifyRequest): string => request.routeOptions.url ?? 'unknown'

const begin = (request: FastifyRequest): void => {
  const { headers, method } = request
  const parent = propagation.extract(context.active(), headers, defaultTextMapGetter)
  const route = routeOf(request)
  const span = trace.getTracer('flotilla').startSpan(
    `HTTP ${method} ${route}`,
    {
      kind: SpanKind.SERVER,
      attributes: {
        'http.request.method': method,
        'http.route': route,
        // The path of no route is whatever somebody typed.
        ...(request.is404 ? {} : { 'url.path': pathOf(request.raw.url) }),
        'url.scheme': request.protocol,
      },
    },
    parent,
  )
  const own = span.spanContext()
  const header = headers['traceparent']
  request.call = {
    span,
    context: trace.setSpan(parent, span),
    traceId: isSpanContextValid(own)
      ? own.traceId
      : (parseTraceparent(typeof header === 'string' ? header : null)?.traceId ?? newTraceId()),
    receivedAt: performance.now(),
    principal: null,
    problem: null,
  }
}

/** Ends the request's span and counts its time; streams are not timed, they last as long as clients like. */
export const endCall = (request: FastifyRequest, status: number): void => {
  const { call } = request
  if (!call || call.ended) return
  call.ended = true
  call.span.setAttribute('http.response.status_code', status)
  // A refusal is the client's error and no failure of the span (semantic conventions for HTTP servers).
  if (status >= 500) {
    call.span.setStatus({ code: SpanStatusCode.ERROR })
    call.span.setAttribute(attribute.errorType, call.problem ?? 'INTERNAL')
  }
  call.span.end()
  if (request.routeOptions.config.stream) return
  const labels = { method: request.method, route: routeOf(request), status: String(status) }
  metrics.httpSeconds.observe(labels, (performance.now() - call.receivedAt) / 1000)
}

/** One answered request, for the log: no query, no body, nobody's name. */
export type OnAnswered = (answered: {
  readonly method: string
  readonly route: string
  readonly status: number
  readonly code: string | null
  readonly traceId: string | null
  readonly ms: number
}) => void

/**
 * One server span per request, continued from an incoming `traceparent`, in whose context the handler runs. Each answer
 * carries its trace id in `X-Trace-Id`. Register first: later hooks read `request.call`.
 */
export const traceRequests = (fastify: FastifyInstance, onAnswered?: OnAnswered): void => {
  fastify.decorateRequest('call', null)
  fastify.addHook('onRequest', (request, reply, done) => {
    begin(request)
    void reply.header('x-trace-id', request.call?.traceId ?? '')
    done()
  })
  // The parser's events come in the context of the socket, so the request's context begins after the body was read.
  fastify.addHook('preValidation', (request, _reply, done) => {
    if (request.call) context.with(request.call.context, done)
    else done()
  })
  fastify.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done) => {
    endCall(request, reply.statusCode)
    onAnswered?.({
      method: request.method,
      route: routeOf(request),
      status: reply.statusCode,
      code: request.call?.problem ?? null,
      traceId: request.call?.traceId ?? null,
      ms: Math.round(reply.elapsedTime),
    })
    done()
  })
}
