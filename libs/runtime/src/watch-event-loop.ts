import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How late timers were since the last reading, in ms; all 0 when nothing was sampled. */
export type EventLoopDelay = { readonly meanMs: number; readonly p99Ms: number; readonly maxMs: number }

const nsPerMs = 1e6

/**
 * Samples the event loop's delay every `resolutionMs`. `read` reports and starts a new interval: call it once per scrape.
 * The sampling interval itself is taken off, so that an idle loop reads near 0.
 */
export const watchEventLoop = (
  resolutionMs = 20,
): { readonly read: () => EventLoopDelay; readonly stop: () => void } => {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  histogram.enable()
  const late = (ns: number): number => (histogram.count === 0 ? 0 : Math.max(0, ns / nsPerMs - resolutionMs))
  return {
    read: () => {
      const delay = {
        meanMs: late(histogram.mean),
        p99Ms: late(histogram.percentile(99)),
        maxMs: late(histogram.max),
      }
      histogram.reset()
      return delay
    },
    stop: () => histogram.disable(),
  }
}
