import { parseContract, type ContractClass } from '@flotilla/contracts'
import { currentTraceparent, formatTraceparent, newSpanId } from '@flotilla/telemetry'
import type { FastifyRequest } from 'fastify'
import type { Principal } from '../auth/principal.js'
import { isUuid } from './cursor.js'
import { GatewayError } from './gateway-error.js'
import type { Query } from './query-params.js'

/** Who asks. Routes with an entrance always have one by now. */
export const principalOf = (request: FastifyRequest): Principal => {
  const principal = request.call?.principal
  if (!principal) throw new GatewayError('KEY_MISSING')
  return principal
}

/** The trace of a request, for what it sets going; with a span id of its own where no span is recorded. */
export const traceOf = (request: FastifyRequest): { readonly traceId: string; readonly traceparent: string } => {
  const traceId = request.call?.traceId ?? ''
  const active = currentTraceparent()
  const traceparent =
    active?.includes(traceId) === true ? active : formatTraceparent({ traceId, spanId: newSpanId(), traceFlags: 0 })
  return { traceId, traceparent }
}

/** Validates the body against its class; unknown members are refused. An absent body is `fallback`, where there is one. */
export const bodyOf = <T extends object>(type: ContractClass<T>, request: FastifyRequest, fallback?: unknown): T =>
  parseContract(type, request.body ?? fallback, { unknownMembers: 'refuse' })

/** A run's id from the path, in lower case; what cannot be one is unknown, like a foreign one. */
export const runIdOf = (value: string): string => {
  const runId = value.toLowerCase()
  if (!isUuid(runId)) throw new GatewayError('RUN_UNKNOWN')
  return runId
}

/** The query as Fastify parsed it. */
export const queryOf = (request: FastifyRequest): Query => request.query as Query
