import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { GatewayError } from '../http/gateway-error.js'

/** Printable ASCII, as structured header strings have it; at most 255 characters. */
const keyPattern = /^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/

/** Reads an `Idempotency-Key` header; null when absent. Throws IDEMPOTENCY_KEY_INVALID. */
export const readIdempotencyKey = (header: string | readonly string[] | undefined): string | null => {
  if (header === undefined) return null
  if (typeof header !== 'string' || !keyPattern.test(header)) throw new GatewayError('IDEMPOTENCY_KEY_INVALID')
  return header
}

/** SHA-256 in hex of the RFC 8785 canonical form of a parsed body: equal bodies have equal fingerprints. */
export const fingerprintOf = (body: unknown): string =>
  createHash('sha256')
    .update(canonicalize(body) ?? '')
    .digest('hex')
