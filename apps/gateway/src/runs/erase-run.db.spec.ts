import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore, type Store } from '@flotilla/store'
import { aDatabase, aRedis, type TestDatabase } from '../../../../tools/test-database.js'
import { aWorld, type World } from '../testing/a-world.js'

let database: TestDatabase
let world: World
let seer: Store
beforeAll(async () => {
  database = await aDatabase()
  world = await aWorld(database, aRedis())
  seer = openStore({ sealing: 'open', url: database.superuserUrl, max: 2, applicationName: 'spec-seer' })
})
afterAll(async () => {
  await Promise.all([world.close(), seer.close()])
  await database.drop()
})

const aRunAtItsGate = async (): Promise<string> => {
  const { body } = await world.ask('submitter', 'POST', '/runs', { workflow: 'gated', input: { amount: 5 } })
  await world.settle(body.runId)
  return body.runId
}
const decide = async (runId: string, decision: string): Promise<void> => {
  expect((await world.ask('reviewer', 'POST', `/runs/${runId}/hitl`, { decision, comment: 'seen' })).status).toBe(200)
  await world.settle(runId)
}
const erase = (runId: string, key = 'both') => world.ask(key, 'POST', `/runs/${runId}/erase`)
const rowsOf = async (sql: string, runId: string) => (await seer.pool.query(sql, [runId])).rows

test('a run that goes on, or whose fork does, is not erased', async () => {
  const runId = await aRunAtItsGate()
  expect((await erase(runId)).body.code).toBe('RUN_NOT_ERASABLE')
  const fork: string = (await world.ask('operator', 'POST', `/runs/${runId}/fork`, { checkpoint: 1 })).body.runId
  await world.settle(fork)
  await decide(runId, 'approve')
  expect((await erase(runId)).body.code).toBe('RUN_NOT_ERASABLE')
  await decide(fork, 'approve')
  const { status, body } = await erase(fork)
  expect([status, body.erased.toSorted()]).toEqual([200, [runId, fork].toSorted()])
})

test('what is erased is gone from every table with its key, and what remains says how the run went', async () => {
  const runId = await aRunAtItsGate()
  await decide(runId, 'approve')
  const events = (await world.ask('both', 'GET', `/runs/${runId}/events`, undefined, { accept: 'application/json' }))
    .body
  const sealed = `select count(*)::integer as n from (
    select to_jsonb(r) as row from run r where id = $1 union all select to_jsonb(h) from history h where run_id = $1
    union all select to_jsonb(g) from gate g where run_id = $1 union all select to_jsonb(a) from artifact a where run_id = $1
    union all select to_jsonb(c) from checkpoint c where run_id = $1 union all select to_jsonb(k) from run_key k where run_id = $1
  ) x where x.row::text like '%~sealed.%' or x.row ? 'wrapped'`
  expect((await rowsOf(sealed, runId))[0].n).toBe(6)
  expect((await erase(runId)).body).toEqual({ runId, erased: [runId] })
  expect(await rowsOf(sealed, runId)).toEqual([{ n: 0 }])

  const run = await world.ask('both', 'GET', `/runs/${runId}`)
  expect(run.body).toMatchObject({ status: 'completed', result: null, steps: [{ name: 'note', status: 'done' }, {}] })
  const again = await world.ask('both', 'GET', `/runs/${runId}/events`, undefined, { accept: 'application/json' })
  expect(again.body).toEqual(events)
  const { status, body } = await world.ask('both', 'GET', `/runs/${runId}/state`)
  expect([status, body.shared ?? null, JSON.stringify(body).includes('amount')]).toEqual([200, null, false])
  for (const [method, path] of [
    ['GET', 'checkpoints/1'],
    ['POST', 'fork'],
    ['POST', 'resume'],
  ] as const) {
    const answer = await world.ask('both', method, `/runs/${runId}/${path}`)
    expect([path, answer.status, answer.body.code]).toEqual([path, 410, 'RUN_ERASED'])
  }
})

test('is written down once, and asked for again is the same', async () => {
  const runId = await aRunAtItsGate()
  await decide(runId, 'reject')
  expect((await erase(runId)).status).toBe(200)
  expect((await erase(runId)).body).toEqual({ runId, erased: [runId] })
  expect(await rowsOf(`select actor, detail from audit where subject = $1 and action = 'run.erased'`, runId)).toEqual([
    { actor: 'both', detail: { runs: 1 } },
  ])
  expect((await erase(runId, 'operator')).body.code).toBe('SCOPE_MISSING')
})
