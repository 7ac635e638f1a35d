import { RetryableError, TerminalError } from '@flotilla/contracts'

/** How a call to the provider is bounded and recognised when it is repeated. */
export interface RegistryCall {
  readonly idempotencyKey: string
  readonly signal: AbortSignal
  /** n-th execution of the job, from 1; providers get it as a header. */
  readonly attempt: number
}

/** An answer as the provider gives it over HTTP; its body is not trusted. */
export interface RegistryResponse {
  /** 200, 404 (unknown number) or 429 (busy). */
  readonly httpStatus: number
  readonly body: unknown
  readonly retryAfterMs?: number
}

/** The provider of identity data: the file of this project, or a client of a real one. Never retries by itself. */
export interface IdentityRegistry {
  lookup(documentNumber: string, call: RegistryCall): Promise<RegistryResponse>
}

/** What the registry knows of a document. */
export type DocumentStatus = 'valid' | 'revoked' | 'unknown'

const isAnswer = (body: unknown): body is { readonly status: 'valid' | 'revoked' } =>
  typeof body === 'object' &&
  body !== null &&
  'status' in body &&
  (body.status === 'valid' || body.status === 'revoked')

/**
 * Asks the registry for a document. Throws `RetryableError('REGISTRY_BUSY')` when it is busy or failing, and
 * `TerminalError('REGISTRY_ANSWER_INVALID')` when its answer breaks its contract.
 */
export const findDocument = async (
  registry: IdentityRegistry,
  documentNumber: string,
  call: RegistryCall,
): Promise<DocumentStatus> => {
  call.signal.throwIfAborted()
  const { httpStatus, body, retryAfterMs } = await registry.lookup(documentNumber, call)
  if (httpStatus === 404) return 'unknown'
  if (httpStatus === 429 || httpStatus >= 500) throw new RetryableError('REGISTRY_BUSY', retryAfterMs)
  if (httpStatus !== 200 || !isAnswer(body)) throw new TerminalError('REGISTRY_ANSWER_INVALID')
  return body.status
}
