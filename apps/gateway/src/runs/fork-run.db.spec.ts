import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase, aRedis, type TestDatabase } from '../../../../tools/test-database.js'
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

const aRunAtItsGate = async (): Promise<string> => {
  const { body } = await world.ask('submitter', 'POST', '/runs', { workflow: 'gated', input: { amount: 5 } })
  await world.settle(body.runId)
  return body.runId
}
const decide = async (runId: string, decision: string) => {
  await world.ask('reviewer', 'POST', `/runs/${runId}/hitl`, { decision })
  await world.settle(runId)
}
const fork = (runId: string, body?: object, key = 'operator') => world.ask(key, 'POST', `/runs/${runId}/fork`, body)
const view = async (runId: string) => (await world.ask('reviewer', 'GET', `/runs/${runId}`)).body

test('a finished run is forked from a checkpoint by number or label, and says where it comes from', async () => {
  const runId = await aRunAtItsGate()
  await decide(runId, 'approve')
  for (const checkpoint of [1, 'note']) {
    const { status, body, headers } = await fork(runId, { checkpoint })
    expect(status).toBe(202)
    expect(Object.keys(body).sort()).toEqual(['links', 'runId', 'traceId'])
    expect(headers.get('location')).toBe(`/runs/${body.runId}`)
    await world.settle(body.runId)
    expect(await view(body.runId)).toMatchObject({
      status: 'waiting',
      forkedFrom: { runId, checkpoint: 1 },
      waitingFor: { gate: 'review' },
    })
  }
  expect(await view(runId)).toMatchObject({ status: 'completed', forkedFrom: null })
})

test('the fork reads the changed input; artifacts of before the checkpoint stay readable in it', async () => {
  const runId = await aRunAtItsGate()
  const { body } = await fork(runId, { checkpoint: 1, input: { amount: 9, extra: 'dropped' } })
  await world.settle(body.runId)
  const state = (await world.ask('reviewer', 'GET', `/runs/${body.runId}/state`)).body
  expect(state).toMatchObject({ input: { amount: 9 }, data: { amount: 5 } })
  const [artifact] = (await world.ask('reviewer', 'GET', `/runs/${body.runId}/artifacts`)).body.items
  expect((await world.ask('reviewer', 'GET', artifact.href)).body).toBe('noted')
  const other = await fork(runId, { input: { amount: 9 } })
  await world.settle(other.body.runId)
  expect((await world.ask('reviewer', 'GET', `/runs/${other.body.runId}/state`)).body.data).toEqual({ amount: 9 })
})

test('a run and its fork go their own ways', async () => {
  const runId = await aRunAtItsGate()
  const { body } = await fork(runId, { checkpoint: 1 })
  await world.settle(body.runId)
  await decide(runId, 'reject')
  await decide(body.runId, 'approve')
  expect([(await view(runId)).status, (await view(body.runId)).status]).toEqual(['failed', 'completed'])
})

test('who changes the input counts as the submitter of the fork, else the submitter of the run', async () => {
  const runId = await aRunAtItsGate()
  const same = (await fork(runId, { checkpoint: 1 }, 'both')).body.runId
  const changed = (await fork(runId, { checkpoint: 1, input: { amount: 6 } }, 'both')).body.runId
  const { rows } = await world.owner.pool.query('select id, submitted_by, forked_by from run where forked_from = $1', [
    runId,
  ])
  expect(rows).toContainEqual({ id: same, submitted_by: 'submitter', forked_by: 'both' })
  expect(rows).toContainEqual({ id: changed, submitted_by: 'both', forked_by: 'both' })
})

test('a fork is refused without the scope, of a foreign run, at no checkpoint, where the run had ended, and with a bad input', async () => {
  const runId = await aRunAtItsGate()
  await decide(runId, 'reject')
  const { rows } = await world.owner.pool.query('select max(number) as last from checkpoint where run_id = $1', [runId])
  const refusals = [
    [await fork(runId, {}, 'submitter'), 403, 'SCOPE_MISSING'],
    [await fork(runId, {}, 'foreign'), 404, 'RUN_UNKNOWN'],
    [await fork(runId, { checkpoint: 'nope' }), 404, 'CHECKPOINT_UNKNOWN'],
    [await fork(runId, { checkpoint: rows[0].last }), 409, 'RUN_NOT_FORKABLE'],
    [await fork(runId, { checkpoint: 1, input: { amount: 0 } }), 400, 'CONTRACT_VIOLATED'],
  ] as const
  for (const [{ status, body }, ...expected] of refusals) expect([status, body.code]).toEqual(expected)
  const forks = await world.owner.pool.query('select 1 from run where forked_from = $1', [runId])
  expect(forks.rows).toEqual([])
})

test('a plan says what a fork or a rollback would do, and nothing happens', async () => {
  const runId = await aRunAtItsGate()
  await decide(runId, 'reject')
  const planned = { reused: ['note'], redone: ['review'], chargedAgain: [], compensated: [], blocked: [] }
  const forked = await fork(runId, { checkpoint: 1, input: { amount: 3 }, plan: true })
  expect([forked.status, forked.body]).toEqual([200, { plan: planned }])
  const resume = (body: object) => world.ask('operator', 'POST', `/runs/${runId}/resume`, { ...body, plan: true })
  const rolledBack = await resume({ checkpoint: 1, mode: 'rollback' })
  expect([rolledBack.status, rolledBack.body]).toEqual([200, { plan: planned }])
  expect((await resume({})).body.plan.blocked).toEqual([{ step: null, reason: 'nothing-to-resume' }])
  expect((await resume({ checkpoint: 9 })).body.code).toBe('CHECKPOINT_UNKNOWN')
  const { rows } = await world.owner.pool.query(
    `select 1 from inbox where run_id = $1 union all select 1 from run where forked_from = $1`,
    [runId],
  )
  expect(rows).toEqual([])
  const running = await aRunAtItsGate()
  const early = await world.ask('operator', 'POST', `/runs/${running}/resume`, { plan: true })
  expect([early.status, early.body.code]).toEqual([409, 'RUN_NOT_RESUMABLE'])
})

test('a failed run is abandoned for good, one that goes on is not', async () => {
  const runId = await aRunAtItsGate()
  const abandon = () => world.ask('operator', 'POST', `/runs/${runId}/resume`, { mode: 'abandon' })
  expect((await abandon()).status).toBe(409)
  await decide(runId, 'reject')
  expect((await abandon()).status).toBe(202)
  await world.settle(runId)
  expect(await view(runId)).toMatchObject({ status: 'cancelled', error: { code: 'REJECTED' } })
  expect((await abandon()).body.code).toBe('RUN_NOT_RESUMABLE')
})

test('the audit tells who forked what from where', async () => {
  const runId = await aRunAtItsGate()
  const { body } = await fork(runId, { checkpoint: 1 })
  const { rows } = await world.owner.pool.query(`select actor, action, detail from audit where subject = $1`, [
    body.runId,
  ])
  expect(rows).toEqual([
    { actor: 'operator', action: 'run.forked', detail: { from: runId, checkpoint: 1, version: 1 } },
  ])
})
