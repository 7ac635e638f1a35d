import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { aDatabase, aRing, type TestDatabase } from '../../../../tools/test-database.js'
import { openStore, type Store, type Tx } from '../open-store.js'
import { aState, anApplied, aSubmission } from '../testing.js'
import { inTransaction } from '../transaction.js'
import { claimRuns, claimSuspect, type ClaimLimits } from './claim-runs.js'
import { insertInbox } from './insert-inbox.js'
import { parkRun, settleStrayEvents, unparkRuns } from './parking.js'
import { readClaimedRuns, readEvents } from './read-claimed.js'
import { saveApplied } from './save-applied.js'
import { submitRuns } from './submit-runs.js'

let database: TestDatabase
let owner: Store
let engine: Store

beforeAll(async () => {
  database = await aDatabase()
  owner = openStore({ sealing: aRing, url: database.ownerUrl, max: 2, applicationName: 'spec-owner' })
  engine = openStore({ sealing: aRing, url: database.engineUrl, max: 10, applicationName: 'spec-engine' })
})
afterAll(async () => {
  await Promise.all([owner.close(), engine.close()])
  await database.drop()
})
beforeEach(async () => {
  await owner.pool.query('truncate run, idempotency, outbox, checkpoint, claim cascade')
})

const limits: ClaimLimits = { going: [], runsMax: 50, admissionsMax: 50, inFlightMax: 500, withDeadlines: true }
const submitMany = async (count: number, given: Parameters<typeof aSubmission>[0] = {}) => {
  const submissions = Array.from({ length: count }, () => aSubmission(given))
  await submitRuns(owner.pool, submissions)
  return submissions.map(({ runId }) => runId)
}
const signal = (runId: string, name = 'ping') =>
  ({
    runId,
    event: { type: 'SignalReceived', name, payload: null, by: 'x' },
    dedupKey: null,
    traceparent: null,
  }) as const
/** Claims, saves as running, commits. */
const admitAll = () =>
  inTransaction(engine.pool, async (tx) => {
    const { admitted } = await claimRuns(tx, limits)
    const runs = await readClaimedRuns(tx, admitted)
    await saveApplied(
      tx,
      runs.map((run) => anApplied(run)),
    )
    return admitted
  })

test('C1: two claimers that overlap never share a run, and each run is claimed', async () => {
  const ids = await submitMany(60)
  const seen: string[] = []
  const claimers = Array.from({ length: 6 }, async () => {
    for (let empty = 0; empty < 3;) {
      const got = await inTransaction(engine.pool, async (tx) => {
        const { admitted } = await claimRuns(tx, { ...limits, runsMax: 7, admissionsMax: 7 })
        const runs = await readClaimedRuns(tx, admitted)
        await saveApplied(
          tx,
          runs.map((run) => anApplied(run)),
        )
        return admitted
      })
      seen.push(...got)
      empty = got.length === 0 ? empty + 1 : 0
    }
  })
  await Promise.all(claimers)
  expect(seen.toSorted()).toEqual(ids.toSorted())
})

test('C2: under concurrent claimers each event is read exactly once', async () => {
  const ids = await submitMany(10)
  await admitAll()
  const applied: number[] = []
  let inserted = 0
  let feeding = true
  const feed = async () => {
    for (let round = 0; round < 40; round++) {
      await insertInbox(
        engine.pool,
        ids.map((id) => signal(id, `n${round}`)),
      )
      inserted += ids.length
    }
    feeding = false
  }
  const claimer = async () => {
    for (;;) {
      const wasFeeding = feeding
      const got = await inTransaction(engine.pool, async (tx) => {
        const { going } = await claimRuns(tx, { ...limits, runsMax: 4 })
        const runs = await readClaimedRuns(tx, going)
        const { events } = await readEvents(tx, going, { eventsMax: 30, bytesMax: 1_000_000 })
        const of = (runId: string) => events.filter((event) => event.runId === runId).map(({ inboxId }) => inboxId)
        await saveApplied(
          tx,
          runs.map((run) => anApplied(run, { inboxIds: of(run.runId), position: run.position + of(run.runId).length })),
        )
        return events.map(({ inboxId }) => inboxId)
      })
      applied.push(...got)
      const { rows } = await engine.pool.query<{ left: number }>('select count(*)::integer as left from inbox')
      if (!wasFeeding && rows[0]?.left === 0) return
    }
  }
  await Promise.all([feed(), claimer(), claimer(), claimer()])
  expect(applied).toHaveLength(inserted)
  expect(new Set(applied).size).toBe(inserted)
  const { rows } = await engine.pool.query<{ sum: number }>('select sum(position)::integer as sum from run')
  expect(rows[0]?.sum).toBe(inserted)
})

test('an event is inserted while a tick holds its run', async () => {
  const [id = ''] = await submitMany(1)
  await inTransaction(engine.pool, async (tx) => {
    await claimRuns(tx, limits)
    await insertInbox(engine.pool, [signal(id)])
    expect((await readEvents(tx, [id], { eventsMax: 9, bytesMax: 9999 })).events).toHaveLength(1)
  })
})

test('C4: going runs come before admissions and the cap of runs in flight holds', async () => {
  const going = await submitMany(5)
  await admitAll()
  await submitMany(20)
  await insertInbox(
    engine.pool,
    going.map((id) => signal(id)),
  )
  const claimed = await inTransaction(engine.pool, (tx) => claimRuns(tx, { ...limits, runsMax: 8, inFlightMax: 7 }))
  expect(claimed.going.toSorted()).toEqual(going.toSorted())
  expect(claimed.admitted).toHaveLength(2)
  const narrow = await inTransaction(engine.pool, (tx) => claimRuns(tx, { ...limits, runsMax: 6, inFlightMax: 100 }))
  expect(narrow.admitted).toHaveLength(1)
})

test('C4: a tenant with a thousand runs does not hold back one with two', async () => {
  await submitMany(1000, { tenant: 'big' })
  const small = await submitMany(2, { tenant: 'small' })
  const { admitted } = await inTransaction(engine.pool, (tx) => claimRuns(tx, { ...limits, admissionsMax: 10 }))
  expect(admitted).toHaveLength(10)
  expect(admitted).toEqual(expect.arrayContaining(small))
})

test('C4: who has nothing under way comes before a flood that waits longer, and long runs keep nobody from new ones', async () => {
  await owner.pool.query(
    `insert into tenant (id, name) values ('quiet', 'quiet'), ('long', 'long') on conflict do nothing`,
  )
  const few = { ...limits, admissionsMax: 1 }
  const admitOne = () => inTransaction(engine.pool, async (tx) => (await claimRuns(tx, few)).admitted[0])
  const under = async (tenant: string, count: number) => {
    await submitMany(count, { tenant })
    await owner.pool.query(`update run set status = 'running' where tenant_id = $1 and status = 'created'`, [tenant])
  }
  await under('acme', 9)
  await under('long', 40)
  const [first] = await submitMany(3)
  await submitMany(1, { tenant: 'long' })
  expect(await admitOne()).toBe(first)
  const [quiet] = await submitMany(1, { tenant: 'quiet' })
  expect(await admitOne()).toBe(quiet)
})

test('C4: urgent goes first, batch last, and waiting ages', async () => {
  const [batch = ''] = await submitMany(1, { priority: 2 })
  const [normal = ''] = await submitMany(1)
  const [urgent = ''] = await submitMany(1, { priority: 0 })
  const order = () =>
    inTransaction(engine.pool, async (tx) => (await claimRuns(tx, { ...limits, admissionsMax: 1 })).admitted)
  expect(await order()).toEqual([urgent])
  await owner.pool.query(`update run set order_key = order_key - 5000 where id = $1`, [batch])
  expect(await order()).toEqual([batch])
  await owner.pool.query(`delete from run where id = any($1)`, [[batch, urgent]])
  expect(await order()).toEqual([normal])
})

test('C4: with more tenants than one scan sees, the scan goes on where it stopped', async () => {
  const submissions = Array.from({ length: 250 }, (_, n) => aSubmission({ tenant: `t${String(n).padStart(3, '0')}` }))
  await submitRuns(owner.pool, submissions)
  const first = await inTransaction(engine.pool, (tx) => claimRuns(tx, { ...limits, admissionsMax: 1 }))
  expect(first.nextTenant).toBe('t199')
  const rest = { ...limits, runsMax: 60, admissionsMax: 60, fromTenant: first.nextTenant }
  const second = await inTransaction(engine.pool, (tx) => claimRuns(tx, rest))
  expect(second.admitted).toHaveLength(50)
  expect(second.nextTenant).toBe('')
})

test('a due deadline brings its run, unless deadlines are held back', async () => {
  const [id = ''] = await submitMany(1)
  await admitAll()
  await owner.pool.query(`update run set next_deadline_at = now() - interval '1 s' where id = $1`, [id])
  const claim = (withDeadlines: boolean) =>
    inTransaction(engine.pool, (tx) => claimRuns(tx, { ...limits, withDeadlines }))
  expect((await claim(false)).going).toEqual([])
  expect((await claim(true)).going).toEqual([id])
})

test('C5: a parked run is not claimed and its events do not clog the window', async () => {
  const [parked = '', other = ''] = await submitMany(2)
  await admitAll()
  await insertInbox(engine.pool, [signal(parked), signal(other)])
  await inTransaction(engine.pool, (tx) => parkRun(tx, parked, 'advance threw'))
  await insertInbox(engine.pool, [signal(parked, 'later')])
  const { rows } = await engine.pool.query('select from inbox where held')
  expect(rows).toHaveLength(2)
  const claim = () => inTransaction(engine.pool, (tx) => claimRuns(tx, { ...limits, going: [parked] }))
  expect((await claim()).going).toEqual([other])
  expect(await unparkRuns(engine.pool, [parked])).toBe(1)
  expect((await claim()).going.toSorted()).toEqual([parked, other].toSorted())
})

test('C5: what comes for a run while it is let go, or parked, is settled by the sweep', async () => {
  const [id = ''] = await submitMany(1)
  await admitAll()
  await inTransaction(engine.pool, (tx) => parkRun(tx, id, 'advance threw'))
  const held = async () => (await engine.pool.query('select held from inbox order by id')).rows.map((row) => row.held)
  await inTransaction(engine.pool, async (tx) => {
    await unparkRuns(tx, [id])
    await insertInbox(engine.pool, [signal(id)])
  })
  expect(await held()).toEqual([true])
  expect(await settleStrayEvents(engine.pool)).toBe(1)
  expect(await held()).toEqual([false])
  await inTransaction(engine.pool, async (tx) => {
    await parkRun(tx, id, 'advance threw')
    await insertInbox(engine.pool, [signal(id, 'later')])
  })
  expect(await held()).toEqual([true, false])
  expect([await settleStrayEvents(engine.pool), await held()]).toEqual([0, [true, true]])
})

test('C5: a suspect is claimed alone, and a save clears it', async () => {
  const [suspect = '', other = ''] = await submitMany(2)
  await owner.pool.query('update run set crashes = 1 where id = $1', [suspect])
  expect((await inTransaction(engine.pool, (tx) => claimRuns(tx, limits))).admitted).toEqual([other])
  await inTransaction(engine.pool, async (tx) => {
    expect(await claimSuspect(tx)).toBe(suspect)
    expect(await inTransaction(engine.pool, (second) => claimSuspect(second))).toBeNull()
    const [run] = await readClaimedRuns(tx, [suspect])
    if (run !== undefined) await saveApplied(tx, [anApplied(run, { state: aState(suspect) })])
  })
  expect(await inTransaction(engine.pool, (tx) => claimSuspect(tx))).toBeNull()
})

test('events are read oldest first within limits, and what is left is said', async () => {
  const [id = ''] = await submitMany(1)
  await insertInbox(
    engine.pool,
    ['a', 'b', 'c'].map((name) => signal(id, name)),
  )
  const read = (eventsMax: number, bytesMax: number) =>
    inTransaction(engine.pool, async (tx) => {
      const { events, more } = await readEvents(tx, [id], { eventsMax, bytesMax })
      return [events.map(({ event }) => (event.type === 'SignalReceived' ? event.name : event.type)).join(''), more]
    })
  expect(await read(2, 1e6)).toEqual(['ab', true])
  expect(await read(3, 1e6)).toEqual(['abc', false])
  expect(await read(9, 1)).toEqual(['a', true])
})

test('an event is dated by Postgres, and repeated ones with one key are taken once', async () => {
  const [id = ''] = await submitMany(1)
  const entry = { ...signal(id), dedupKey: 'reply:1' }
  await Promise.all(Array.from({ length: 8 }, () => insertInbox(engine.pool, [entry, entry])))
  const { events } = await inTransaction(engine.pool, (tx) => readEvents(tx, [id], { eventsMax: 9, bytesMax: 1e6 }))
  expect(events).toHaveLength(1)
  const { rows } = await engine.pool.query<{ at: Date }>('select at from inbox')
  expect(events[0]?.event.at).toBe(rows[0]?.at.getTime())
})

test('events of a run that does not exist are dropped and named', async () => {
  const [id = ''] = await submitMany(1)
  const unknown = aSubmission().runId
  expect(await insertInbox(engine.pool, [signal(unknown), signal(id)])).toEqual([unknown])
  expect((await engine.pool.query('select from inbox')).rowCount).toBe(1)
})

test('C8: a claim reads the runs that it is about, whatever the planner believes of the table', async () => {
  const ids = await submitMany(1_500)
  await owner.pool.query(`update run set status = 'completed', finished_at = now() where id <> all($1)`, [
    ids.slice(0, 40),
  ])
  await owner.pool.query(`update run set status = 'running' where id = any($1)`, [ids.slice(0, 40)])
  const tuplesOf = async (tx: Tx, table: string) => {
    const { rows } = await tx.query<{ read: number }>(
      `select sum(idx_tup_fetch)::integer + sum(seq_tup_read)::integer as read from pg_stat_xact_user_tables where relname = $1`,
      [table],
    )
    return rows[0]?.read ?? Number.NaN
  }
  const read = await inTransaction(engine.pool, async (tx) => {
    const { going } = await claimRuns(tx, { ...limits, going: ids.slice(0, 40), withDeadlines: false })
    expect(going).toHaveLength(40)
    return tuplesOf(tx, 'run')
  })
  expect(read).toBeLessThan(400)
})
