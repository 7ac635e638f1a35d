import { Worker } from 'node:worker_threads'

/** How often within `blockedMs` the watch looks: it must miss as many turns in a row. */
const looks = 10

/**
 * The watch, which runs in a thread of its own: the blocked one can do nothing any more. It counts its own looks instead of
 * reading a clock, so that a process that was stopped as a whole (SIGSTOP, a sleeping laptop) is not taken for a blocked one.
 */
const watch = `
const { workerData: { turns, everyMs, blockedMs } } = require('node:worker_threads')
const { writeSync } = require('node:fs')
let last = Atomics.load(turns, 0)
let missed = 0
for (;;) {
  Atomics.wait(turns, 1, 0, everyMs)
  const now = Atomics.load(turns, 0)
  missed = now === last ? missed + 1 : 0
  last = now
  if (missed < ${looks}) continue
  writeSync(2, JSON.stringify({ level: 'fatal', time: new Date().toISOString(), logger: 'runtime', code: 'EVENT_LOOP_BLOCKED', blockedMs, msg: 'the event loop is blocked; the process ends' }) + '\\n')
  process.kill(process.pid, 'SIGKILL')
}`

/**
 * Ends this process (SIGKILL) when its event loop has not turned for `blockedMs`: an endless loop holds a process for
 * ever, and whoever keeps it alive sees nothing wrong. 0: never. Gives what ends the watch.
 */
export const endWhenBlocked = (blockedMs: number): (() => Promise<void>) => {
  if (blockedMs === 0) return () => Promise.resolve()
  const everyMs = Math.max(1, Math.floor(blockedMs / looks))
  const turns = new Int32Array(new SharedArrayBuffer(8))
  const timer = setInterval(() => Atomics.add(turns, 0, 1), Math.ceil(everyMs / 2)).unref()
  const worker = new Worker(watch, {
    eval: true,
    workerData: { turns, everyMs, blockedMs },
    // Nothing that was loaded into the process before its program belongs here.
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
  })
  worker.unref()
  return async () => {
    clearInterval(timer)
    await worker.terminate()
  }
}
