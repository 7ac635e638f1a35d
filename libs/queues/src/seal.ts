/**
 * Sealing of what travels through Redis.
 *
 * S1  AES-256-GCM with a fresh 96-bit nonce; the key is derived per run (HKDF-SHA256, RFC 5869), so that no key meets
 *     the nonce bound of NIST SP 800-38D and a leaked one opens one run.
 * S2  The associated data names run, step, dispatch, contract and direction: a sealed text put elsewhere does not open.
 * S3  The text names the ring's key id, so that old texts open after a rotation.
 * S4  What does not open is a terminal error with a code; no part of the plaintext or the key is in it.
 */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { TerminalError } from '@flotilla/contracts'
import { nextNonce, nonceBytes, type SealingKeys } from '@flotilla/contracts/sealing'

/** What a sealed text is bound to. */
export interface SealedFor {
  readonly runId: string
  readonly step: string
  readonly dispatch: number
  readonly contract: string | null
  /** `job` or `reply.<kind>`. */
  readonly direction: string
}

/** Seals, opens and hashes with one key ring. */
export interface Sealer {
  /** `v1.<keyId>.<nonce>.<ciphertext and tag>`, base64url. `value` must be JSON. */
  readonly seal: (value: unknown, to: SealedFor) => string
  /** The same of JSON that is text already. */
  readonly sealText: (json: string, to: SealedFor) => string
  /** The value again. Throws `TerminalError` SEAL_BROKEN, SEAL_MALFORMED or SEALING_KEY_UNKNOWN. */
  readonly open: (sealed: string, to: SealedFor) => unknown
  /** Keyed hash of a text (HMAC-SHA256, base64url) under a key of its own per purpose; safe to show, useless to guess from. */
  readonly hash: (purpose: string, text: string) => string
}

const version = 'v1'
const tagBytes = 16
const runsCached = 2_000

const associated = ({ runId, step, dispatch, contract, direction }: SealedFor): Buffer =>
  // JSON, so that no member can reach over into the next.
  Buffer.from(JSON.stringify([runId, step, dispatch, contract ?? '', direction]))

/** Makes a sealer. `keys.hashing` is 32 bytes as well, and never used for sealing. */
export const makeSealer = (ring: SealingKeys, hashingKey: Uint8Array): Sealer => {
  // As key objects: with bytes, Node makes one for each call, at twice the cost of the call (measured on Node 24).
  const runKeys = new Map<string, KeyObject>()
  const purposeKeys = new Map<string, KeyObject>()
  const masters = new Map(Object.entries(ring.keys).map(([id, bytes]) => [id, createSecretKey(bytes)]))
  const hashing = createSecretKey(hashingKey)

  const runKey = (keyId: string, runId: string): KeyObject => {
    const name = `${keyId}|${runId}`
    const cached = runKeys.get(name)
    if (cached) return cached
    const master = masters.get(keyId)
    if (!master) throw new TerminalError('SEALING_KEY_UNKNOWN')
    const derived = createSecretKey(Buffer.from(hkdfSync('sha256', master, runId, 'flotilla/run/v1', 32)))
    const oldest = runKeys.size >= runsCached ? runKeys.keys().next().value : undefined
    if (oldest !== undefined) runKeys.delete(oldest)
    runKeys.set(name, derived)
    return derived
  }

  const purposeKey = (purpose: string): KeyObject => {
    const cached = purposeKeys.get(purpose)
    if (cached) return cached
    const derived = createSecretKey(Buffer.from(hkdfSync('sha256', hashing, '', `flotilla/hash/${purpose}/v1`, 32)))
    purposeKeys.set(purpose, derived)
    return derived
  }

  const sealText: Sealer['sealText'] = (json, to) => {
    const nonce = nextNonce()
    const cipher = createCipheriv('aes-256-gcm', runKey(ring.current, to.runId), nonce).setAAD(associated(to))
    const data = Buffer.concat([cipher.update(json, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return `${version}.${ring.current}.${nonce.toString('base64url')}.${data.toString('base64url')}`
  }

  return {
    seal: (value, to) => sealText(JSON.stringify(value), to),
    sealText,
    open: (sealed, to) => {
      const [found, keyId = '', nonceText = '', dataText = '', more] = sealed.split('.')
      const nonce = Buffer.from(nonceText, 'base64url')
      const data = Buffer.from(dataText, 'base64url')
      if (found !== version || more !== undefined || nonce.length !== nonceBytes || data.length < tagBytes)
        throw new TerminalError('SEAL_MALFORMED')
      const key = runKey(keyId, to.runId)
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
          .setAAD(associated(to))
          .setAuthTag(data.subarray(-tagBytes))
        const text = Buffer.concat([decipher.update(data.subarray(0, -tagBytes)), decipher.final()]).toString('utf8')
        return JSON.parse(text) as unknown
      } catch {
        throw new TerminalError('SEAL_BROKEN')
      }
    },
    hash: (purpose, text) => createHmac('sha256', purposeKey(purpose)).update(text).digest('base64url'),
  }
}
