const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** Pauses before each attempt, as Standard Webhooks proposes them: the last is made three days after the event. ms. */
export const attemptPausesMs: readonly number[] = [
  0,
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
]

/** Endpoints that fail together must not be asked together again: up to so much of a pause is added. */
const jitter = 0.2

/**
 * How long to wait after the `attempts`-th attempt failed, in ms; null when it was the last. An endpoint that said when to
 * come back (`askedMs`) is not asked before, within a day.
 */
export const retryAfterMs = (
  attempts: number,
  askedMs: number | null = null,
  random: () => number = Math.random,
): number | null => {
  const pause = attemptPausesMs[attempts]
  if (pause === undefined) return null
  const spread = pause * (1 + jitter * random())
  return Math.round(Math.max(spread, Math.min(askedMs ?? 0, 24 * hour)))
}
