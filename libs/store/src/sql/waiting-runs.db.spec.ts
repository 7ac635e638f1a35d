import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase, aRing, type TestDatabase } from '../../../../tools/test-database.js'
import { openStore, type Store } from '../open-store.js'
import { aSubmission } from '../testing.js'
import { asTenant } from '../transaction.js'
import { submitRuns } from './submit-runs.js'
import { knowsIdempotencyKey, readWaitingRuns } from './waiting-runs.js'

let database: TestDatabase
let owner: Store
let gateway: Store

beforeAll(async () => {
  database = await aDatabase()
  owner = openStore({ sealing: aRing, url: database.ownerUrl, max: 1, applicationName: 'spec-owner' })
  gateway = openStore({ sealing: aRing, url: database.gatewayUrl, max: 2, applicationName: 'spec-gateway' })
})
afterAll(async () => {
  await Promise.all([owner.close(), gateway.close()])
  await database.drop()
})

test('the door counts what waits and what arrived, of every tenant', async () => {
  expect(await readWaitingRuns(gateway.pool, null)).toEqual({ tenants: [], newest: null })
  const of = (tenant: string, count: number) => Array.from({ length: count }, () => aSubmission({ tenant }))
  await owner.pool.query(
    `insert into tenant (id, name) values ('north', 'north'), ('south', 'south') on conflict do nothing`,
  )
  const first = [...of('north', 3), ...of('south', 1)]
  await submitRuns(gateway.pool, first)
  const before = await readWaitingRuns(gateway.pool, null)
  expect(before.newest).toBe(
    first
      .map(({ runId }) => runId)
      .toSorted()
      .at(-1),
  )
  expect(before.tenants.toSorted((a, b) => a.tenant.localeCompare(b.tenant))).toEqual([
    { tenant: 'north', waiting: 3, arrived: 0 },
    { tenant: 'south', waiting: 1, arrived: 0 },
  ])
  await submitRuns(gateway.pool, of('north', 2))
  await owner.pool.query(`update run set status = 'running' where tenant_id = 'south'`)
  expect((await readWaitingRuns(gateway.pool, before.newest)).tenants).toEqual([
    { tenant: 'north', waiting: 5, arrived: 2 },
  ])
})

test('a key is known to its own tenant, until it expires', async () => {
  await submitRuns(gateway.pool, [aSubmission({ tenant: 'north', idempotencyKey: 'k', fingerprint: 'f' })])
  const knows = (tenant: string, key: string) =>
    asTenant(gateway.pool, tenant, (tx) => knowsIdempotencyKey(tx, tenant, key))
  expect([await knows('north', 'k'), await knows('north', 'other'), await knows('south', 'k')]).toEqual([
    true,
    false,
    false,
  ])
  await owner.pool.query('update idempotency set expires_at = now()')
  expect(await knows('north', 'k')).toBe(false)
})
