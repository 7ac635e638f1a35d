import { openStore, type Store } from '@flotilla/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeRetention, setRetention } from '../../../tools/fleet/retention.mjs'
import { aDatabase, aRing, type TestDatabase } from '../../../tools/test-database.js'
import { aSubmission } from '../../../libs/store/src/testing.js'
import { sweepRetention } from './sweep.js'

let database: TestDatabase
let owner: Store
let engine: Store
beforeAll(async () => {
  database = await aDatabase()
  owner = openStore({ sealing: aRing, url: database.ownerUrl, max: 2, applicationName: 'spec-owner' })
  engine = openStore({ sealing: aRing, url: database.engineUrl, max: 4, applicationName: 'spec-engine' })
})
afterAll(async () => {
  await Promise.all([owner.close(), engine.close()])
  await database.drop()
})

interface Ended {
  readonly tenant?: string
  readonly workflow?: string
  readonly status?: string
  readonly daysAgo?: number | null
  readonly parent?: string
}

/** A run as it is when it ended so many days ago (null: it goes on), with its data key. */
const aRun = async ({
  tenant = 'acme',
  workflow = 'desk',
  status = 'completed',
  daysAgo = 100,
  parent,
}: Ended = {}) => {
  await owner.pool.query('insert into tenant (id, name) values ($1, $1) on conflict do nothing', [tenant])
  const { runId } = aSubmission({})
  await owner.pool.query(
    `insert into run (id, tenant_id, workflow, version, definition_hash, status, order_key, input, submitted_by, trace_id,
       finished_at, parent_run_id, result, tags)
     values ($1, $2, $3, 1, 'hash', $4, 0, '"~sealed.1.x"', 'ann', 'trace', now() - make_interval(days => $5), $6, '{}', '{vip}')`,
    [runId, tenant, workflow, status, daysAgo, parent ?? null],
  )
  if (parent === undefined)
    await owner.pool.query(`insert into run_key (run_id, tenant_id, key_id, wrapped) values ($1, $2, 'k1', '\\x00')`, [
      runId,
      tenant,
    ])
  await owner.pool.query(
    `insert into vault.payload (ref, tenant_id, run_id, body) values ('vault:' || $1, $2, $1::uuid, 'v1.k1.x.y')`,
    [runId, tenant],
  )
  return runId
}
const failures: unknown[] = []
const sweep = (days: number | null) => sweepRetention(engine, days, (_, error) => void failures.push(error))
const isErased = async (runId: string): Promise<boolean> => {
  const { rows } = await owner.pool.query(
    `select erased_at is not null and input = 'null' and result is null and tags = '{}'
       and not exists (select from run_key k where k.run_id = r.id) and not exists (select from vault.payload p where p.run_id = r.id)
       as erased, erased_at from run r where id = $1`,
    [runId],
  )
  // Wholly, or not at all.
  expect(rows[0].erased).toBe(rows[0].erased_at !== null)
  return rows[0].erased
}
const erased = (runs: readonly string[]) => Promise.all(runs.map(isErased))

test('runs that ended long enough ago are erased with their keys, once, and it is in the audit', async () => {
  const old = await aRun()
  const others = await Promise.all([
    aRun({ daysAgo: 29 }),
    aRun({ status: 'running', daysAgo: null }),
    aRun({ status: 'parked', daysAgo: null }),
  ])
  expect(await sweep(null)).toBe(0)
  expect(await sweep(30)).toBe(1)
  expect(await sweep(30)).toBe(0)
  expect(await erased([old, ...others])).toEqual([true, false, false, false])
  const audit = 'select actor, action, subject, detail from audit where subject = $1'
  expect((await owner.pool.query(audit, [old])).rows).toEqual([
    { actor: 'retention', action: 'run.erased', subject: old, detail: { runs: 1, days: 30 } },
  ])
  expect(failures).toEqual([])
})

test('a family goes as one, when the last of it is old enough', async () => {
  const head = await aRun({ daysAgo: 50 })
  const child = await aRun({ parent: head, daysAgo: 10 })
  const going = await aRun({ daysAgo: 50 })
  await aRun({ parent: going, status: 'waiting', daysAgo: null })
  expect(await sweep(30)).toBe(0)
  expect(await sweep(5)).toBe(2) // this one, and the run of 29 days from before
  expect(await erased([head, child, going])).toEqual([true, true, false])
})

test('the rule of tenant and workflow counts before that of the tenant, and that before the setting', async () => {
  const runs = {
    letters: await aRun({ tenant: 'bank', workflow: 'letters', daysAgo: 10 }),
    kept: await aRun({ tenant: 'bank', workflow: 'archive', daysAgo: 10_000 }),
    desk: await aRun({ tenant: 'bank', daysAgo: 10 }),
    elsewhere: await aRun({ tenant: 'shop', daysAgo: 10 }),
  }
  await setRetention(database.ownerUrl, { tenant: 'bank', workflow: 'letters', days: 7 })
  await setRetention(database.ownerUrl, { tenant: 'bank', workflow: 'archive', days: null })
  await setRetention(database.ownerUrl, { tenant: 'bank', workflow: '', days: 90 })
  expect(await sweep(null)).toBe(1)
  expect(await erased(Object.values(runs))).toEqual([true, false, false, false])
  expect(await sweep(8)).toBe(1)
  expect(await erased(Object.values(runs))).toEqual([true, false, false, true])
  expect(await removeRetention(database.ownerUrl, { tenant: 'bank', workflow: '' })).toBe(true)
  expect(await sweep(8)).toBe(1)
  expect(await erased(Object.values(runs))).toEqual([true, false, true, true])
  expect(await setRetention(database.ownerUrl, { tenant: 'nobody', workflow: '', days: 1 })).toBe(false)
})

test('orchestrators that sweep at once erase each family once', async () => {
  const runs = await Promise.all(Array.from({ length: 10 }, () => aRun({ tenant: 'race' })))
  const counts = await Promise.all([sweep(30), sweep(30), sweep(30)])
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(10)
  const audit = `select count(*)::integer as n from audit where tenant_id = 'race'`
  expect((await owner.pool.query(audit)).rows).toEqual([{ n: runs.length }])
  expect(failures).toEqual([])
})
