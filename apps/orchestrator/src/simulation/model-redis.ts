import { CodedError, jobIdOf, parseJobId, type StepJob, type StepReply } from '@flotilla/contracts'
import type { AgentQueues, OwedJob, QueueDesk, ReplyEntry, ReplyReader, SilentFailure } from '@flotilla/queues'
import type { Process, Scheduler } from './scheduler.js'

/**
 * Redis as the queues room uses it: BullMQ's jobs, the courier beat, the stream of replies with its consumer group.
 *
 * B1 a known job id is a silent no-op (Q1); an id that was removed runs again.
 * B2 the beat is taken after the jobs are in (Q2), over jobs that are there and in place of the beat of before (Q3).
 * B3 an entry stays until it is acknowledged (P1); what a reader left lying, or held when it died, is claimed by another (P2).
 * B4 a job whose worker went silent goes back to the line, and fails without a reply after its third time.
 */
interface JobRow {
  readonly id: string
  readonly queue: string
  readonly job: StepJob
  readonly attemptsMax: number
  readonly delayMs: number
  state: 'waiting' | 'active' | 'delayed' | 'completed' | 'failed'
  attempts: number
  stalled: number
  worker: Process | null
  lockedUntil: number
  runAt: number
  failedReason: string | null
}

interface Entry {
  readonly id: string
  readonly reply: StepReply
}

interface Data {
  beat: number
  jobs: Map<string, JobRow>
  /** Entries that no reader has taken. */
  unread: Entry[]
  pending: Map<string, { entry: Entry; at: number; reader: Process }>
}

/** A job in a worker's hand. */
export interface TakenJob {
  readonly id: string
  readonly job: StepJob
  readonly attempt: number
  readonly last: boolean
  readonly delayMs: number
}

export interface ModelRedis {
  readonly queuesFor: (process: Process) => AgentQueues
  readonly readerFor: (process: Process) => ReplyReader
  readonly deskFor: (process: Process) => QueueDesk
  readonly write: (process: Process, reply: StepReply) => Promise<void>
  readonly take: (process: Process) => Promise<TakenJob | null>
  readonly finish: (process: Process, job: TakenJob, how: 'completed' | 'failed' | 'again') => Promise<void>
  readonly hasWork: () => boolean
  readonly hasReplies: () => boolean
  readonly nextTimeAt: () => number | null
  readonly changes: () => number
  readonly snapshot: () => void
  readonly empty: () => void
  /** Back to the last snapshot; false where there is none. */
  readonly restore: () => boolean
  readonly loseReply: (may: (reply: StepReply) => boolean, chance: number) => boolean
  readonly repeatReply: (chance: number) => boolean
  readonly forgetFinished: () => boolean
  readonly unread: () => readonly Entry[]
}

const lockMs = 10_000
const claimIdleMs = 15_000
const silentMs = 3_000
const stalledMax = 2

const copyOf = (data: Data): Data => ({
  beat: data.beat,
  jobs: new Map([...data.jobs].map(([id, row]) => [id, { ...row }])),
  unread: [...data.unread],
  pending: new Map([...data.pending].map(([id, row]) => [id, { ...row }])),
})

/** Makes the Redis of one world. */
export const makeModelRedis = (scheduler: () => Scheduler): ModelRedis => {
  let data: Data = { beat: 0, jobs: new Map(), unread: [], pending: new Map() }
  let snapshots: Data | null = null
  let entries = 0
  let changes = 0
  const now = (): number => scheduler().now()

  const add = ({ job, retry }: OwedJob, queue: string): void => {
    const id = jobIdOf(job)
    if (data.jobs.has(id)) return // B1
    changes += 1
    data.jobs.set(id, {
      id,
      queue,
      job,
      attemptsMax: retry.attempts,
      delayMs: retry.backoff.delayMs,
      state: 'waiting',
      attempts: 0,
      stalled: 0,
      worker: null,
      lockedUntil: 0,
      runAt: 0,
      failedReason: null,
    })
  }
  const isAwake = (worker: Process): boolean => worker.alive && worker.stalledUntil <= now()
  /** B4, and jobs whose pause is over. */
  const settleJobs = (): void => {
    for (const row of data.jobs.values()) {
      if (row.state === 'delayed' && row.runAt <= now()) row.state = 'waiting'
      if (row.state !== 'active') continue
      if (row.worker !== null && isAwake(row.worker)) row.lockedUntil = now() + lockMs // renewed all the time
      if (row.lockedUntil > now()) continue
      row.stalled += 1
      row.worker = null
      row.state = row.stalled > stalledMax ? 'failed' : 'waiting'
      if (row.state === 'failed') row.failedReason = 'job stalled more than allowable limit'
      changes += 1
    }
  }

  const queuesFor = (process: Process): AgentQueues => {
    const io = <T>(point: string, run: () => T): Promise<T> => scheduler().io(process, `redis ${point}`, run)
    const readBeat = () => scheduler().look(process, 'redis read-beat', () => data.beat)
    return {
      readBeat,
      sendOwed: async (batches, { known, next }) => {
        const before = await readBeat()
        for (const [queue, owed] of batches) {
          const half = Math.ceil(owed.length / 2)
          for (const part of [owed.slice(0, half), owed.slice(half)])
            if (part.length > 0) await io('add-jobs', () => part.forEach((one) => add(one, queue)))
        }
        const jobs = [...batches.values()].flat()
        const taken = await io('take-beat', () => {
          const there = jobs.every(({ job }) => data.jobs.has(jobIdOf(job)))
          if (before < known || data.beat !== before || !there) return false // B2
          data.beat = next
          return true
        })
        if (!taken) throw new CodedError('COURIER_BEAT_FELL')
      },
      withdraw: async (_queue, ids) => {
        await io('withdraw', () => {
          for (const id of ids) if (data.jobs.get(id)?.state !== 'active') data.jobs.delete(id)
        })
      },
      depths: () => Promise.resolve(new Map()),
      waiting: async () => 0,
      ready: async () => undefined,
      close: async () => undefined,
    }
  }

  const readerFor = (process: Process): ReplyReader => {
    const deliver = (found: readonly Entry[]): readonly ReplyEntry[] => {
      for (const entry of found) data.pending.set(entry.id, { entry, at: now(), reader: process })
      return found
    }
    return {
      read: async () => {
        await scheduler().idle(process, 'redis wait-for-replies', 'poll', () => data.unread.length > 0)
        return scheduler()[data.unread.length === 0 ? 'look' : 'io'](process, 'redis read-replies', () =>
          deliver(data.unread.splice(0, 256)),
        )
      },
      claimIdle: () =>
        scheduler()[data.pending.size === 0 ? 'look' : 'io'](process, 'redis claim-replies', () =>
          deliver([...data.pending.values()].filter(({ at }) => now() - at >= claimIdleMs).map(({ entry }) => entry)),
        ),
      // Whoever is not awake is not heard of, since the entry was taken at the latest.
      claimDead: () => {
        const held = [...data.pending.values()].filter(
          ({ at, reader }) => reader !== process && !isAwake(reader) && now() - at >= silentMs,
        )
        return scheduler()[held.length === 0 ? 'look' : 'io'](process, 'redis claim-dead', () =>
          deliver(held.map(({ entry }) => entry).filter(({ id }) => data.pending.has(id))),
        )
      },
      ack: (ids) =>
        scheduler().io(process, 'redis ack-replies', () => {
          for (const id of ids) data.pending.delete(id)
          data.unread = data.unread.filter(({ id }) => !ids.includes(id))
          changes += 1
        }),
      backlog: async () => data.unread.length + data.pending.size,
      ready: async () => undefined,
      close: async () => undefined,
    }
  }

  const deskFor = (process: Process): QueueDesk => {
    const io = <T>(point: string, run: () => T): Promise<T> => scheduler().io(process, `redis ${point}`, run)
    const desk: Partial<QueueDesk> = {
      queueCounts: () => Promise.resolve({ waiting: 0, active: 0, delayed: 0, completed: 0, failed: 0, paused: false }),
      failedWithoutReply: (queue) =>
        scheduler().look(process, 'redis list-silent', () => {
          settleJobs()
          return [...data.jobs.values()].flatMap((row): readonly SilentFailure[] => {
            if (row.queue !== queue || row.state !== 'failed' || row.failedReason === null) return []
            const code = row.failedReason === 'REPLY_NOT_SENT' ? 'REPLY_NOT_SENT' : 'STALLED_OUT'
            const key = parseJobId(row.id)
            return key === null ? [] : [{ ...key, jobId: row.id, code }]
          })
        }),
      removeJobs: (_queue, ids) => io('remove-jobs', () => ids.forEach((id) => data.jobs.delete(id))),
      mirrorDeadLetters: () => io('mirror-letters', () => undefined),
    }
    return desk as QueueDesk // what the sweep uses of it
  }

  const take = async (process: Process): Promise<TakenJob | null> => {
    const taking = scheduler().io(process, 'redis take-job', () => {
      settleJobs()
      const row = [...data.jobs.values()].find(({ state }) => state === 'waiting')
      if (!row) return null
      changes += 1
      Object.assign(row, { state: 'active', worker: process, lockedUntil: now() + lockMs })
      row.attempts += 1
      return {
        id: row.id,
        job: row.job,
        attempt: row.attempts,
        last: row.attempts >= row.attemptsMax,
        delayMs: row.delayMs,
      }
    })
    try {
      return await taking
    } catch (error) {
      // It was given a job and never heard of it: nobody renews that lock.
      for (const row of data.jobs.values()) if (row.state === 'active' && row.worker === process) row.worker = null
      throw error
    }
  }

  return {
    queuesFor,
    readerFor,
    deskFor,
    take,
    write: (process, reply) =>
      scheduler().io(process, `redis reply-${reply.kind}`, () => {
        entries += 1
        changes += 1
        data.unread.push({ id: `${now()}-${entries}`, reply })
      }),
    finish: async (process, taken, how) => {
      try {
        await scheduler().io(process, `redis job-${how}`, () => {
          const row = data.jobs.get(taken.id)
          // A worker that lost its lock, or its job, has nothing to say any more.
          if (row?.worker !== process || row.state !== 'active') return
          changes += 1
          row.worker = null
          if (how === 'completed') row.state = 'completed'
          else if (how === 'again' && row.attempts < row.attemptsMax)
            Object.assign(row, { state: 'delayed', runAt: now() + row.delayMs })
          else Object.assign(row, { state: 'failed', failedReason: how === 'again' ? 'REPLY_NOT_SENT' : null })
        })
      } finally {
        // Whether it was heard or not: a worker renews no lock of a job that it is done with.
        const row = data.jobs.get(taken.id)
        if (row?.worker === process) row.worker = null
      }
    },
    hasWork: () => {
      for (const { state, runAt, lockedUntil, worker } of data.jobs.values()) {
        if (state === 'waiting' || (state === 'delayed' && runAt <= now())) return true
        if (state === 'active' && lockedUntil <= now() && !(worker !== null && isAwake(worker))) return true
      }
      return false
    },
    hasReplies: () => data.unread.length > 0,
    nextTimeAt: () => {
      let next: number | null = null
      const at = (time: number): void => {
        if (time > now() && (next === null || time < next)) next = time
      }
      for (const row of data.jobs.values()) {
        if (row.state === 'delayed') at(row.runAt)
        if (row.state === 'active' && !(row.worker !== null && isAwake(row.worker))) at(row.lockedUntil)
      }
      for (const row of data.pending.values()) {
        at(row.at + claimIdleMs)
        if (!isAwake(row.reader)) at(row.at + silentMs)
      }
      return next
    },
    changes: () => changes,
    snapshot: () => void (snapshots = copyOf(data)),
    empty: () => {
      data = { beat: 0, jobs: new Map(), unread: [], pending: new Map() }
      changes += 1
    },
    restore: () => {
      if (snapshots === null) return false
      const before = data.jobs
      data = copyOf(snapshots)
      // A worker that is done with a job does not keep its lock because an older copy says that it has it.
      for (const row of data.jobs.values()) {
        const held = before.get(row.id)
        if (row.state === 'active' && (held?.state !== 'active' || held.worker !== row.worker)) row.worker = null
      }
      changes += 1
      return true
    },
    loseReply: (may, chance) => {
      const losable = data.unread.filter(({ reply }) => may(reply))
      const lost = losable[chance % Math.max(1, losable.length)]
      if (lost === undefined) return false
      data.unread.splice(data.unread.indexOf(lost), 1)
      return true
    },
    repeatReply: (chance) => {
      const repeated = data.unread[chance % Math.max(1, data.unread.length)]
      if (repeated === undefined) return false
      entries += 1
      data.unread.splice(chance % (data.unread.length + 1), 0, { ...repeated, id: `${now()}-${entries}` })
      return true
    },
    forgetFinished: () => {
      const finished = [...data.jobs.values()].filter(({ state }) => state === 'completed')
      for (const { id } of finished) data.jobs.delete(id)
      return finished.length > 0
    },
    unread: () => data.unread,
  }
}
