import { parseJobId, type JobKey } from '@flotilla/contracts'
import { Queue } from 'bullmq'
import { CodedError } from '@flotilla/contracts'
import { bullPrefix, connect, disconnect, producerOptions, untilReady, type RedisPlace } from './connection.js'

/** Jobs of a queue by state. */
export interface QueueCounts {
  readonly waiting: number
  readonly active: number
  readonly delayed: number
  readonly completed: number
  readonly failed: number
  readonly paused: boolean
}

/** A worker as Redis sees its connection. */
export interface QueueWorker {
  readonly name: string
  readonly ageS: number
  readonly idleS: number
}

/** A job that BullMQ failed although no agent said so. */
export interface SilentFailure extends JobKey {
  readonly jobId: string
  /** STALLED_OUT: the worker died too often. REPLY_NOT_SENT: it failed and could not say so. */
  readonly code: 'STALLED_OUT' | 'REPLY_NOT_SENT'
}

/** A dead letter as the dashboard may see it: ids and codes, nothing else. */
export interface DeadLetterMirror {
  readonly id: string
  readonly runId: string
  readonly step: string
  readonly dispatch: number
  readonly code: string
  readonly attempts: number
  readonly traceId: string
}

/** What operators and sweeps do with queues. Every call fails within about 2 s when Redis is away. */
export interface QueueDesk {
  readonly pauseQueue: (queue: string) => Promise<void>
  readonly resumeQueue: (queue: string) => Promise<void>
  readonly queueCounts: (queue: string) => Promise<QueueCounts>
  readonly workers: (queue: string) => Promise<readonly QueueWorker[]>
  /** The newest silent failures of a queue, at most `max` jobs looked at (500 unless told). */
  readonly failedWithoutReply: (queue: string, max?: number) => Promise<readonly SilentFailure[]>
  /** Removes finished jobs, once what they told is in Postgres. */
  readonly removeJobs: (queue: string, jobIds: readonly string[]) => Promise<void>
  /** Shows dead letters on `dead.<agent>`; known ids are left as they are. */
  readonly mirrorDeadLetters: (queue: string, letters: readonly DeadLetterMirror[]) => Promise<void>
  /** Takes replayed or discarded letters off `dead.<agent>`. */
  readonly removeDeadLetters: (queue: string, ids: readonly string[]) => Promise<void>
  /** BullMQ's own object, for the dashboard. */
  readonly queue: (name: string) => Queue
  readonly ready: () => Promise<void>
  readonly close: () => Promise<void>
}

/** BullMQ's texts, and our own code, for failures that no agent reported. */
const silent: readonly (readonly [RegExp, SilentFailure['code']])[] = [
  [/stalled more than allowable limit/, 'STALLED_OUT'],
  [/started more than allowable limit/, 'STALLED_OUT'],
  // Given up on the last start, without a word: nobody was left who could say it.
  [/^(LOCK_LOST|INTERNAL)$/, 'STALLED_OUT'],
  [/^REPLY_NOT_SENT$/, 'REPLY_NOT_SENT'],
]

const letterJobId = (id: string): string => `letter-${id}`

/** Opens the desk; queues are opened on first use, all on one connection. */
export const makeQueueDesk = (
  place: RedisPlace,
  { onError }: { readonly onError?: (error: Error) => void } = {},
): QueueDesk => {
  const redis = connect(producerOptions(place), onError)
  const queues = new Map<string, Queue>()
  const open = (name: string): Queue => {
    const known = queues.get(name)
    if (known) return known
    const queue = new Queue(name, { connection: redis, ...bullPrefix(place, name) })
    queue.on('error', () => undefined)
    queues.set(name, queue)
    return queue
  }
  const ask = (name: string): Queue => {
    if (redis.status !== 'ready') throw new CodedError('REDIS_UNAVAILABLE')
    return open(name)
  }

  const failedWithoutReply: QueueDesk['failedWithoutReply'] = async (name, max = 500) => {
    const queue = ask(name)
    const jobIds = await redis.zrevrange(queue.toKey('failed'), 0, max - 1)
    if (jobIds.length === 0) return []
    const pipeline = redis.pipeline()
    for (const jobId of jobIds) pipeline.hget(queue.toKey(jobId), 'failedReason')
    const reasons = (await pipeline.exec()) ?? []
    return jobIds.flatMap((jobId, index) => {
      const reason = String(reasons[index]?.[1] ?? '')
      const code = silent.find(([pattern]) => pattern.test(reason))?.[1]
      const key = parseJobId(jobId)
      return code && key ? [{ ...key, jobId, code }] : []
    })
  }

  const remove = async (name: string, jobIds: readonly string[]): Promise<void> => {
    const queue = ask(name)
    await Promise.all(jobIds.map((id) => queue.remove(id)))
  }

  return {
    pauseQueue: (name) => ask(name).pause(),
    resumeQueue: async (name) => void (await ask(name).resume()),
    queueCounts: async (name) => {
      const queue = ask(name)
      const [counts, paused] = await Promise.all([
        queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'completed', 'failed'),
        queue.isPaused(),
      ])
      const of = (state: string): number => counts[state] ?? 0
      return {
        waiting: of('waiting') + of('prioritized'),
        active: of('active'),
        delayed: of('delayed'),
        completed: of('completed'),
        failed: of('failed'),
        paused,
      }
    },
    workers: async (name) =>
      (await ask(name).getWorkers()).map((worker) => ({
        name: String(worker['rawname'] ?? worker['name'] ?? ''),
        ageS: Number(worker['age'] ?? 0),
        idleS: Number(worker['idle'] ?? 0),
      })),
    failedWithoutReply,
    removeJobs: remove,
    mirrorDeadLetters: async (name, letters) => {
      if (letters.length === 0) return
      await ask(name).addBulk(
        letters.map(({ id, runId, step, dispatch, code, attempts, traceId }) => ({
          name: code,
          data: { id, runId, step, dispatch, code, attempts, traceId },
          opts: { jobId: letterJobId(id) },
        })),
      )
    },
    removeDeadLetters: (name, ids) => remove(name, ids.map(letterJobId)),
    queue: open,
    ready: () => untilReady(redis),
    close: async () => {
      await Promise.all([...queues.values()].map((queue) => queue.close().catch(() => undefined)))
      await disconnect(redis)
    },
  }
}
