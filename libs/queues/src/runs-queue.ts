import { runsQueue, type RunNudge } from '@flotilla/contracts'
import { withSendSpan } from '@flotilla/telemetry'
import { Queue } from 'bullmq'
import { bullPrefix, connect, disconnect, producerOptions, untilReady, type RedisPlace } from './connection.js'

/** Priority on every queue; never absent, as BullMQ puts jobs without one before all others. */
export type Priority = 1 | 2 | 3

/** What became of a nudge. */
export type Nudged = 'sent' | 'window-full' | 'unavailable'

/** The gateway's side of the `runs` queue. */
export interface RunsQueue {
  /**
   * Wakes the orchestrator for a run that is committed. Never rejects and needs no awaiting: a nudge that is not sent,
   * because Redis is away or the queue is longer than its window, costs a poll of the tick. The runs that come while a nudge
   * is on its way share the next one: whoever is woken looks for all.
   */
  readonly nudge: (runId: string, priority: Priority, traceparent: string | null) => Promise<Nudged>
  readonly ready: () => Promise<void>
  readonly close: () => Promise<void>
}

const countedForMs = 200

/** Opens the `runs` queue for producing. `windowMax` is the longest queue that is still added to (1,000 unless told). */
export const makeRunsQueue = (
  place: RedisPlace,
  { windowMax = 1_000, onError }: { readonly windowMax?: number; readonly onError?: (error: Error) => void } = {},
): RunsQueue => {
  const redis = connect(producerOptions(place), onError)
  const queue = new Queue(runsQueue, { connection: redis, ...bullPrefix(place, runsQueue) })
  queue.on('error', () => undefined)
  let length = 0
  let countedAt = 0

  const isFull = async (): Promise<boolean> => {
    if (performance.now() - countedAt > countedForMs || countedAt === 0) {
      countedAt = performance.now()
      const counts = await queue.getJobCounts('waiting', 'prioritized')
      length = Object.values(counts).reduce((sum, count) => sum + count, 0)
    }
    return length >= windowMax
  }

  const send: RunsQueue['nudge'] = async (runId, priority, traceparent) => {
    // BullMQ waits for a connection that is not there; a submission does not.
    if (redis.status !== 'ready') return 'unavailable'
    const data: RunNudge = { runId, traceparent }
    const options = { jobId: runId, priority, removeOnComplete: true, removeOnFail: true, attempts: 1 }
    try {
      if (await isFull()) return 'window-full'
      length += 1
      await withSendSpan({ destination: runsQueue, messageId: runId, runId, parent: traceparent }, () =>
        queue.add('run', data, options),
      )
      return 'sent'
    } catch (error) {
      onError?.(error instanceof Error ? error : new Error('unknown'))
      return 'unavailable'
    }
  }

  type Waiting = { args: Parameters<RunsQueue['nudge']>; readonly nudged: Promise<Nudged> }
  let going: Promise<Nudged> | null = null
  let waiting: Waiting | null = null
  const start = (args: Waiting['args']): Promise<Nudged> => {
    const sent = send(...args)
    going = sent
    void sent.then(() => {
      if (going === sent) going = null
    })
    return sent
  }
  const nudge: RunsQueue['nudge'] = (...args) => {
    if (!going) return start(args)
    if (!waiting) {
      const next: Waiting = {
        args,
        nudged: going.then(() => {
          waiting = null
          return start(next.args)
        }),
      }
      waiting = next
    } else if (args[1] < waiting.args[1]) waiting.args = args
    return waiting.nudged
  }

  return {
    nudge,
    ready: () => untilReady(redis),
    close: async () => {
      await queue.close().catch(() => undefined)
      await disconnect(redis)
    },
  }
}
