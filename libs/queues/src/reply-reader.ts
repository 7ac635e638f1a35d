/**
 * The orchestrator's side of the `replies` stream.
 *
 * P1  An entry leaves the stream (XACK and XDEL) only when its reader says that Postgres has it. Never MAXLEN.
 * P2  What a dead reader held is claimed by a live one: some seconds after the reader was last heard of, or after the
 *     entry itself lay idle. What this reader held in an earlier life is claimed with the first look. A reader that was
 *     taken for dead and lives tells its replies a second time, which the fence makes harmless.
 * P3  An emptied Redis has neither stream nor group: both are made again, reading from the start.
 * P4  An entry that breaks the contract is reported, noted in `dead.replies` without its content, and taken out: it
 *     would otherwise come back for ever.
 */
import { deadQueueOf, parseContract, repliesStream, StepReply } from '@flotilla/contracts'
import { emitMessageSpans, errorCodeOf, metrics } from '@flotilla/telemetry'
import type { Redis } from 'ioredis'
import { Queue } from 'bullmq'
import { claimDeadScript } from './claim-dead-script.js'
import {
  bullPrefix,
  connect,
  disconnect,
  ownKey,
  producerOptions,
  untilReady,
  workerOptions,
  type RedisPlace,
} from './connection.js'

/** A reply with the id that acknowledges it. */
export interface ReplyEntry {
  readonly id: string
  readonly reply: StepReply
}

/** Reads replies in batches. */
export interface ReplyReader {
  /** The next replies, at most 256; waits up to `blockMs` for the first. Empty when there are none. */
  readonly read: () => Promise<readonly ReplyEntry[]>
  /** Replies that some reader took and did not acknowledge for `idleMs`, now ours (P2). Call it now and then. */
  readonly claimIdle: (idleMs?: number) => Promise<readonly ReplyEntry[]>
  /**
   * Replies of readers that have not been heard of for so long, now ours; makes this one heard of (P2). Call it every second.
   * `most`: as many at most.
   */
  readonly claimDead: (options?: ClaimDeadOptions) => Promise<readonly ReplyEntry[]>
  /** Takes replies out of the stream; after the commit (P1). */
  readonly ack: (ids: readonly string[]) => Promise<void>
  /** Replies in the stream, read or not; 0 means that everything sent so far is in Postgres. */
  readonly backlog: () => Promise<number>
  readonly ready: () => Promise<void>
  readonly close: () => Promise<void>
}

/** How the dead are told from the living. */
export interface ClaimDeadOptions {
  readonly most?: number
  readonly silentMs?: number
  /** A reader that holds nothing and has not been heard of for so long is forgotten by the group. */
  readonly forgottenMs?: number
}

/** Settings of a reader. */
export interface ReplyReaderOptions {
  readonly group?: string
  /** Unique per process. */
  readonly consumer: string
  readonly countMax?: number
  readonly blockMs?: number
  readonly onMalformed?: (id: string, code: string) => void
  readonly onError?: (error: Error) => void
}

type RawEntry = readonly [id: string, fields: readonly string[] | null]

const lost = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOGROUP')

const createGroup = async (redis: Redis, stream: string, group: string): Promise<void> => {
  try {
    await redis.xgroup('CREATE', stream, group, '0', 'MKSTREAM')
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error
  }
}

/** Opens the stream for reading, with a blocking connection of its own. */
export const makeReplyReader = (place: RedisPlace, options: ReplyReaderOptions): ReplyReader => {
  const { group = 'orchestrator', consumer, countMax = 256, blockMs = 1_000, onError } = options
  const stream = ownKey(place, repliesStream)
  const heard = ownKey(place, `${repliesStream}.readers`)
  const blocking = connect(workerOptions(place), onError)
  const redis = connect(producerOptions(place), onError)
  const deadName = deadQueueOf(repliesStream)
  let dead: Queue | null = null
  let first = true

  const ack: ReplyReader['ack'] = async (ids) => {
    if (ids.length === 0) return
    const results = await redis
      .pipeline()
      .xack(stream, group, ...ids)
      .xdel(stream, ...ids)
      .exec()
    const failed = results?.find(([error]) => error !== null && !lost(error))
    if (failed?.[0]) throw failed[0]
  }

  const setAside = async (id: string, code: string): Promise<void> => {
    metrics.repliesMalformed.inc()
    options.onMalformed?.(id, code)
    dead ??= new Queue(deadName, { connection: redis, ...bullPrefix(place, deadName) })
    const opts = { jobId: `reply-${id}`, removeOnComplete: 1_000 }
    await dead.add('malformed', { entry: id, code }, opts)
    await ack([id])
  }

  const parse = async (raw: readonly RawEntry[]): Promise<readonly ReplyEntry[]> => {
    const entries: ReplyEntry[] = []
    for (const [id, fields] of raw) {
      // A claimed entry that was deleted meanwhile has no fields.
      if (fields === null) continue
      try {
        entries.push({ id, reply: parseContract(StepReply, JSON.parse(fields[1] ?? 'null')) })
      } catch (error) {
        await setAside(id, error instanceof SyntaxError ? 'MALFORMED_JSON' : errorCodeOf(error)) // P4
      }
    }
    return entries
  }

  const receive = async (startedAt: number, raw: readonly RawEntry[]): Promise<readonly ReplyEntry[]> => {
    const entries = await parse(raw)
    const messages = entries.map(({ id, reply }) => ({
      traceparent: reply.traceparent,
      messageId: id,
      runId: reply.runId,
    }))
    emitMessageSpans('receive', repliesStream, { messages, startedAt, endedAt: Date.now() })
    return entries
  }

  const regrouping = async <T>(fn: () => Promise<T>): Promise<T> => {
    try {
      return await fn()
    } catch (error) {
      if (!lost(error)) throw error
      await createGroup(redis, stream, group) // P3
      return fn()
    }
  }

  return {
    read: () =>
      regrouping(async () => {
        const answer = (await blocking.xreadgroup(
          'GROUP',
          group,
          consumer,
          'COUNT',
          countMax,
          'BLOCK',
          blockMs,
          'STREAMS',
          stream,
          '>',
        )) as [string, RawEntry[]][] | null // the library types it as unknown[]
        const raw = answer?.[0]?.[1] ?? []
        return raw.length === 0 ? [] : receive(Date.now(), raw)
      }),
    claimIdle: (idleMs = 15_000) =>
      regrouping(async () => {
        const [, raw] = (await redis.xautoclaim(stream, group, consumer, idleMs, '0', 'COUNT', countMax)) as [
          string,
          RawEntry[],
        ] // as above
        return raw.length === 0 ? [] : receive(Date.now(), raw)
      }),
    claimDead: ({ most = countMax, silentMs = 3_000, forgottenMs = 3_600_000 } = {}) =>
      regrouping(async () => {
        const own = first ? '1' : '0'
        const given = [group, consumer, silentMs, most, forgottenMs, own]
        const raw = (await redis.eval(claimDeadScript, 2, stream, heard, ...given)) as RawEntry[] // as above
        first = false
        return raw.length === 0 ? [] : receive(Date.now(), raw)
      }),
    ack,
    backlog: () => redis.xlen(stream),
    ready: async () => {
      await Promise.all([untilReady(redis), untilReady(blocking)])
      await createGroup(redis, stream, group)
    },
    close: async () => {
      // A blocking read would hold the polite way up for its whole wait.
      blocking.disconnect()
      await dead?.close().catch(() => undefined)
      await disconnect(redis)
    },
  }
}
