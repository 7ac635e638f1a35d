import { checkEviction } from './check-eviction.js'
import type { RedisPlace } from './connection.js'

const everyMs = 10_000

/**
 * Looks at the eviction policy again and again: it can be changed while the server runs. The function rejects as
 * `checkEviction` does, with what the last look found; it looks at most every ten seconds. `nowMs`: a clock that only rises.
 */
export const makeEvictionWatch = (
  place: RedisPlace,
  { nowMs = () => performance.now() }: { readonly nowMs?: () => number } = {},
): (() => Promise<unknown>) => {
  let last: Promise<unknown> | null = null
  let lookedAt = 0
  return () => {
    if (last === null || nowMs() - lookedAt >= everyMs) {
      lookedAt = nowMs()
      last = checkEviction(place)
      // Told to whoever waits for it; where nobody does, it is no unhandled rejection.
      last.catch(() => undefined)
    }
    return last
  }
}
