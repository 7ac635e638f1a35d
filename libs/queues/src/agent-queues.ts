/**
 * The relay's side of the agent queues.
 *
 * Q1  A debt has one job id, `<runId>.<step>.<dispatch>`: sending it twice adds one job.
 * Q2  Redis takes the courier beat after the jobs are in, on the same connection: a beat that Redis still shows proves that
 *     Redis still holds what was sent before it (or did, until it finished).
 * Q3  It takes the beat only over jobs that are there, and in place of the beat that it had before them, which must not be
 *     behind what Postgres knows: Redis lost data otherwise, the send is refused, the beat stays as it is. Taken blindly, a
 *     beat hid that Redis had come back from an older copy between the jobs and the beat, and the jobs were lost (found by
 *     simulation).
 * Q4  What stays in Redis after a job is bounded by age and count.
 * Q5  Each shard of the queues has a beat of its own, in the slot of its jobs: a node of a cluster that lost data shows it in
 *     the beats of its own shards, and nowhere else.
 */
import { CodedError, invariant, jobIdOf, type StepJob } from '@flotilla/contracts'
import { emitMessageSpans, metrics } from '@flotilla/telemetry'
import { Queue } from 'bullmq'
import { backoffOption, type Backoff } from './backoff.js'
import {
  bullPrefix,
  connect,
  disconnect,
  producerOptions,
  shardKey,
  shardOf,
  untilReady,
  type RedisPlace,
} from './connection.js'
import type { Priority } from './runs-queue.js'

/** A job that Postgres owes to an agent. */
export interface OwedJob {
  readonly job: StepJob
  readonly priority: Priority
  /** The definition's policy: attempts within this dispatch and the pauses between them. */
  readonly retry: { readonly attempts: number; readonly backoff: Backoff }
}

/** The beat that Redis is known to have taken, and the one that it takes now. */
export interface Beats {
  readonly known: number
  readonly next: number
}

/** Sends debts and keeps the beat. Every call fails within about 2 s when Redis is away. */
export interface AgentQueues {
  /**
   * Adds the jobs, by queue, all of one shard (0 unless told), and has Redis take the shard's beat `next`. Throws `CodedError`
   * COURIER_BEAT_FELL, also where Redis' beat was below `known` (Q3).
   */
  readonly sendOwed: (owed: ReadonlyMap<string, readonly OwedJob[]>, beat: Beats, shard?: number) => Promise<void>
  /** A shard's beat in Redis, of the first unless told; 0 when it was emptied. */
  readonly readBeat: (shard?: number) => Promise<number>
  /** Takes back jobs that no worker has begun; the others are told by a cancel signal. */
  readonly withdraw: (queue: string, jobIds: readonly string[]) => Promise<void>
  /** Jobs that wait for a worker, for the relay's window. */
  readonly waiting: (queue: string) => Promise<number>
  /** Jobs that wait for a worker, and that are at one, by queue. */
  readonly depths: (
    queues: readonly string[],
  ) => Promise<ReadonlyMap<string, { readonly waiting: number; readonly active: number }>>
  readonly ready: () => Promise<void>
  readonly close: () => Promise<void>
}

/** 64 KiB of payload in base64 with its envelope, and no more. */
const jobBytesMax = 160 * 1_024

/** Q3. Keys: the beat, the jobs; arguments: the beat that it had, the one that it takes. 0: refused. */
const takeBeatScript = `if (redis.call('get', KEYS[1]) or '0') ~= ARGV[1] then return 0 end
for index = 2, #KEYS do if redis.call('exists', KEYS[index]) == 0 then return 0 end end
redis.call('set', KEYS[1], ARGV[2])
return 1`

/** Opens the agent queues for sending, all on one connection. */
export const makeAgentQueues = (
  place: RedisPlace,
  { onError }: { readonly onError?: (error: Error) => void } = {},
): AgentQueues => {
  const redis = connect(producerOptions(place), onError)
  const beatKeyOf = (shard: number): string => shardKey(place, shard, 'courier-beat') // Q5
  const queues = new Map<string, Queue>()

  const requireReady = (): void => {
    // BullMQ would wait for the connection; the relay's loop has better pauses.
    if (redis.status !== 'ready') throw new CodedError('REDIS_UNAVAILABLE')
  }
  const queueOf = (name: string): Queue => {
    requireReady()
    const known = queues.get(name)
    if (known) return known
    const queue = new Queue(name, {
      connection: redis,
      ...bullPrefix(place, name),
      streams: { events: { maxLen: 1_000 } },
    })
    queue.on('error', () => undefined)
    queues.set(name, queue)
    return queue
  }
  const readBeat = async (shard = 0): Promise<number> => {
    requireReady()
    return Number((await redis.get(beatKeyOf(shard))) ?? 0)
  }

  const addJobs = (name: string, owed: readonly OwedJob[]) =>
    queueOf(name).addBulk(
      owed.map(({ job, priority, retry }) => ({
        name: job.agent,
        data: job,
        opts: {
          jobId: jobIdOf(job), // Q1
          priority,
          attempts: retry.attempts,
          backoff: backoffOption(retry.backoff),
          removeOnComplete: { age: 3_600, count: 1_000 }, // Q4
          removeOnFail: { age: 7 * 24 * 3_600, count: 5_000 },
          sizeLimit: jobBytesMax,
          stackTraceLimit: 5,
          keepLogs: 0,
        },
      })),
    )

  const sendOwed: AgentQueues['sendOwed'] = async (batches, { known, next }, shard = 0) => {
    requireReady()
    for (const name of batches.keys()) invariant(shardOf(place, name) === shard, `${name} is of another shard`)
    const beatKey = beatKeyOf(shard)
    const startedAt = Date.now()
    // Asked on the same connection, and so answered from before the jobs are in.
    const reading = readBeat(shard)
    const adding = [...batches].map(([name, owed]) => addJobs(name, owed))
    const failed = (await Promise.allSettled([reading, ...adding])).find((one) => one.status === 'rejected')
    if (failed) throw failed.reason
    const before = await reading
    const jobKeys = [...batches].flatMap(([name, owed]) => owed.map(({ job }) => queueOf(name).toKey(jobIdOf(job))))
    const take = () => redis.eval(takeBeatScript, jobKeys.length + 1, beatKey, ...jobKeys, before, next)
    if (before < known || (await take()) === 0) throw new CodedError('COURIER_BEAT_FELL') // Q2, Q3
    for (const [name, owed] of batches) {
      metrics.dispatches.inc({ queue: name }, owed.length)
      const messages = owed.map(({ job }) => ({
        traceparent: job.traceparent,
        messageId: jobIdOf(job),
        runId: job.runId,
      }))
      emitMessageSpans('send', name, { messages, startedAt, endedAt: Date.now() })
    }
  }

  return {
    sendOwed,
    readBeat,
    withdraw: async (name, jobIds) => {
      const queue = queueOf(name)
      // A job that a worker holds refuses; its agent hears of the cancellation.
      await Promise.all(jobIds.map((id) => queue.remove(id).catch(() => 0)))
    },
    waiting: async (name) => {
      const counts = await queueOf(name).getJobCounts('waiting', 'prioritized', 'delayed')
      return Object.values(counts).reduce((sum, count) => sum + count, 0)
    },
    depths: async (names) =>
      new Map(
        await Promise.all(
          names.map(async (name) => {
            const counts = await queueOf(name).getJobCounts('waiting', 'prioritized', 'active')
            const { waiting = 0, prioritized = 0, active = 0 } = counts
            return [name, { waiting: waiting + prioritized, active }] as const
          }),
        ),
      ),
    ready: () => untilReady(redis),
    close: async () => {
      await Promise.all([...queues.values()].map((queue) => queue.close().catch(() => undefined)))
      await disconnect(redis)
    },
  }
}
