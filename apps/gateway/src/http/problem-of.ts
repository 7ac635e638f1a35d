import {
  CodedError,
  ContractError,
  errorCodes,
  type ErrorCode,
  type Problem,
  isPostgresAway,
} from '@flotilla/contracts'
import { GatewayError } from './gateway-error.js'

/** What is answered: status, headers, and the RFC 9457 document. */
export interface ProblemAnswer {
  readonly status: number
  readonly code: ErrorCode
  readonly headers: Readonly<Record<string, string>>
  readonly body: {
    readonly type: string
    readonly title: string
    readonly status: number
    readonly detail: string
    readonly instance: string
    readonly code: string
    readonly traceId: string
    readonly errors: readonly Problem[]
  }
}

/** Where the error happened. */
export interface ProblemContext {
  /** Path of the request, without query. */
  readonly instance: string
  readonly traceId: string
}

/** More than this many members in one document help nobody. */
const problemsMax = 100

/** Errors of Fastify and Node by code, as far as a client can cause them. */
const frameworkCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_INVALID_JSON_BODY: 'MALFORMED_JSON',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'MALFORMED_JSON',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'REQUEST_INVALID',
  FST_ERR_BAD_URL: 'URL_INVALID',
  FST_ERR_MAX_PARAM_LENGTH: 'URL_TOO_LONG',
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  ECONNRESET: 'REQUEST_INVALID',
}

const statusOf = (error: unknown): number | null => {
  if (typeof error !== 'object' || error === null) return null
  const status = 'statusCode' in error ? error.statusCode : 'status' in error ? error.status : null
  return typeof status === 'number' && status >= 400 && status < 500 ? status : null
}

/** A framework's refusal without a code of ours, by its status. */
const byStatus: Readonly<Record<number, ErrorCode>> = {
  404: 'ROUTE_UNKNOWN',
  405: 'METHOD_NOT_ALLOWED',
  413: 'BODY_TOO_LARGE',
  414: 'URL_TOO_LONG',
  415: 'MEDIA_TYPE_UNSUPPORTED',
  431: 'HEADERS_TOO_LARGE',
}

const codeOf = (error: unknown): ErrorCode => {
  if (error instanceof CodedError && Object.hasOwn(errorCodes, error.code)) return error.code as ErrorCode // hasOwn
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const known = frameworkCodes[code]
  if (known && code.startsWith('FST_')) return known
  if (isPostgresAway(error)) return 'POSTGRES_UNAVAILABLE'
  const status = statusOf(error)
  return status === null ? 'INTERNAL' : (byStatus[status] ?? 'REQUEST_INVALID')
}

const detailOf = (error: unknown, code: ErrorCode): string => {
  if (error instanceof ContractError) {
    const count = error.problems.length
    return count === 1 ? 'One member is wrong; see errors.' : `${count} members are wrong; see errors.`
  }
  // Only our own errors may speak: a driver's message can hold values, names of hosts and SQL.
  if (error instanceof CodedError && error.message !== error.code && code === error.code) return error.message
  return `${errorCodes[code].title}.`
}

/** `code` as a `type`: no host is promised to explain it, so it is a name and no address. */
const typeOf = (code: string): string => `urn:flotilla:problem:${code.toLowerCase().replaceAll('_', '-')}`

/** Turns any error into the document that leaves the gateway. Never a stack, a driver's message or a value. */
export const problemOf = (error: unknown, { instance, traceId }: ProblemContext): ProblemAnswer => {
  const code = codeOf(error)
  const { status, title } = errorCodes[code]
  const problems = error instanceof CodedError ? error.problems.slice(0, problemsMax) : []
  const own = error instanceof GatewayError ? error.headers : {}
  const retry: Readonly<Record<string, string>> = status === 503 || status === 429 ? { 'retry-after': '2' } : {}
  return {
    status,
    code,
    headers: { ...retry, ...own },
    body: {
      type: typeOf(code),
      title,
      status,
      detail: detailOf(error, code),
      instance,
      code,
      traceId,
      errors: problems,
    },
  }
}
