import type { WorkflowDefinition } from '@flotilla/engine'
import {
  activateTriggers,
  asTenant,
  registerDefinition,
  shippedTenant,
  inTransaction,
  readInput,
  readRun,
} from '@flotilla/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase, aRedis, type TestDatabase } from '../../../../tools/test-database.js'
import { fingerprintOf } from '../runs/idempotency.js'
import { aWorld, type World } from '../testing/a-world.js'

let database: TestDatabase
let world: World
const redis = aRedis()
beforeAll(async () => {
  database = await aDatabase()
  world = await aWorld(database, redis)
})
afterAll(async () => {
  await world.close()
  await database.drop()
})

const weekly = {
  kind: 'schedule',
  name: 'weekly',
  cron: '0 8 * * MON',
  timeZone: 'Europe/Berlin',
  input: { area: 'aml', dropped: 1 },
}
const check = (given: object = {}) => ({
  title: 'Compliance check',
  semantics: 1,
  input: { type: 'object', required: ['area'], additionalProperties: false, properties: { area: { type: 'string' } } },
  deadlineMs: null,
  triggers: [weekly],
  initial: 'done',
  states: [{ kind: 'end', name: 'done', status: 'completed' }],
  ...given,
})
const put = (name: string, given: object = {}, version = 1) =>
  world.ask('operator', 'PUT', `/workflows/${name}/versions/${version}`, check(given))
const triggersOf = async (workflow: string, key = 'operator') =>
  (await world.ask(key, 'GET', '/triggers')).body.items.filter((item: any) => item.workflow === workflow)

test('registering a version switches its triggers on, and a newer one replaces them', async () => {
  expect((await put('compliance')).status).toBe(201)
  const [first] = await triggersOf('compliance')
  expect(first).toEqual({
    workflow: 'compliance',
    version: 1,
    name: 'weekly',
    kind: 'schedule',
    enabled: true,
    shipped: false,
    cron: '0 8 * * MON',
    timeZone: 'Europe/Berlin',
    after: null,
    status: null,
    nextAt: expect.stringMatching(/T0[67]:00:00.000Z$/),
    lastFiredAt: null,
    lastRunId: null,
    lastError: null,
  })
  expect(new Date(first.nextAt).getUTCDay()).toBe(1)
  const completion = {
    kind: 'completion',
    name: 'after',
    workflow: 'gated',
    status: 'completed',
    input: { area: '"x"' },
  }
  expect((await put('compliance', { triggers: [completion] }, 2)).status).toBe(201)
  expect(await triggersOf('compliance')).toMatchObject([{ name: 'after', version: 2, after: 'gated', nextAt: null }])
  expect(await triggersOf('compliance', 'foreign')).toEqual([])
})

test.each([
  ['a cron expression that is none', { ...weekly, cron: '61 8 * * MON' }, '/triggers/0', 'SCHEDULE_INVALID'],
  ['a time zone that does not exist', { ...weekly, timeZone: 'Europe/Nowhere' }, '/triggers/0', 'SCHEDULE_INVALID'],
  ['an input that the workflow does not take', { ...weekly, input: { area: 7 } }, '/triggers/0/input/area', 'TYPE'],
  [
    'a mapping over what it cannot know',
    { kind: 'completion', name: 'a', workflow: 'gated', status: 'failed', input: { area: 'data.x' } },
    '/triggers/0',
    'EXPRESSION_INVALID',
  ],
])('%s is refused with what is wrong', async (_, trigger, pointer, code) => {
  const { status, body } = await put('refused', { triggers: [trigger] })
  expect(status).toBe(422)
  expect(body.code).toBe('DEFINITION_REFUSED')
  expect(body.errors).toMatchObject([{ pointer, code, detail: expect.any(String) }])
  expect(await triggersOf('refused')).toEqual([])
})

test('a schedule is switched off and on, by who may', async () => {
  await put('switched')
  const turn = (key: string, enabled: unknown, name = 'weekly') =>
    world.ask(key, 'PUT', `/triggers/switched/${name}`, { enabled })
  expect((await turn('submitter', false)).status).toBe(403)
  expect((await turn('operator', 'no')).status).toBe(400)
  expect((await turn('foreign', false)).body.code).toBe('TRIGGER_UNKNOWN')
  expect((await turn('operator', false, 'none')).status).toBe(404)
  expect((await turn('operator', false)).body).toMatchObject({ enabled: false, nextAt: null })
  expect((await turn('operator', true)).body).toMatchObject({ enabled: true, nextAt: expect.any(String) })
})

test('a schedule is fired by hand: its run is who did it', async () => {
  await put('by-hand')
  const { status, body, headers } = await world.ask('operator', 'POST', '/triggers/by-hand/weekly/fire')
  expect(status).toBe(202)
  expect(headers.get('location')).toBe(`/runs/${body.runId}`)
  const [stored, run] = await inTransaction(world.owner.pool, async (tx) => [
    await readInput(tx, body.runId),
    await readRun(tx, body.runId),
  ])
  expect(stored).toEqual({ input: { area: 'aml' } })
  expect(run).toMatchObject({ submittedBy: 'operator', traceId: body.traceId })
  expect(await triggersOf('by-hand')).toMatchObject([{ lastRunId: body.runId }])
  expect((await world.ask('reviewer', 'POST', '/triggers/by-hand/weekly/fire')).status).toBe(403)
  expect((await world.ask('foreign', 'POST', '/triggers/by-hand/weekly/fire')).status).toBe(404)
})

test('a completion is not fired by hand', async () => {
  const after = { kind: 'completion', name: 'after', workflow: 'gated', status: 'completed', input: { area: '"x"' } }
  await put('follows', { triggers: [after] })
  const { status, body } = await world.ask('operator', 'POST', '/triggers/follows/after/fire')
  expect([status, body.code]).toEqual([409, 'TRIGGER_NOT_FIREABLE'])
})

const waiting = {
  triggers: [],
  initial: 'hold',
  states: [
    {
      kind: 'human',
      name: 'hold',
      shows: {},
      deadlineMs: 60_000,
      transitions: ['approve', 'reject', 'adjust', 'timeout'].map((on) => ({ on, to: 'done' })),
    },
    { kind: 'end', name: 'done', status: 'completed' },
  ],
}
const submit = (workflow: string, area: string, headers: Record<string, string> = {}) =>
  world.ask('submitter', 'POST', '/runs', { workflow, input: { area } }, headers)

test('a limit that rejects answers 429 with when to come back, per value of its key, and leaves no run behind', async () => {
  const limited = { ...waiting, concurrency: { max: 1, behaviour: 'reject', key: 'input.area' } }
  expect((await put('rejecting', limited)).status).toBe(201)
  const first = await submit('rejecting', 'a', { 'idempotency-key': 'first' })
  expect(first.status).toBe(202)
  const refused = await submit('rejecting', 'a', { 'idempotency-key': 'second' })
  expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([
    429,
    'CONCURRENCY_LIMIT',
    '5',
  ])
  expect((await submit('rejecting', 'a', { 'idempotency-key': 'first' })).body.runId).toBe(first.body.runId)
  expect((await submit('rejecting', 'b')).status).toBe(202)
  const { rowCount } = await world.owner.pool.query(`select from run where workflow = 'rejecting'`)
  expect(rowCount).toBe(2)
})

test('a limit that queues accepts, and the run waits as created', async () => {
  expect((await put('queueing', { ...waiting, concurrency: { max: 1, behaviour: 'queue' } })).status).toBe(201)
  const runs = [await submit('queueing', 'a'), await submit('queueing', 'b')]
  expect(runs.map(({ status }) => status)).toEqual([202, 202])
  const { rows } = await world.owner.pool.query(`select slot_waits from run where workflow = 'queueing' order by id`)
  expect(rows).toEqual([{ slot_waits: false }, { slot_waits: true }])
  expect((await world.ask('submitter', 'GET', `/runs/${runs[1]?.body.runId}`)).body.status).toBe('created')
  const fork = await world.ask('operator', 'POST', `/runs/${runs[0]?.body.runId}/fork`, {})
  expect(fork.status).toBe(202)
  const forked = await world.owner.pool.query('select slot_waits from run where id = $1', [fork.body.runId])
  expect(forked.rows).toEqual([{ slot_waits: true }])
})

test('what ships is off until the tenant switches it on', async () => {
  const definition = { name: 'ships', version: 1, ...check() } as unknown as WorkflowDefinition
  const hash = fingerprintOf(definition as never)
  await asTenant(world.engine.pool, shippedTenant, async (tx) => {
    await registerDefinition(tx, { name: 'ships', version: 1, hash, definition, createdBy: 'spec' })
    await activateTriggers(
      tx,
      { name: 'ships', version: 1, hash, triggers: definition.triggers ?? [] },
      () => new Date(),
    )
  })
  expect(await triggersOf('ships')).toMatchObject([{ enabled: false, shipped: true, nextAt: null }])
  expect((await world.ask('operator', 'PUT', '/triggers/ships/weekly', { enabled: true })).status).toBe(200)
  expect(await triggersOf('ships')).toMatchObject([{ enabled: true, shipped: true, nextAt: expect.any(String) }])
  expect(await triggersOf('ships', 'foreign')).toMatchObject([{ enabled: false }])
})
