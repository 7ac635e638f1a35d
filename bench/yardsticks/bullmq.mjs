/**
 * The bare transport: the nine jobs of one orchestrated run on BullMQ and Redis, and no database. A deciding process takes
 * the start and the replies, a working process the four steps; payloads as the fleet's, nothing sealed, validated or kept.
 * What it reaches is what the transport allows.
 */
import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { Queue, Worker } from 'bullmq'

const checks = ['kyc', 'fraud', 'income']
const kept = { removeOnComplete: { age: 3_600, count: 1_000 }, removeOnFail: { count: 1_000 } }

/** @param {string} url */
const optionsOf = (url) => ({ connection: { url, maxRetriesPerRequest: null }, prefix: 'yardstick' })

/** The working process: answers each step with 300 bytes. @param {string} url */
const work = (url) => {
  const options = optionsOf(url)
  const replies = new Queue('replies', options)
  const answer = '.'.repeat(280)
  return [...checks, 'risk'].map(
    (step) =>
      new Worker(step, ({ data }) => replies.add('reply', { runId: data.runId, step, answer }, kept), {
        ...options,
        concurrency: 50,
      }),
  )
}

/**
 * Starts the transport; `run` carries out one run and resolves with its milliseconds.
 * @param {string} url
 */
export const startTransport = async (url) => {
  const options = optionsOf(url)
  const child = fork(fileURLToPath(import.meta.url), [url])
  const steps = new Map([...checks, 'risk'].map((step) => [step, new Queue(step, options)]))
  const runs = new Queue('runs', options)
  /** @type {Map<string, { waits: number, input: unknown, resolve: () => void }>} */
  const open = new Map()
  /** @param {string} step @param {string} runId */
  const send = (step, runId) => steps.get(step)?.add(step, { runId, input: open.get(runId)?.input }, kept)
  const workers = [
    new Worker('runs', ({ data }) => Promise.all(checks.map((step) => send(step, data.runId))), {
      ...options,
      concurrency: 50,
    }),
    new Worker(
      'replies',
      async ({ data }) => {
        const run = open.get(data.runId)
        if (!run) return
        run.waits -= 1
        if (run.waits === 1) await send('risk', data.runId)
        if (run.waits === 0) run.resolve()
      },
      { ...options, concurrency: 50 },
    ),
  ]
  await Promise.all(workers.map((worker) => worker.waitUntilReady()))
  return {
    /** @param {unknown} input */
    run: async (input) => {
      const runId = randomUUID()
      const from = performance.now()
      await new Promise((resolve, reject) => {
        open.set(runId, { waits: checks.length + 1, input, resolve: () => resolve(undefined) })
        runs.add('run', { runId, input }, kept).catch(reject)
      })
      open.delete(runId)
      return performance.now() - from
    },
    /** Processes whose CPU counts, beside Redis: the worker's and this one's. */
    pids: () => [child.pid ?? 0, process.pid],
    close: async () => {
      child.kill()
      await Promise.all([...workers, ...steps.values(), runs].map((one) => one.close()))
    },
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) work(process.argv[2] ?? '')
