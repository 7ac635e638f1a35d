import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto'
import type { AuditHeadView, AuditPage } from '@flotilla/contracts'
import type { Field } from '@flotilla/runtime'
import type { Gateway } from '../gateway.js'
import { readCursor, writeCursor } from '../http/cursor.js'
import { integerParam, textParam, type Query } from '../http/query-params.js'

const refuse = (): never => {
  throw new Error('an ed25519 private key: PKCS8 in base64')
}

/** Reads a signing key: PKCS8 (DER) in base64. */
export const signingKey: Field<KeyObject> = {
  accepts: 'an ed25519 private key: PKCS8 in base64',
  parse: (raw) => {
    try {
      const key = createPrivateKey({ key: Buffer.from(raw, 'base64'), format: 'der', type: 'pkcs8' })
      return key.asymmetricKeyType === 'ed25519' ? key : refuse()
    } catch {
      return refuse() // OpenSSL's message may quote
    }
  },
}

/** The 32 bytes that an ed25519 key is made of. */
export const seedOf = (key: KeyObject): Uint8Array => Buffer.from(`${key.export({ format: 'jwk' }).d}`, 'base64url')

/** What is signed of a head. */
const signedText = ({ tenant, seq, hash, signedAt }: Omit<AuditHeadView, 'signature' | 'publicKey'>): Buffer =>
  Buffer.from(['flotilla.audit-head.v1', tenant, seq, hash, signedAt].join('\n'))

/** A page of the tenant's audit, oldest first. */
export const listAuditViews = async (gateway: Gateway, tenantId: string, query: Query): Promise<AuditPage> => {
  const limit = integerParam(query, 'limit', { min: 1, max: 1_000, fallback: 100 })
  const cursor = textParam(query, 'cursor', 1_024)
  const afterSeq =
    cursor === null
      ? 0
      : readCursor('audit', cursor, ([seq]) => (Number.isSafeInteger(seq) && Number(seq) >= 0 ? Number(seq) : null))
  const found = await gateway.store.listAudit(tenantId, { afterSeq, limit: limit + 1 })
  const items = found.slice(0, limit)
  return { items, nextCursor: found.length > limit ? writeCursor('audit', [items.at(-1)?.seq ?? 0]) : null }
}

/** A head with the time and, where there is a key, a signature over all of it. Members in the order in which files have them. */
export const signHead = (
  { tenant, seq, hash }: { readonly tenant: string; readonly seq: number; readonly hash: string },
  key: KeyObject | null,
  atMs: number,
): AuditHeadView => {
  const head = { tenant, seq, hash, signedAt: new Date(atMs).toISOString() }
  if (key === null) return { ...head, signature: null, publicKey: null }
  return {
    ...head,
    signature: sign(null, signedText(head), key).toString('hex'),
    publicKey: createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('hex'),
  }
}

/** The head of the tenant's chain as it is now, signed where there is a key. */
export const signedHead = async (gateway: Gateway, tenantId: string): Promise<AuditHeadView> => {
  const last = await gateway.store.readAuditHead(tenantId)
  const head = { tenant: tenantId, seq: last?.seq ?? 0, hash: last?.hash ?? '' }
  return signHead(head, gateway.auditKey, gateway.now())
}
