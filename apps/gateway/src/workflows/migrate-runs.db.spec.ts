import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase, aRedis, type TestDatabase } from '../../../../tools/test-database.js'
import { settleRun } from '../testing/settle-runs.js'
import { aWorld, gateWorkflow, type World } from '../testing/a-world.js'

let database: TestDatabase
let world: World
const redis = aRedis()
beforeAll(async () => {
  database = await aDatabase()
  world = await aWorld(database, redis)
  for (const [number, gate] of [
    [1, 'review'],
    [2, 'sign_off'],
  ] as const) {
    const path = `/workflows/mine/versions/${number}`
    const { status } = await world.ask('operator', 'PUT', path, version(number, gate))
    if (status !== 201) throw new Error(`version ${number} was answered with ${status}`)
  }
})
afterAll(async () => {
  await world.close()
  await database.drop()
})

const version = (number: number, gate: string) => ({
  ...gateWorkflow,
  name: 'mine',
  version: number,
  states: gateWorkflow.states.map((state) => {
    if (state.name === 'review') return { ...state, name: gate }
    return state.name === 'note' ? { ...state, transitions: [{ on: 'done', to: gate }] } : state
  }),
})
const ask = (path: string, body: object = {}, key = 'operator') => world.ask(key, 'POST', path, body)
const aRunAtItsGate = async (): Promise<string> => {
  const { body } = await world.ask('submitter', 'POST', '/runs', { workflow: 'mine', input: { amount: 5 }, version: 1 })
  await settleRun(world.engine, { ...gateWorkflow, ...version(1, 'review') }, body.runId)
  return body.runId
}
const inboxOf = async (runId: string) =>
  (await world.owner.pool.query('select event from inbox where run_id = $1', [runId])).rows
const mapping = { review: 'sign_off' }

test('a version is checked against where live runs stand, and those are migrated that can go on there', async () => {
  const runId = await aRunAtItsGate()
  const other = await aRunAtItsGate()
  const finding = { step: 'review', verdict: 'needs-mapping', code: 'STEP_GONE' }
  const concerned = { version: 1, status: 'waiting', verdict: 'needs-mapping', findings: [finding] }
  const check = await ask('/workflows/mine/versions/2/check')
  expect([check.status, check.body]).toEqual([
    200,
    {
      workflow: 'mine',
      version: 2,
      verdict: 'needs-mapping',
      safe: 0,
      needsMapping: 2,
      blocked: 0,
      runs: [
        { runId, ...concerned },
        { runId: other, ...concerned },
      ],
    },
  ])
  const mapped = await ask('/workflows/mine/versions/2/check', { mapping })
  expect(mapped.body).toMatchObject({ verdict: 'safe', safe: 2, runs: [] })

  const planned = await ask(`/runs/${runId}/migrate`, { version: 2, plan: true })
  expect([planned.status, planned.body]).toEqual([200, { plan: { verdict: 'needs-mapping', findings: [finding] } }])
  const refused = await ask(`/runs/${runId}/migrate`, { version: 2 })
  expect([refused.status, refused.body.code, refused.body.errors]).toEqual([
    409,
    'RUN_NOT_MIGRATABLE',
    [{ pointer: '/mapping', code: 'STEP_GONE', detail: 'review' }],
  ])
  const dry = await ask('/workflows/mine/migrate', { to: 2, mapping, dryRun: true })
  expect(dry.body).toMatchObject({ matched: 2, done: 0, verdict: 'safe' })
  expect([...(await inboxOf(runId)), ...(await inboxOf(other))]).toEqual([])

  const accepted = await ask(`/runs/${runId}/migrate`, { version: 2, mapping })
  expect([accepted.status, accepted.body]).toEqual([202, { runId }])
  expect(await inboxOf(runId)).toMatchObject([
    { event: { type: 'RunMigrated', by: 'operator', from: { version: 1 }, to: { version: 2 }, mapping } },
  ])
  const all = await ask('/workflows/mine/migrate', { from: 1, to: 2, mapping })
  expect(all.body).toMatchObject({ matched: 2, done: 2 })
  const { rows } = await world.owner.pool.query(`select detail from audit where subject = $1`, [other])
  expect(rows).toEqual([{ detail: { from: 1, to: 2 } }])
})

test('nobody migrates without the scope, a foreign run, to no version, or by a mapping that names no steps', async () => {
  const runId = await aRunAtItsGate()
  const path = `/runs/${runId}/migrate`
  const answers = [
    [await ask(path, { version: 2 }, 'submitter'), 403, 'SCOPE_MISSING'],
    [await ask(path, { version: 2 }, 'foreign'), 404, 'RUN_UNKNOWN'],
    [await ask(path, { version: 9 }), 404, 'WORKFLOW_VERSION_UNKNOWN'],
    [await ask(path, { version: 2, mapping: { review: 3 } }), 400, 'CONTRACT_VIOLATED'],
    [await ask('/workflows/nope/versions/2/check'), 404, 'WORKFLOW_UNKNOWN'],
  ] as const
  for (const [{ status, body }, ...expected] of answers) expect([status, body.code]).toEqual(expected)
  expect(await inboxOf(runId)).toEqual([])
})

test('a run is forked under another version with a mapping, and not without', async () => {
  const runId = await aRunAtItsGate()
  const refused = await ask(`/runs/${runId}/fork`, { checkpoint: 1, version: 2 })
  expect([refused.status, refused.body.code]).toEqual([409, 'RUN_NOT_MIGRATABLE'])
  const { status, body } = await ask(`/runs/${runId}/fork`, { checkpoint: 1, version: 2, mapping })
  expect(status).toBe(202)
  const { rows } = await world.owner.pool.query('select version, forked_mapping as mapping from run where id = $1', [
    body.runId,
  ])
  expect(rows).toEqual([{ version: 2, mapping }])
})
