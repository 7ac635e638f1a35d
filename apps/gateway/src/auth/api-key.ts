import { createHash, timingSafeEqual } from 'node:crypto'

/** A key as its holder shows it, taken apart. */
export interface ShownKey {
  readonly id: string
  /** SHA-256 of the whole key: its 256 random bits need no slow hash (ASVS 11.4.2 is about passwords). */
  readonly hash: Buffer
}

const keyPattern = /^fl_([A-Za-z0-9]{1,64})_[A-Za-z0-9_-]{16,128}$/

/** Takes `fl_<id>_<secret>` apart; null for anything else. */
export const parseKey = (key: string): ShownKey | null => {
  const id = keyPattern.exec(key)?.[1]
  return id ? { id, hash: createHash('sha256').update(key).digest() } : null
}

/** Compares two hashes in constant time. */
export const sameHash = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b)

/** What an `Authorization` header carries: a bearer token, or the password of Basic where that is allowed. */
export const credentialOf = (header: string | undefined, basicAllowed: boolean): string | null => {
  const [, scheme, value] = /^(Bearer|Basic) +([^\s]{1,12288}) *$/i.exec(header ?? '') ?? []
  if (!scheme || !value) return null
  if (scheme.toLowerCase() === 'bearer') return value
  if (!basicAllowed) return null
  const decoded = Buffer.from(value, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  return colon < 0 ? null : decoded.slice(colon + 1)
}
