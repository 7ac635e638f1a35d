/**
 * Waiting for news without losing any: take `seen` before reading, and `next(seen)` returns at once when a hint came in
 * between. Hints may get lost, so it returns after the sweep's time as well.
 */
export interface Wake {
  readonly seen: () => number
  /** `mostMs`: the longest wait, where that is shorter than the sweep's. */
  readonly next: (seen: number, until: AbortSignal, mostMs?: number) => Promise<void>
  readonly stop: () => void
}

export interface WakeOptions {
  /** Subscribes to hints; returns how to unsubscribe. */
  readonly subscribe: (onHint: () => void) => () => void
  /** Longest wait in ms at this moment: short while hints cannot arrive. */
  readonly sweepMs: () => number
}

/** Makes a wake that listens until it is stopped. */
export const makeWake = ({ subscribe, sweepMs }: WakeOptions): Wake => {
  let hints = 0
  let wakeUp: (() => void) | null = null
  const unsubscribe = subscribe(() => {
    hints += 1
    wakeUp?.()
  })
  return {
    seen: () => hints,
    stop: unsubscribe,
    next: (seen, until, mostMs = Number.POSITIVE_INFINITY) =>
      new Promise((resolve) => {
        if (hints !== seen || until.aborted) return resolve()
        const done = (): void => {
          clearTimeout(timer)
          until.removeEventListener('abort', done)
          wakeUp = null
          resolve()
        }
        const timer = setTimeout(done, Math.min(mostMs, sweepMs()))
        until.addEventListener('abort', done, { once: true })
        wakeUp = done
      }),
  }
}
