import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { aDatabase, aRing, type TestDatabase } from '../../../../tools/test-database.js'
import { openStore, type Store } from '../open-store.js'
import { anApplied, anOwedJob, aSubmission } from '../testing.js'
import { inTransaction } from '../transaction.js'
import { keepCouriers } from './couriers.js'
import { listQueueDepths, setQueuePaused } from './queues.js'
import { readClaimedRuns } from './read-claimed.js'
import { listDebts, lockCourier, loseBeats, markSent, takeOwed } from './relay.js'
import { saveApplied } from './save-applied.js'
import { submitRuns } from './submit-runs.js'

let database: TestDatabase
let owner: Store
let engine: Store

beforeAll(async () => {
  database = await aDatabase()
  owner = openStore({ sealing: aRing, url: database.ownerUrl, max: 1, applicationName: 'spec-owner' })
  engine = openStore({ sealing: aRing, url: database.engineUrl, max: 4, applicationName: 'spec-engine' })
})
afterAll(async () => {
  await Promise.all([owner.close(), engine.close()])
  await database.drop()
})
beforeEach(async () => {
  await owner.pool.query('truncate run, outbox, queue cascade')
  await owner.pool.query('update courier set last_beat = 0, shards = 1')
})

const owe = async (count: number, queue = 'agent.kyc', tenant?: string) => {
  const submissions = Array.from({ length: count }, () => aSubmission(tenant === undefined ? {} : { tenant }))
  await submitRuns(engine.pool, submissions)
  await inTransaction(engine.pool, async (tx) => {
    const runs = await readClaimedRuns(
      tx,
      submissions.map(({ runId }) => runId),
    )
    await saveApplied(
      tx,
      runs.map((run) => anApplied(run, { owed: [anOwedJob({ queue })] })),
    )
  })
}
/** As `libs/queues` takes it from a queue's name, of three. */
const shardOf = (name: string) => Number.parseInt(createHash('md5').update(name).digest('hex').slice(0, 4), 16) % 3

const lastBeat = () => inTransaction(engine.pool, async (tx) => (await lockCourier(tx)).lastBeat)
const lose = (beat: number) => inTransaction(engine.pool, (tx) => loseBeats(tx, beat))
const relay = (windowMax: number, beat: number) =>
  inTransaction(engine.pool, async (tx) => {
    const rows = await takeOwed(tx, { windowMax })
    await markSent(tx, rows, beat)
    return rows
  })

test('R2: at most a window per queue is sent, and a paid debt makes room', async () => {
  await owe(5)
  await owe(2, 'agent.fraud')
  const first = await relay(3, 1)
  expect(first.filter(({ queue }) => queue === 'agent.kyc')).toHaveLength(3)
  expect(first.filter(({ queue }) => queue === 'agent.fraud')).toHaveLength(2)
  expect(await relay(3, 2)).toEqual([])
  const [paid] = first.filter(({ queue }) => queue === 'agent.kyc')
  await engine.pool.query('delete from outbox where run_id = $1', [paid?.runId])
  expect(await relay(3, 2)).toHaveLength(1)
  const kyc = (await listQueueDepths(engine.pool)).find(({ name }) => name === 'agent.kyc')
  expect(kyc).toMatchObject({ owed: 1, sent: 3, paused: false })
})

test('R2: a flood of one tenant does not stand before what another owes', async () => {
  await owner.pool.query(`insert into tenant (id, name) values ('other', 'other') on conflict do nothing`)
  await owe(6)
  await owe(2, 'agent.kyc', 'other')
  const first = await relay(4, 1)
  expect(first.map(({ tenantId }) => tenantId).toSorted()).toEqual(['acme', 'acme', 'other', 'other'])
  const rooms = { 'agent.kyc': 1 }
  const taken = await inTransaction(engine.pool, (tx) => takeOwed(tx, { windowMax: 100, rooms }))
  expect(taken).toHaveLength(1)
  expect(await inTransaction(engine.pool, (tx) => takeOwed(tx, { windowMax: 4, rooms }))).toEqual([])
})

test('R1: a relay waits until the one before it has ended, and sends nothing again', async () => {
  await owe(3)
  const pass = (beat: number, atLock: () => Promise<void> = () => Promise.resolve()) =>
    inTransaction(engine.pool, async (tx) => {
      const { lastBeat: known } = await lockCourier(tx)
      await atLock()
      const rows = await takeOwed(tx, { windowMax: 9 })
      await markSent(tx, rows, beat)
      return { known, sent: rows.length }
    })
  let second: Promise<object> | undefined
  const waiting = `select count(*)::integer as n from pg_locks join pg_stat_activity using (pid)
    where datname = current_database() and not granted`
  const first = await pass(7, async () => {
    second = pass(8)
    await expect
      .poll(async () => (await owner.pool.query<{ n: number }>(waiting)).rows[0]?.n, { timeout: 20_000 })
      .toBe(1)
  })
  expect(first).toEqual({ known: 0, sent: 3 })
  expect(await second).toEqual({ known: 7, sent: 0 })
})

test('a paused queue sends nothing until it goes on', async () => {
  await owe(1)
  expect(await setQueuePaused(engine.pool, 'agent.kyc', true)).toBe(true)
  expect(await setQueuePaused(engine.pool, 'agent.nobody', true)).toBe(false)
  expect(await relay(9, 1)).toEqual([])
  await setQueuePaused(engine.pool, 'agent.kyc', false)
  expect(await relay(9, 1)).toHaveLength(1)
})

test('R3: when Redis knows an older beat only what it cannot have is owed again', async () => {
  await owe(1)
  await relay(9, 1)
  await owe(2)
  await relay(9, 2)
  expect(await lastBeat()).toBe(2)
  expect(await lose(2)).toEqual({ lost: 0, left: 0 })
  expect(await lose(1)).toEqual({ lost: 2, left: 0 })
  expect(await lastBeat()).toBe(2)
  expect(await relay(9, 3)).toHaveLength(2)
  expect(await lose(0)).toEqual({ lost: 3, left: 0 })
})

test('R3: what a tick is settling is left, and told of', async () => {
  await owe(2)
  await relay(9, 1)
  await inTransaction(engine.pool, async (tick) => {
    await tick.query('delete from outbox where ctid = (select min(ctid) from outbox)')
    expect(await lose(0)).toEqual({ lost: 1, left: 1 })
  })
})

test('R5: no beat is given twice, whether the relay commits or not', async () => {
  const given: number[] = []
  const take = (tx: Parameters<typeof lockCourier>[0]) =>
    lockCourier(tx).then(({ nextBeat }) => void given.push(nextBeat))
  await inTransaction(engine.pool, take)
  await inTransaction(engine.pool, async (tx) => {
    await take(tx)
    throw new Error('rolled back')
  }).catch(() => undefined)
  await inTransaction(engine.pool, take)
  expect(given.toSorted((a, b) => a - b)).toEqual(given)
  expect(new Set(given).size).toBe(3)
})

test('R5: a relay that waits for another has drawn no beat yet', async () => {
  const drawn = async () =>
    Number((await owner.pool.query<{ last: string }>('select last_value as last from courier_beat')).rows[0]?.last)
  const waiting = await inTransaction(engine.pool, async (tx) => {
    const { nextBeat } = await lockCourier(tx)
    const next = inTransaction(engine.pool, (other) => lockCourier(other))
    const others = `
      select from pg_locks where not granted and transactionid = pg_current_xact_id()::xid`
    await expect.poll(async () => (await tx.query(others)).rowCount).toBe(1)
    expect(await drawn()).toBe(nextBeat)
    return { next, nextBeat }
  })
  expect((await waiting.next).nextBeat).toBeGreaterThan(waiting.nextBeat)
})

test('R6: a relay sees and loses the debts of its shard only, and the couriers do not wait for each other', async () => {
  await keepCouriers(engine.pool, 3)
  const queues = Array.from({ length: 12 }, (_, n) => `agent.queue-${n}`)
  for (const queue of queues) await owe(1, queue)
  const given = [0, 1, 2].map((shard) => ({ shards: 3, shard }))
  const sent = await inTransaction(engine.pool, async (first) => {
    await lockCourier(first, 0)
    return Promise.all(
      given.map((shard) =>
        inTransaction(engine.pool, async (tx) => {
          if (shard.shard > 0) await lockCourier(tx, shard.shard)
          const rows = await takeOwed(tx, { windowMax: 9 }, shard)
          if (shard.shard > 0) await markSent(tx, rows, 4, shard.shard)
          return rows.map(({ queue }) => queue)
        }),
      ),
    )
  })
  expect(sent.flat().toSorted()).toEqual(queues.toSorted())
  for (const [shard, names] of sent.entries()) expect(names).toEqual(names.filter((name) => shardOf(name) === shard))
  const lost = await inTransaction(engine.pool, (tx) => loseBeats(tx, 0, { shards: 3, shard: 1 }))
  expect(lost).toEqual({ lost: sent[1]?.length, left: 0 })
})

test('R6: another number of shards owes all again that was sent', async () => {
  await owe(2)
  await relay(9, 3)
  expect(await keepCouriers(engine.pool, 5)).toBe(2)
  expect(await relay(9, 4)).toHaveLength(2)
  expect(await keepCouriers(engine.pool, 5)).toBe(0)
  expect(await keepCouriers(engine.pool, 1)).toBe(2)
})

test('R4: marking does not wait for a tick that settles the debt', async () => {
  await owe(2)
  await inTransaction(engine.pool, async (tick) => {
    const { rows } = await tick.query<{ run_id: string }>(
      'delete from outbox where ctid = (select min(ctid) from outbox) returning run_id',
    )
    const sent = await relay(9, 1)
    expect(sent).toHaveLength(2)
    const debts = await listDebts(tick, sent)
    expect(debts.map(({ runId }) => runId)).not.toContain(rows[0]?.run_id)
  })
  const { rows } = await engine.pool.query<{ sent: boolean }>('select sent_at is not null as sent from outbox')
  expect(rows).toEqual([{ sent: true }])
})

test('what has waited longest or is urgent is sent first', async () => {
  await owe(3)
  await owner.pool.query(`update outbox set order_key = order_key - 600 where ctid = (select max(ctid) from outbox)`)
  const [last] = (await owner.pool.query<{ run_id: string }>('select run_id from outbox order by order_key limit 1'))
    .rows
  expect((await relay(1, 1))[0]?.runId).toBe(last?.run_id)
})
