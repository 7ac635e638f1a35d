import type { Trigger } from '@flotilla/engine'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { aDatabase, aRing, type TestDatabase } from '../../../../tools/test-database.js'
import { openStore, type Store } from '../open-store.js'
import { asTenant, inTransaction } from '../transaction.js'
import { registerDefinition, shippedTenant } from './definitions.js'
import {
  activateTriggers,
  advanceTriggers,
  claimDueTriggers,
  insertFirings,
  listTriggers,
  matchTriggers,
  readTrigger,
  switchTrigger,
  type Firing,
} from './triggers.js'

let database: TestDatabase
let owner: Store
let engine: Store
let gateway: Store

beforeAll(async () => {
  database = await aDatabase()
  owner = openStore({ sealing: aRing, url: database.ownerUrl, max: 2, applicationName: 'spec-owner' })
  engine = openStore({ sealing: aRing, url: database.engineUrl, max: 6, applicationName: 'spec-engine' })
  gateway = openStore({ sealing: aRing, url: database.gatewayUrl, max: 6, applicationName: 'spec-gateway' })
})
afterAll(async () => {
  await Promise.all([owner.close(), engine.close(), gateway.close()])
  await database.drop()
})
beforeEach(async () => {
  await owner.pool.query('truncate trigger, trigger_firing, workflow_definition, definition_content cascade')
})

const weekly = (given: Partial<Extract<Trigger, { kind: 'schedule' }>> = {}): Trigger => ({
  kind: 'schedule',
  name: 'weekly',
  cron: '0 8 * * MON',
  input: {},
  ...given,
})
const after = (workflow: string): Trigger => ({
  kind: 'completion',
  name: `after-${workflow}`,
  workflow,
  status: 'completed',
  input: {},
})
const soon = new Date('2030-01-07T08:00:00Z')

const register = (tenant: string, version: number, triggers: readonly Trigger[], nextAt = soon) =>
  asTenant((tenant === shippedTenant ? engine : gateway).pool, tenant, async (tx) => {
    const hash = `h${version}`
    await registerDefinition(tx, {
      name: 'check',
      version,
      hash,
      definition: { name: 'check' } as never, // triggers are not read from it
      createdBy: 'spec',
    })
    await activateTriggers(tx, { name: 'check', version, hash, triggers }, () => nextAt)
  })
const listed = async (tenant: string) =>
  (await asTenant(gateway.pool, tenant, listTriggers)).map(
    ({ name, version, enabled, shipped, nextAt }) =>
      `${name} v${version} ${enabled ? 'on' : 'off'}${shipped ? ' shipped' : ''} ${nextAt?.toISOString().slice(0, 10) ?? '-'}`,
  )

test("a newer version's triggers replace the older ones, and an older version that comes later changes nothing", async () => {
  await register('acme', 2, [weekly(), after('a')])
  expect(await listed('acme')).toEqual(['after-a v2 on -', 'weekly v2 on 2030-01-07'])
  await register('acme', 3, [weekly({ cron: '0 9 * * MON' }), after('b')], new Date('2030-02-04T09:00:00Z'))
  expect(await listed('acme')).toEqual(['after-b v3 on -', 'weekly v3 on 2030-02-04'])
  await register('acme', 1, [weekly(), after('c')])
  expect(await listed('acme')).toEqual(['after-b v3 on -', 'weekly v3 on 2030-02-04'])
  expect(await listed('rival')).toEqual([])
})

test('a schedule that a newer version leaves as it is keeps its next moment, and stays switched off', async () => {
  await register('acme', 1, [weekly(), weekly({ name: 'other' })])
  await asTenant(gateway.pool, 'acme', (tx) =>
    switchTrigger(tx, { workflow: 'check', name: 'other', enabled: false, nextAt: null }),
  )
  await register(
    'acme',
    2,
    [weekly({ input: { more: 1 } }), weekly({ name: 'other' })],
    new Date('2030-03-04T08:00:00Z'),
  )
  expect(await listed('acme')).toEqual(['other v2 off 2030-03-04', 'weekly v2 on 2030-01-07'])
})

test('of two versions registered at once the newer one is active', async () => {
  await Promise.all([1, 2, 3, 4].map((version) => register('acme', version, [weekly({ name: `w${version}` })])))
  expect(await listed('acme')).toEqual(['w4 v4 on 2030-01-07'])
})

test('what ships is off until a tenant switches it on, for that tenant alone, and follows newer versions', async () => {
  await register(shippedTenant, 1, [weekly()])
  expect(await listed('acme')).toEqual(['weekly v1 off shipped -'])
  expect(await inTransaction(engine.pool, (tx) => claimDueTriggers(tx, 10))).toEqual([])
  await asTenant(gateway.pool, 'acme', (tx) =>
    switchTrigger(tx, { workflow: 'check', name: 'weekly', enabled: true, nextAt: soon }),
  )
  expect(await listed('acme')).toEqual(['weekly v1 on shipped 2030-01-07'])
  expect(await listed('rival')).toEqual(['weekly v1 off shipped -'])
  await register(shippedTenant, 2, [weekly()], new Date('2030-05-06T08:00:00Z'))
  expect(await listed('acme')).toEqual(['weekly v2 on shipped 2030-01-07'])
  await register(shippedTenant, 3, [])
  expect(await listed('acme')).toEqual([])
})

test('a tenant can neither see nor switch the triggers of another, nor what ships for all', async () => {
  await register('acme', 1, [weekly()])
  await register(shippedTenant, 1, [weekly({ name: 'ships' })])
  const mine = await asTenant(gateway.pool, 'rival', async (tx) => {
    await switchTrigger(tx, { workflow: 'check', name: 'weekly', enabled: false, nextAt: null })
    const updated = await tx.query(`update trigger set next_at = now() where tenant_id in ('acme', '*')`)
    return [updated.rowCount, await readTrigger(tx, 'check', 'weekly')]
  })
  expect(mine).toEqual([0, null])
  expect(await listed('acme')).toContain('weekly v1 on 2030-01-07')
})

test('a due schedule is passed over while another orchestrator has it in hand', async () => {
  await register('acme', 1, [weekly()], new Date('2020-01-06T08:00:00Z'))
  await inTransaction(engine.pool, async (tx) => {
    expect(await claimDueTriggers(tx, 10)).toMatchObject([
      { tenant: 'acme', workflow: 'check', name: 'weekly', version: 1 },
    ])
    expect(await inTransaction(engine.pool, (second) => claimDueTriggers(second, 10))).toEqual([])
    await advanceTriggers(tx, [{ tenant: 'acme', workflow: 'check', name: 'weekly', nextAt: soon }])
  })
  expect(await inTransaction(engine.pool, (tx) => claimDueTriggers(tx, 10))).toEqual([])
  expect(await listed('acme')).toEqual(['weekly v1 on 2030-01-07'])
})

test('completion triggers are found by tenant, workflow and the way it ended', async () => {
  await register('acme', 1, [after('research')])
  const match = async (...end: [string, string, string]) =>
    (
      await inTransaction(engine.pool, (tx) =>
        matchTriggers(tx, [
          { tenant: end[0], workflow: end[1], status: end[2] },
          { tenant: end[0], workflow: end[1], status: end[2] },
        ]),
      )
    ).map(({ name }) => name)
  expect(await match('acme', 'research', 'completed')).toEqual(['after-research'])
  expect(await match('acme', 'research', 'failed')).toEqual([])
  expect(await match('rival', 'research', 'completed')).toEqual([])
})

test('a trigger goes off once for an occasion, whoever comes first, and the last run and error are told', async () => {
  await register('acme', 1, [weekly()])
  const firing = (given: Partial<Firing>): Firing => ({
    tenant: 'acme',
    workflow: 'check',
    name: 'weekly',
    occasion: 'monday',
    runId: '019a0000-0000-7000-8000-000000000001',
    error: null,
    ...given,
  })
  const fired = await Promise.all(
    Array.from({ length: 6 }, () => inTransaction(engine.pool, (tx) => insertFirings(tx, [firing({})]))),
  )
  expect(fired.flat()).toHaveLength(1)
  await inTransaction(engine.pool, (tx) =>
    insertFirings(tx, [firing({ occasion: 'tuesday', runId: null, error: 'INPUT_REFUSED' })]),
  )
  expect(await asTenant(gateway.pool, 'acme', (tx) => readTrigger(tx, 'check', 'weekly'))).toMatchObject({
    lastRunId: '019a0000-0000-7000-8000-000000000001',
    lastError: { code: 'INPUT_REFUSED', occasion: 'tuesday', at: expect.stringMatching(/^\d{4}-.*Z$/) },
  })
})
