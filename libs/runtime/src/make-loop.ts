/**
 * A loop that works when it is woken, and on a slow sweep in case a wake-up was lost.
 *
 * L1  Runs never overlap.
 * L2  A wake-up during a run is not lost: one further run follows.
 * L3  After an error it pauses, longer each time and with jitter; wake-ups do not shorten that pause.
 * L4  `stop` aborts the signal that `run` got, and resolves when the run in progress has ended.
 */
export type LoopOptions = {
  /** For `onError`, so that a log line can say which loop. */
  readonly name: string
  /** One piece of work. `'more'` asks for another run at once, anything else waits for a wake-up or the sweep. */
  readonly run: (signal: AbortSignal) => Promise<'more' | 'idle' | void>
  /** The sweep: longest time in ms between two runs while nobody wakes the loop. */
  readonly idleMs: number
  /** Stops the loop when aborted. */
  readonly signal?: AbortSignal
  /** Subscribes to wake-ups; returns how to unsubscribe. */
  readonly wake?: (nudge: () => void) => () => void
  /** Pause after the first error and its upper limit, in ms. */
  readonly backoff?: { readonly firstMs: number; readonly mostMs: number }
  readonly onError?: (
    error: unknown,
    context: { readonly name: string; readonly failures: number; readonly pauseMs: number },
  ) => void
  /** Uniform in [0, 1); given by tests. */
  readonly random?: () => number
}

/** A running loop. */
export type Loop = {
  /** Runs as soon as possible. Cheap: call it as often as there is news. */
  readonly nudge: () => void
  /** Resolves when the run in progress has ended; never rejects. May be called again. */
  readonly stop: () => Promise<void>
  /** Runs that failed since the last good one; 0 is healthy. */
  readonly failures: () => number
}

/** Exponential with equal jitter: half of the pause is certain, half is random, so that replicas spread out. */
const pauseAfter = (failures: number, backoff: { firstMs: number; mostMs: number }, random: () => number): number => {
  const full = Math.min(backoff.mostMs, backoff.firstMs * 2 ** Math.min(failures - 1, 30))
  return full / 2 + (full / 2) * random()
}

/** Starts the loop; the first run begins at once. */
export const makeLoop = (options: LoopOptions): Loop => {
  const { name, run, idleMs, backoff = { firstMs: 100, mostMs: 5_000 }, random = Math.random } = options
  const stopping = new AbortController()
  let failures = 0
  let nudged = false
  let endPause: (() => void) | null = null

  const nudge = (): void => {
    nudged = true
    endPause?.()
  }

  const pause = (pauseMs: number, endsOnNudge: boolean): Promise<void> =>
    new Promise((resolve) => {
      if (stopping.signal.aborted || (endsOnNudge && nudged)) return resolve()
      const end = (): void => {
        clearTimeout(timer)
        stopping.signal.removeEventListener('abort', end)
        endPause = null
        resolve()
      }
      const timer = setTimeout(end, pauseMs)
      stopping.signal.addEventListener('abort', end)
      endPause = endsOnNudge ? end : null
    })

  // A loop that always has more would starve timers and sockets without this turn of the event loop.
  const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

  const turn = async (): Promise<void> => {
    nudged = false
    try {
      const outcome = await run(stopping.signal)
      failures = 0
      await (outcome === 'more' ? breathe() : pause(idleMs, true))
    } catch (error) {
      if (stopping.signal.aborted) return
      failures += 1
      const pauseMs = pauseAfter(failures, backoff, random)
      options.onError?.(error, { name, failures, pauseMs })
      await pause(pauseMs, false)
    }
  }

  const unsubscribe = options.wake?.(nudge)
  const ended = (async () => {
    while (!stopping.signal.aborted) await turn()
  })()

  const stop = (): Promise<void> => {
    if (!stopping.signal.aborted) {
      unsubscribe?.()
      stopping.abort()
    }
    return ended
  }
  if (options.signal?.aborted) void stop()
  else options.signal?.addEventListener('abort', () => void stop(), { once: true })

  return { nudge, stop, failures: () => failures }
}
