import type { RetryPolicy } from '@flotilla/engine'
import { type Duration, msOf } from './duration.js'

export interface Retry {
  /** Executions of a job, the first included. */
  readonly attempts: number
  /** Before the second attempt; default 500 ms. */
  readonly delay?: Duration
  /** Of each further delay; default 2. */
  readonly multiplier?: number
  /** Default 60 s. */
  readonly max?: Duration
  /** Share of the delay that is left to chance; default 0.2. */
  readonly jitter?: number
  /** How often a step may be sent out in one visit; default 3. */
  readonly dispatches?: number
}

/** A retry policy with the house's values where none are given. */
export const retryOf = ({ attempts, delay, multiplier, max, jitter, dispatches }: Retry): RetryPolicy => ({
  attempts,
  backoff: {
    delayMs: msOf(delay ?? '500ms'),
    multiplier: multiplier ?? 2,
    maxMs: msOf(max ?? '60s'),
    jitter: jitter ?? 0.2,
  },
  dispatches: dispatches ?? 3,
})
