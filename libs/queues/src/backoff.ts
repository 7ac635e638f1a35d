/** How BullMQ spaces the attempts of one dispatch; the definition's retry policy, carried in the job's options. */
export interface Backoff {
  readonly delayMs: number
  readonly multiplier: number
  readonly maxMs: number
  /** Share of the delay that is random, 0 to 1. */
  readonly jitter: number
}

/** BullMQ's name for our strategy. */
export const backoffType = 'flotilla'

/** How the strategy's numbers travel: BullMQ keeps unknown members of `opts.backoff` as they are. */
export const backoffOption = (backoff: Backoff): { type: string; delay: number } & Backoff => ({
  type: backoffType,
  delay: backoff.delayMs,
  ...backoff,
})

const longestMs = 24 * 3_600_000

/**
 * The pause before the next attempt, in ms: `delayMs * multiplier^(attemptsMade - 1)`, at most `maxMs`, of which the
 * `jitter` share is random. A `RetryableError`'s `afterMs` is a floor that the policy cannot undercut.
 */
export const backoffMs = (
  backoff: Partial<Backoff>,
  attemptsMade: number,
  { afterMs, random = Math.random }: { readonly afterMs?: number | undefined; readonly random?: () => number } = {},
): number => {
  const { delayMs = 1_000, multiplier = 2, maxMs = 60_000, jitter = 0.2 } = backoff
  const full = Math.min(maxMs, delayMs * multiplier ** Math.min(Math.max(attemptsMade - 1, 0), 50))
  const spread = full * (1 - jitter) + full * jitter * random()
  return Math.round(Math.min(longestMs, Math.max(spread, afterMs ?? 0)))
}

/** For a worker's `settings.backoffStrategy`. A delay that the processor has computed (and told the run) is taken as it is. */
export const backoffStrategy = (
  attemptsMade: number,
  _type?: string,
  error?: Error,
  job?: { readonly opts: { readonly backoff?: unknown } },
): number => {
  if (error && 'afterMs' in error && typeof error.afterMs === 'number') return error.afterMs
  const option = job?.opts.backoff
  // Written by `backoffOption`; a job from elsewhere falls back to the defaults.
  const backoff = typeof option === 'object' && option !== null ? (option as Partial<Backoff>) : {}
  return backoffMs(backoff, attemptsMade)
}
