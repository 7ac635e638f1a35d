import { randomUUID } from 'node:crypto'
import { jobIdOf, type JobKey, type StepJob, type StepReply } from '@flotilla/contracts'
import { NestFactory } from '@nestjs/core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { aRedis } from '../../../tools/test-database.js'
import { makeAgentQueues, type AgentQueues, type OwedJob } from './agent-queues.js'
import { checkEviction } from './check-eviction.js'
import {
  bullPrefix,
  connect,
  disconnect,
  ownKey,
  producerOptions,
  shardKey,
  shardOf,
  untilReady,
  type RedisPlace,
} from './connection.js'
import { holdTotal } from './hold-total.js'
import { makeQueueDesk, type QueueDesk } from './queue-desk.js'
import { makeReplyReader } from './reply-reader.js'
import { makeReplyWriter } from './reply-writer.js'
import { makeRunsQueue } from './runs-queue.js'
import { listenForCancel, listenForHistory, makeSignalSender } from './signals.js'
import { workerModule } from './worker-module.js'

const place = aRedis()
const redis = connect(producerOptions(place))
const beatKey = shardKey(place, 0, 'courier-beat')
const away = { url: 'redis://127.0.0.1:1' }
let queues: AgentQueues
let desk: QueueDesk

const aJob = (over: Partial<StepJob> = {}): StepJob => ({
  v: 1,
  runId: randomUUID(),
  rootRunId: randomUUID(),
  tenantId: 't',
  workflow: 'w',
  workflowVersion: 1,
  step: 'kyc',
  visit: 1,
  dispatch: 1,
  agent: 'kyc',
  inputContract: null,
  outputContract: null,
  deadlineMs: 1_000,
  attemptsMax: 3,
  sealed: 'v1.k.a.b',
  ref: null,
  hash: 'h',
  traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-00`,
  tracestate: null,
  ...over,
})
const owed = (job: StepJob): OwedJob => ({
  job,
  priority: 2,
  retry: { attempts: 3, backoff: { delayMs: 10, multiplier: 2, maxMs: 100, jitter: 0 } },
})
const aReply = (over: Partial<StepReply> = {}): StepReply => ({
  v: 1,
  kind: 'started',
  runId: randomUUID(),
  step: 'kyc',
  dispatch: 1,
  attempt: 1,
  spanId: null,
  traceparent: null,
  contract: null,
  sealed: null,
  ref: null,
  hash: null,
  worker: 'w',
  ...over,
})

beforeAll(async () => {
  queues = makeAgentQueues(place)
  desk = makeQueueDesk(place)
  await Promise.all([queues.ready(), desk.ready(), untilReady(redis)])
})
afterAll(async () => {
  await Promise.all([queues.close(), desk.close(), disconnect(redis)])
})

const send = async (queue: string, ...jobs: readonly OwedJob[]): Promise<void> => {
  const shard = shardOf(place, queue)
  const known = await queues.readBeat(shard)
  await queues.sendOwed(new Map([[queue, jobs]]), { known, next: known + 1 }, shard)
}
/** Queues of the first shard: their beat is the one that `readBeat()` gives. */
const ofFirstShard = (at: RedisPlace) =>
  Array.from({ length: 64 }, (_, n) => `agent.queue-${n}`).filter((name) => shardOf(at, name) === 0)
const [one = '', two = '', fell = '', below = '', gone = ''] = ofFirstShard(place)

describe('the relay', () => {
  test('Q1 sending a debt twice adds one job', async () => {
    const job = aJob()
    await send('agent.once', owed(job), owed(aJob()))
    await send('agent.once', owed(job))
    expect((await desk.queueCounts('agent.once')).waiting).toBe(2)
    expect(await queues.waiting('agent.once')).toBe(2)
  })
  test('Q2 the beat is taken with the jobs of all queues, and reads 0 where Redis was emptied', async () => {
    const from = await queues.readBeat()
    const batches = new Map([one, two].map((queue) => [queue, [owed(aJob())]]))
    await queues.sendOwed(batches, { known: from, next: from + 5 })
    expect(await queues.readBeat()).toBe(from + 5)
    expect(await queues.waiting(two)).toBe(1)
    await redis.del(beatKey)
    expect(await queues.readBeat()).toBe(0)
  })
  test('Q3 a beat that falls during a send refuses it', async () => {
    await send(fell, owed(aJob()))
    const emptying = {
      ...owed(aJob()),
      // Sent after the beat was asked for and before the jobs: Redis is emptied in between.
      get priority() {
        void redis.del(beatKey)
        return 2 as const
      },
    }
    await expect(send(fell, emptying)).rejects.toMatchObject({ code: 'COURIER_BEAT_FELL' })
    expect(await queues.readBeat()).toBe(0)
  })
  test('Q3 a beat below what Postgres knows is left as it is', async () => {
    await send(below, owed(aJob()))
    const beat = await queues.readBeat()
    const sending = queues.sendOwed(new Map([[below, [owed(aJob())]]]), { known: beat + 1, next: beat + 3 })
    await expect(sending).rejects.toMatchObject({ code: 'COURIER_BEAT_FELL' })
    expect(await queues.readBeat()).toBe(beat)
  })
  test('Q3 the beat does not rise over jobs that are gone', async () => {
    await send(gone, owed(aJob()))
    const beat = await queues.readBeat()
    let asked = 0
    const losing = {
      ...owed(aJob()),
      // Another one when the beat is to be raised than when it was added: that one is not there.
      get job() {
        asked += 1
        return aJob({ dispatch: asked })
      },
    }
    await expect(send(gone, losing)).rejects.toMatchObject({ code: 'COURIER_BEAT_FELL' })
    expect(await queues.readBeat()).toBe(beat)
  })
  test('Q5 a shard has a beat of its own, in the slot of its jobs', async () => {
    const spread = { ...place, prefix: `${place.prefix}-spread`, shards: 3 }
    const sharded = makeAgentQueues(spread)
    await sharded.ready()
    const [first = ''] = ofFirstShard(spread)
    const other =
      Array.from({ length: 64 }, (_, n) => `agent.queue-${n}`).find((name) => shardOf(spread, name) === 2) ?? ''
    await sharded.sendOwed(new Map([[first, [owed(aJob())]]]), { known: 0, next: 5 }, 0)
    await sharded.sendOwed(new Map([[other, [owed(aJob())]]]), { known: 0, next: 7 }, 2)
    expect(await Promise.all([0, 1, 2].map((shard) => sharded.readBeat(shard)))).toEqual([5, 0, 7])
    expect(await sharded.waiting(other)).toBe(1)
    const jobs = bullPrefix(spread, other).prefix
    expect(shardKey(spread, 2, 'courier-beat')).toBe(`${jobs}:courier-beat`)
    expect(jobs).toMatch(/^\{.*\}$/)
    await redis.del(shardKey(spread, 2, 'courier-beat'))
    expect(await Promise.all([0, 2].map((shard) => sharded.readBeat(shard)))).toEqual([5, 0])
    await expect(sharded.sendOwed(new Map([[other, [owed(aJob())]]]), { known: 0, next: 8 }, 0)).rejects.toThrow(
      'another shard',
    )
    await sharded.close()
  })
  test('a job that no worker has begun is taken back', async () => {
    const job = aJob()
    await send('agent.back', owed(job))
    await queues.withdraw('agent.back', [jobIdOf(job), 'unknown.id.1'])
    expect((await desk.queueCounts('agent.back')).waiting).toBe(0)
  })
  test('a payload that outgrew its limit is refused', async () => {
    await expect(send('agent.big', owed(aJob({ sealed: 'x'.repeat(200_000) })))).rejects.toThrow(/size/)
  })
  test('everything fails soon while Redis is away', async () => {
    const lost = makeAgentQueues(away)
    await expect(lost.sendOwed(new Map([['agent.kyc', [owed(aJob())]]]), { known: 0, next: 1 })).rejects.toMatchObject({
      code: 'REDIS_UNAVAILABLE',
    })
    await expect(lost.readBeat()).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' })
    await lost.close()
  })
})

describe('the runs queue', () => {
  test('runs that come while a nudge is on its way share the next one', async () => {
    const shared = { ...place, prefix: `${place.prefix}-shared` }
    const runs = makeRunsQueue(shared)
    await runs.ready()
    const nudged = await Promise.all(
      [3, 3, 1, 2].map((priority) => runs.nudge(randomUUID(), priority as 1 | 2 | 3, null)),
    )
    expect(nudged).toEqual(['sent', 'sent', 'sent', 'sent'])
    expect(await redis.zcard(`${bullPrefix(shared, 'runs').prefix}:runs:prioritized`)).toBe(2)
    await runs.close()
  })
  test('takes one nudge per run, up to its window', async () => {
    const runs = makeRunsQueue(place, { windowMax: 2 })
    await runs.ready()
    const runId = randomUUID()
    expect(await runs.nudge(runId, 2, null)).toBe('sent')
    expect(await runs.nudge(randomUUID(), 1, null)).toBe('sent')
    expect(await runs.nudge(randomUUID(), 3, null)).toBe('window-full')
    expect((await desk.queueCounts('runs')).waiting).toBe(2)
    await runs.close()
  })
  test('never rejects while Redis is away', async () => {
    const runs = makeRunsQueue(away)
    expect(await runs.nudge(randomUUID(), 2, null)).toBe('unavailable')
    await runs.close()
  })
})

describe('the replies stream', () => {
  const open = async (consumer: string, malformed: string[] = []) => {
    const reader = makeReplyReader(place, { consumer, blockMs: 50, onMalformed: (_id, code) => malformed.push(code) })
    await reader.ready()
    return reader
  }
  const stream = ownKey(place, 'replies')

  test('P1 a reply stays until it is acknowledged', async () => {
    const writer = makeReplyWriter(place)
    await writer.ready()
    const reader = await open('one')
    const replies = Array.from({ length: 300 }, () => aReply())
    await Promise.all(replies.map((reply) => writer.write(reply)))
    const first = await reader.read()
    expect(first).toHaveLength(256)
    const second = await reader.read()
    expect([...first, ...second].map(({ reply }) => reply.runId)).toEqual(replies.map(({ runId }) => runId))
    expect(await reader.backlog()).toBe(300)
    await reader.ack([...first, ...second].map(({ id }) => id))
    expect(await reader.backlog()).toBe(0)
    expect(await reader.claimIdle(0)).toEqual([])
    await Promise.all([writer.close(), reader.close()])
  })
  test('replies of one turn come in one reading', async () => {
    const writer = makeReplyWriter(place)
    await writer.ready()
    const reader = makeReplyReader(place, { consumer: 'waiting', blockMs: 5_000 })
    await reader.ready()
    const reading = reader.read()
    await vi.waitFor(async () => expect(await redis.client('LIST')).toContain('cmd=xreadgroup'))
    await Promise.all([writer.write(aReply({ kind: 'started' })), writer.write(aReply()), writer.write(aReply())])
    const entries = await reading
    expect(entries).toHaveLength(3)
    await reader.ack(entries.map(({ id }) => id))
    await Promise.all([writer.close(), reader.close()])
  })
  test('P2 what a dead reader held is claimed by another', async () => {
    const writer = makeReplyWriter(place)
    await writer.ready()
    const [dead, alive] = [await open('dead'), await open('alive')]
    await writer.write(aReply({ step: 'left' }))
    expect(await dead.read()).toHaveLength(1)
    await dead.close()
    expect(await alive.read()).toEqual([])
    const claimed = await alive.claimIdle(0)
    expect(claimed.map(({ reply }) => reply.step)).toEqual(['left'])
    await alive.ack(claimed.map(({ id }) => id))
    expect(await alive.backlog()).toBe(0)
    await Promise.all([writer.close(), alive.close()])
  })
  test('P2 what a reader held that is heard of no more is claimed at once, and what one holds that lives is not', async () => {
    const writer = makeReplyWriter(place)
    await writer.ready()
    const [dead, living, other] = [await open('silent'), await open('living'), await open('other')]
    for (const reader of [dead, living, other]) expect(await reader.claimDead({ silentMs: 60_000 })).toEqual([])
    await writer.write(aReply({ step: 'left' }))
    expect(await dead.read()).toHaveLength(1)
    await writer.write(aReply({ step: 'in hand' }))
    expect(await living.read()).toHaveLength(1)
    await dead.close()
    const claimed = await vi.waitFor(
      async () => {
        // It waits for a reply that does not come, and yet it is heard of.
        expect(await living.claimDead({ silentMs: 60_000 })).toEqual([])
        const found = await other.claimDead({ silentMs: 1_000 })
        expect(found).toHaveLength(1)
        return found
      },
      { timeout: 10_000, interval: 100 },
    )
    expect(claimed.map(({ reply }) => reply.step)).toEqual(['left'])
    expect(await other.claimDead({ silentMs: 1_000 })).toEqual([])
    await other.ack(claimed.map(({ id }) => id))
    // Readers of earlier lives do not pile up in the group; those that hold something stay.
    await other.claimDead({ silentMs: 60_000, forgottenMs: 1 })
    const readers = (await redis.xinfo('CONSUMERS', stream, 'orchestrator')) as string[][] // name, pending, ...
    const names = readers.map((fields) => fields[1])
    expect(names).toContain('living')
    expect(names).not.toContain('silent')
    await Promise.all([writer.close(), living.close(), other.close()])
  })
  test('P2 a reader of a name takes back what it held in an earlier life, with its first look', async () => {
    const writer = makeReplyWriter(place)
    await writer.ready()
    await writer.write(aReply({ step: 'before' }))
    const before = await open('again')
    expect(await before.claimDead()).toEqual([])
    expect(await before.read()).toHaveLength(1)
    expect(await before.claimDead()).toEqual([])
    await before.close()
    const after = await open('again')
    const found = await after.claimDead()
    expect(found.map(({ reply }) => reply.step)).toEqual(['before'])
    expect(await after.claimDead()).toEqual([])
    await after.ack(found.map(({ id }) => id))
    await redis.del(stream)
    expect(await after.claimDead()).toEqual([])
    await Promise.all([writer.close(), after.close()])
  })
  test('P3 reading goes on after Redis was emptied', async () => {
    const writer = makeReplyWriter(place)
    await writer.ready()
    const reader = await open('emptied')
    await redis.del(stream)
    expect(await reader.read()).toEqual([])
    await redis.del(stream)
    await writer.write(aReply({ step: 'after' }))
    const entries = await reader.read()
    expect(entries.map(({ reply }) => reply.step)).toEqual(['after'])
    await reader.ack(entries.map(({ id }) => id))
    await redis.del(stream)
    expect(await reader.claimIdle(0)).toEqual([])
    await reader.ack(['1-1'])
    await Promise.all([writer.close(), reader.close()])
  })
  test('P4 a malformed entry is reported, noted without its content and taken out', async () => {
    const malformed: string[] = []
    const reader = await open('malformed', malformed)
    await redis.xadd(stream, '*', 'd', '{not json ZZPII')
    await redis.xadd(stream, '*', 'd', JSON.stringify({ ...aReply(), kind: 'ZZPII' }))
    await redis.xadd(stream, '*', 'other', 'ZZPII')
    expect(await reader.read()).toEqual([])
    expect(malformed).toEqual(['MALFORMED_JSON', 'CONTRACT_VIOLATED', 'MALFORMED_JSON'])
    expect(await reader.backlog()).toBe(0)
    const noted = await desk.queue('dead.replies').getJobs(['waiting'])
    expect(noted.map((job) => (job.data as { code: string }).code).sort()).toEqual([...malformed].sort())
    expect(JSON.stringify(noted.map((job) => job.data as unknown))).not.toContain('ZZPII')
    await reader.close()
  })
  test('writing fails soon while Redis is away', async () => {
    const writer = makeReplyWriter(away)
    await expect(writer.write(aReply())).rejects.toThrow(/Stream|Connection/)
    await writer.close()
  })
})

describe('signals', () => {
  test('a cancellation and a history hint reach who listens, broken ones do not', async () => {
    const sender = makeSignalSender(place)
    await sender.ready()
    const onCancel = vi.fn<(job: JobKey) => void>()
    const onRuns = vi.fn<(runIds: readonly string[]) => void>()
    const listeners = [listenForCancel(place, onCancel), listenForHistory(place, onRuns)]
    await Promise.all(listeners.map(({ ready }) => ready))
    await redis.publish(ownKey(place, 'cancel'), 'not json')
    await redis.publish(ownKey(place, 'history'), '{"a":1}')
    const key = { runId: 'r', step: 's', dispatch: 1 }
    await sender.cancel(key)
    await sender.history(['r1', 'r2'])
    await vi.waitFor(() => expect(onRuns).toHaveBeenCalledExactlyOnceWith(['r1', 'r2']))
    await vi.waitFor(() => expect(onCancel).toHaveBeenCalledExactlyOnceWith(key))
    await Promise.all([sender.close(), ...listeners.map(({ close }) => close())])
  })
})

describe('the desk', () => {
  test('pauses and resumes a queue', async () => {
    await desk.pauseQueue('agent.paused')
    expect((await desk.queueCounts('agent.paused')).paused).toBe(true)
    await desk.resumeQueue('agent.paused')
    expect((await desk.queueCounts('agent.paused')).paused).toBe(false)
    expect(await desk.workers('agent.paused')).toEqual([])
  })
  test('mirrors dead letters once and takes them off again', async () => {
    const letter = { id: '7', runId: 'r', step: 'kyc', dispatch: 3, code: 'X', attempts: 2, traceId: 't' }
    await desk.mirrorDeadLetters('dead.kyc', [letter])
    await desk.mirrorDeadLetters('dead.kyc', [letter])
    expect((await desk.queueCounts('dead.kyc')).waiting).toBe(1)
    await desk.removeDeadLetters('dead.kyc', ['7', 'unknown'])
    expect((await desk.queueCounts('dead.kyc')).waiting).toBe(0)
  })
  test('a Redis that never evicts passes the check', async () => {
    expect(await checkEviction(place)).toBe('noeviction')
  })
})

describe('a limit over all processes', () => {
  test('lets one job of a singleton go on at a time, however many workers there are', async () => {
    const queue = `single-${randomUUID()}`
    const held = await holdTotal(place, { queue, total: 1 })
    let going = 0
    let most = 0
    let done = 0
    const process = async (): Promise<void> => {
      going += 1
      most = Math.max(most, going)
      await new Promise((resolve) => setTimeout(resolve, 20))
      going -= 1
      done += 1
    }
    await send(queue, owed(aJob()), owed(aJob()), owed(aJob()), owed(aJob()))
    const workers = await Promise.all(
      [1, 2].map(() =>
        NestFactory.createApplicationContext(workerModule(place, [{ queue, process, concurrency: 4 }]), {
          logger: false,
        }),
      ),
    )
    await vi.waitFor(() => expect(done).toBe(4), { timeout: 10_000 })
    expect(most).toBe(1)
    await Promise.all([...workers.map((worker) => worker.close()), held.close()])
  })
})
