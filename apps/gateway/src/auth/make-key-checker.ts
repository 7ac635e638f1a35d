import type { ApiKeyRow } from '@flotilla/store'
import { parseKey, sameHash } from './api-key.js'
import type { Principal } from './principal.js'

/**
 * Checks API keys.
 *
 * K1 A revoked key is refused at the latest `cacheMs` after it was revoked; an expired one at once.
 * K2 Only keys that exist are remembered, so guesses neither fill the cache nor hide a key made a moment later.
 * K3 The secret is compared in constant time, also when the key is remembered.
 * K4 Whoever guesses secrets of a key that exists is no holder of it: only the key itself is known to be good.
 */
export interface KeyChecker {
  /** Who holds the key, or null. Rejects when the store cannot be asked. */
  readonly check: (key: string) => Promise<Principal | null>
  /** Whether this very key was seen to be good: such a key is looked up even where guesses are limited. */
  readonly isKnown: (key: string) => boolean
  /** Whether a key, by its id, is still good: for what lasts longer than a request. */
  readonly stillGood: (keyId: string) => Promise<boolean>
}

export interface KeyCheckerOptions {
  readonly find: (id: string) => Promise<ApiKeyRow | null>
  /** Notes the key's use; not awaited, failures do not matter. */
  readonly touch: (id: string) => Promise<unknown>
  readonly now: () => number
  /** How long a key is believed without asking, ms. */
  readonly cacheMs: number
  readonly keysMax?: number
}

interface Remembered {
  readonly key: Promise<ApiKeyRow | null>
  readonly at: number
  /** Once it was read. */
  row: ApiKeyRow | null
}

/** Makes a checker with a memory of its own. */
export const makeKeyChecker = (options: KeyCheckerOptions): KeyChecker => {
  const { find, touch, now, cacheMs, keysMax = 10_000 } = options
  const remembered = new Map<string, Remembered>()

  const forget = (id: string, entry: Remembered): void => {
    if (remembered.get(id) === entry) remembered.delete(id)
  }

  const look = (id: string): Promise<ApiKeyRow | null> => {
    const known = remembered.get(id)
    if (known && now() - known.at < cacheMs) return known.key
    const entry: Remembered = { key: find(id), at: now(), row: known?.row ?? null }
    remembered.delete(id)
    remembered.set(id, entry)
    if (remembered.size > keysMax) remembered.delete(remembered.keys().next().value ?? '')
    entry.key.then(
      (found) => {
        entry.row = found
        if (!found)
          forget(id, entry) // K2
        else void touch(id).catch(() => undefined)
      },
      () => forget(id, entry),
    )
    return entry.key
  }

  /** K1 */
  const isGood = (row: ApiKeyRow | null): row is ApiKeyRow =>
    row !== null && row.revokedAt === null && (row.expiresAt === null || row.expiresAt.getTime() > now())

  return {
    isKnown: (key) => {
      const shown = parseKey(key)
      const row = shown === null ? null : (remembered.get(shown.id)?.row ?? null)
      return shown !== null && row !== null && sameHash(shown.hash, row.secretHash) // K4
    },
    stillGood: async (keyId) => isGood(await look(keyId)),
    check: async (key) => {
      const shown = parseKey(key)
      if (!shown) return null
      const stored = await look(shown.id)
      if (!stored || !sameHash(shown.hash, stored.secretHash) || !isGood(stored)) return null // K3
      return { keyId: stored.id, tenantId: stored.tenantId, principal: stored.principal, scopes: stored.scopes }
    },
  }
}
