import { StopError, type StopCode } from './stop-error.js'

/** The signal of one execution: cancellation, deadline, lost lock, shutdown, whichever is first. */
export const makeJobSignal = (
  process: { readonly running: Map<string, AbortController>; readonly shutdown: AbortSignal },
  job: { readonly jobId: string; readonly deadlineMs: number; readonly lock: AbortSignal },
): { readonly signal: AbortSignal; readonly stop: (code: StopCode) => void; readonly end: () => void } => {
  const { running, shutdown: stopping } = process
  const { jobId, deadlineMs, lock } = job
  const own = new AbortController()
  const lockLost = (): void => own.abort(new StopError('LOCK_LOST'))
  const shutdown = (): void => own.abort(new StopError('SHUTDOWN'))
  lock.addEventListener('abort', lockLost, { once: true })
  stopping.addEventListener('abort', shutdown, { once: true })
  const longestTimerMs = 2 ** 31 - 1
  const timer = setTimeout(() => own.abort(new StopError('DEADLINE_PASSED')), Math.min(deadlineMs, longestTimerMs))
  running.set(jobId, own)
  if (lock.aborted) lockLost()
  if (stopping.aborted) shutdown()
  const end = (): void => {
    clearTimeout(timer)
    lock.removeEventListener('abort', lockLost)
    stopping.removeEventListener('abort', shutdown)
    if (running.get(jobId) === own) running.delete(jobId)
  }
  return { signal: own.signal, stop: (code) => own.abort(new StopError(code)), end }
}
