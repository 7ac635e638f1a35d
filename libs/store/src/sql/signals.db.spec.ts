import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { aDatabase, type TestDatabase } from '../../../../tools/test-database.js'
import { openStore, type Store, type Tx } from '../open-store.js'
import { aSubmission } from '../testing.js'
import { asTenant, inTransaction } from '../transaction.js'
import { keptSignalsMax, publishSignal, purgeSignals, saveSubscriptions, type PublishedSignal } from './signals.js'
import { submitRuns } from './submit-runs.js'

let database: TestDatabase
let owner: Store
let engine: Store
let gateway: Store

beforeAll(async () => {
  database = await aDatabase()
  owner = openStore({ sealing: 'open', url: database.ownerUrl, max: 2, applicationName: 'spec-owner' })
  engine = openStore({ sealing: 'open', url: database.engineUrl, max: 10, applicationName: 'spec-engine' })
  gateway = openStore({ sealing: 'open', url: database.gatewayUrl, max: 10, applicationName: 'spec-gateway' })
})
afterAll(async () => {
  await Promise.all([owner.close(), engine.close(), gateway.close()])
  await database.drop()
})
beforeEach(async () => {
  await owner.pool.query('truncate run, inbox, subscription, kept_signal cascade')
})

const aRunOf = async (tenant = 'acme'): Promise<string> => {
  const submission = aSubmission({ tenant })
  await submitRuns(owner.pool, [submission])
  return submission.runId
}
const subscribeIn = (tx: Tx, runId: string, key: string, tenantId = 'acme', step = 'wait') =>
  saveSubscriptions(tx, { subscribed: [{ runId, tenantId, step, visit: 1, name: 'paid', key }], unsubscribed: [] })
const subscribe = (runId: string, key: string, tenantId = 'acme', step = 'wait') =>
  inTransaction(engine.pool, (tx) => subscribeIn(tx, runId, key, tenantId, step))
const aSignal = (key: string, given: Partial<PublishedSignal> = {}): PublishedSignal => ({
  name: 'paid',
  key,
  payload: { amount: 5 },
  by: 'bank',
  keepForMs: 60_000,
  ...given,
})
const publish = (key: string, given: Partial<PublishedSignal> = {}, tenant = 'acme') =>
  asTenant(gateway.pool, tenant, (tx) => publishSignal(tx, aSignal(key, given)))
const received = async () =>
  (
    await owner.pool.query<{ run_id: string; key: string }>(
      `select run_id, event ->> 'key' as key from inbox where event ->> 'type' = 'SignalReceived' order by id`,
    )
  ).rows.map((row) => [row.run_id, row.key])

test('an event reaches every run that waits for its name and key, of the tenant alone, once', async () => {
  const [one, two, other, foreign] = [await aRunOf(), await aRunOf(), await aRunOf(), await aRunOf('rival')]
  await subscribe(one, 'a')
  await subscribe(two, 'a')
  await subscribe(other, 'b')
  await subscribe(foreign, 'a', 'rival')
  expect(await publish('a')).toMatchObject({ delivered: 2, kept: false })
  expect((await received()).toSorted()).toEqual(
    [
      [one, 'a'],
      [two, 'a'],
    ].toSorted(),
  )
  expect(await publish('a')).toMatchObject({ delivered: 0, kept: true, runId: null })
  expect(await publish('b', { name: 'else' })).toMatchObject({ delivered: 0 })
  expect(await publish('a', {}, 'rival')).toMatchObject({ delivered: 1 })
})

test('an event that comes early is kept for the first that waits, and the next gets the next', async () => {
  await publish('a', { payload: 1 })
  await publish('a', { payload: 2 })
  const [one, two, three] = [await aRunOf(), await aRunOf(), await aRunOf()]
  for (const run of [one, two, three]) await subscribe(run, 'a')
  const { rows } = await owner.pool.query(`select run_id, event -> 'payload' as payload from inbox order by id`)
  expect(rows).toEqual([
    { run_id: one, payload: 1 },
    { run_id: two, payload: 2 },
  ])
  expect((await owner.pool.query('select run_id from subscription')).rows).toEqual([{ run_id: three }])
})

test('several that begin to wait in one transaction get a kept event each', async () => {
  await publish('a')
  await publish('a')
  const runs = [await aRunOf(), await aRunOf(), await aRunOf()]
  await inTransaction(engine.pool, (tx) =>
    saveSubscriptions(tx, {
      subscribed: runs.map((runId) => ({ runId, tenantId: 'acme', step: 'wait', visit: 1, name: 'paid', key: 'a' })),
      unsubscribed: [],
    }),
  )
  expect(await received()).toHaveLength(2)
  expect((await owner.pool.query('select from subscription')).rowCount).toBe(1)
})

test('who publishes while a run begins to wait waits for it, and it gets the event', async () => {
  const run = await aRunOf()
  let published: Promise<unknown> = Promise.resolve()
  await inTransaction(engine.pool, async (tx) => {
    await subscribeIn(tx, run, 'a')
    published = publish('a')
    await expect.poll(waitingForLocks).toBe(1)
  })
  expect(await published).toMatchObject({ delivered: 1 })
  expect(await received()).toEqual([[run, 'a']])
})

test('who begins to wait while an event is published waits for it, and gets it', async () => {
  const run = await aRunOf()
  let begun: Promise<unknown> = Promise.resolve()
  await asTenant(gateway.pool, 'acme', async (tx) => {
    expect(await publishSignal(tx, aSignal('a'))).toMatchObject({ delivered: 0, kept: true })
    begun = subscribe(run, 'a')
    await expect.poll(waitingForLocks).toBe(1)
  })
  await begun
  expect(await received()).toEqual([[run, 'a']])
  expect((await owner.pool.query('select from kept_signal')).rowCount).toBe(0)
})
const waitingForLocks = async () =>
  (
    await owner.pool.query<{ n: number }>(
      `select count(*)::integer as n from pg_locks where locktype = 'advisory' and not granted
       and database = (select oid from pg_database where datname = current_database())`,
    )
  ).rows[0]?.n

test('of fifty events and fifty runs in any order every run gets one, and none is lost', async () => {
  const runs = await Promise.all(Array.from({ length: 50 }, () => aRunOf()))
  const work = runs.flatMap((run) => [() => subscribe(run, 'a'), () => publish('a')])
  await Promise.all(work.map((one) => one()))
  const { rows } = await owner.pool.query<{ n: number }>(
    `select (select count(*) from inbox)::integer as told, (select count(*) from kept_signal)::integer as kept,
       (select count(*) from subscription)::integer as waiting`,
  )
  const [{ told = 0, kept = 0, waiting = 0 } = {}] = rows as unknown as {
    told: number
    kept: number
    waiting: number
  }[]
  // An event that finds several waiting serves them all, so fewer may do; what is kept has nobody who waits.
  expect(told + waiting).toBe(50)
  expect(Math.min(kept, waiting)).toBe(0)
  expect(waiting).toBe(0)
})

test('an event of a parked run, or of one that waits for a slot, is held', async () => {
  const run = await aRunOf()
  await subscribe(run, 'a')
  await owner.pool.query(`update run set status = 'parked' where id = $1`, [run])
  await publish('a')
  expect((await owner.pool.query('select held from inbox')).rows).toEqual([{ held: true }])
})

test('a wait that has ended is not served, and its event is kept', async () => {
  const run = await aRunOf()
  await subscribe(run, 'a')
  await inTransaction(engine.pool, (tx) =>
    saveSubscriptions(tx, { subscribed: [], unsubscribed: [{ runId: run, step: 'wait', visit: 1 }] }),
  )
  expect(await publish('a')).toMatchObject({ delivered: 0, kept: true })
})

test('kept events expire, are not kept when nobody asks for it, and are bounded per key', async () => {
  expect(await publish('a', { keepForMs: 0 })).toMatchObject({ delivered: 0, kept: false })
  await publish('a')
  await owner.pool.query(`update kept_signal set expires_at = now() - interval '1 s'`)
  const run = await aRunOf()
  await subscribe(run, 'a')
  expect(await received()).toEqual([])
  expect(await purgeSignals(engine.pool, 10)).toBe(1)
  for (let n = 0; n < keptSignalsMax; n += 1) expect((await publish('b')).kept).toBe(true)
  expect(await publish('b')).toMatchObject({ delivered: 0, kept: false })
})

test('no table holds a key in clear where it is looked up by', async () => {
  await subscribe(await aRunOf(), 'Jane Doe')
  const { rows } = await owner.pool.query('select * from subscription')
  expect(JSON.stringify(rows)).not.toContain('Jane')
})
