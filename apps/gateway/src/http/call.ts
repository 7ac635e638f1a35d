import { newTraceId } from '@flotilla/telemetry'
import type { Context, Span } from '@opentelemetry/api'
import type { FastifyRequest } from 'fastify'
import type { Principal } from '../auth/principal.js'

/** What the gateway knows of one request beside the request itself. */
export interface Call {
  readonly traceId: string
  readonly span: Span
  /** Trace context in which the request's work runs. */
  readonly context: Context
  /** `performance.now()` at arrival, ms. */
  readonly receivedAt: number
  /** Who asks; null on open routes and until authentication is over. */
  principal: Principal | null
  /** Code of the problem that was answered, else null. */
  problem: string | null
  /** Whether span and metrics were written. */
  ended?: boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null until the first hook ran, and for requests that no route could be looked up for. */
    call: Call | null
  }
}

/** The trace id of a request; a random one for a request that failed before any hook ran. */
export const traceIdOfCall = (request: FastifyRequest): string => request.call?.traceId ?? newTraceId()

/** The path of a request without its query, which may hold a ticket. At most 512 characters. */
export const pathOf = (url: string | undefined): string => (url ?? '/').split('?', 1)[0]?.slice(0, 512) ?? '/'
