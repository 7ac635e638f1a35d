import { CodedError, type ErrorCode, type Problem } from '@flotilla/contracts'

/** A refusal of the gateway's own, with headers that belong to it (`Retry-After`, `WWW-Authenticate`, `Allow`). */
export class GatewayError extends CodedError {
  override readonly name = 'GatewayError'
  constructor(
    code: ErrorCode,
    message: string = code,
    readonly headers: Readonly<Record<string, string>> = {},
    problems: readonly Problem[] = [],
  ) {
    super(code, message, problems)
  }
}

/** Refuses because a limit is reached; `retryAfterS` in whole seconds, at least 1. */
export const rateLimited = (retryAfterS: number): GatewayError =>
  new GatewayError('RATE_LIMITED', 'RATE_LIMITED', { 'retry-after': String(Math.max(1, Math.ceil(retryAfterS))) })

/** Nobody knows when a run ends: often enough to come in time, seldom enough not to weigh. Seconds. */
const limitRetryAfterS = 5

/** Refuses because as many runs of the workflow are under way as may be. */
export const concurrencyLimited = (): GatewayError =>
  new GatewayError('CONCURRENCY_LIMIT', 'CONCURRENCY_LIMIT', { 'retry-after': String(limitRetryAfterS) })

/** Refuses because a tenant has as many runs waiting as it may; `retryAfterS` in whole seconds, at least 1. */
export const backlogFull = (retryAfterS: number): GatewayError =>
  new GatewayError('BACKLOG_FULL', 'BACKLOG_FULL', { 'retry-after': String(Math.max(1, Math.ceil(retryAfterS))) })

/** Refuses because the fleet has as much waiting as it may; `retryAfterS` in whole seconds, at least 1. */
export const overloaded = (retryAfterS: number): GatewayError =>
  new GatewayError('OVERLOADED', 'OVERLOADED', { 'retry-after': String(Math.max(1, Math.ceil(retryAfterS))) })
