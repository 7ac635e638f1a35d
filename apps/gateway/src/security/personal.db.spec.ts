import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aDatabase, aRedis, type TestDatabase } from '../../../../tools/test-database.js'
import { aWorld, type World } from '../testing/a-world.js'

/** What is about people, and what says only how a run goes. Written by hand: a route that is in neither fails a test. */
const personal = ['/state', '/checkpoints/1', '/checkpoints/1/diff/1', '/items', '/artifacts/{artifact}']
const plain = ['', '/checkpoints', '/effects', '/artifacts', '/events', '/graph.svg']

let database: TestDatabase
let world: World
let runId = ''
let forkId = ''
let artifact = ''
beforeAll(async () => {
  database = await aDatabase()
  world = await aWorld(database, aRedis())
  runId = (await world.ask('submitter', 'POST', '/runs', { workflow: 'gated', input: { amount: 5 } })).body.runId
  await world.settle(runId)
  artifact = (await world.ask('operator', 'GET', `/runs/${runId}/artifacts`)).body.items[0].artifactId
  // Made by an operator, with an input of the operator's: its checkpoint still knows what the submitter gave.
  forkId = (await world.ask('operator', 'POST', `/runs/${runId}/fork`, { checkpoint: 1, input: { amount: 7 } })).body
    .runId
  await world.settle(forkId)
})
afterAll(async () => {
  await world.close()
  await database.drop()
})
const read = (key: string, of: string, way: string) =>
  world.ask(key, 'GET', `/runs/${of}${way.replace('{artifact}', artifact)}`, undefined, { accept: 'application/json' })
const statusOf = async (key: string, of: string, way: string) => {
  const { status, body } = await read(key, of, way)
  return status === 200 ? 200 : `${status} ${body.code}`
}

test('every reading of a run is either about people or not', () => {
  const templates = world.routes.routes
    .filter(({ method, path }) => method === 'GET' && path.startsWith('/runs/:runId'))
    .map(({ path }) => path.replace('/runs/:runId', ''))
  const templateOf = (way: string) =>
    way
      .replace('/1/diff/1', '/:from/diff/:to')
      .replace('/checkpoints/1', '/checkpoints/:checkpoint')
      .replace('{artifact}', ':artifactId')
  expect(templates.sort()).toEqual([...personal, ...plain].map(templateOf).sort())
})

describe.each(personal)('GET /runs/:runId%s', (way) => {
  test('is for who submitted the run, and for pii:read', async () => {
    for (const key of ['submitter', 'reviewer', 'both'])
      expect([key, await statusOf(key, runId, way)]).toEqual([key, 200])
    for (const key of ['operator', 'ann'])
      expect([key, await statusOf(key, runId, way)]).toEqual([key, '403 SCOPE_MISSING'])
    expect(await statusOf('foreign', runId, way)).toBe('404 RUN_UNKNOWN')
    const refused = await read('operator', runId, way)
    expect(refused.headers.get('www-authenticate')).toContain('scope="pii:read"')
    expect(JSON.stringify(refused.body)).not.toContain('amount')
  })
  test('of a fork does not come to whoever made it with another input', async () => {
    const answer = await statusOf('operator', forkId, way)
    expect(answer).toBe('403 SCOPE_MISSING')
  })
})

test.each(plain)('GET /runs/:runId%s is for runs:read', async (way) => {
  for (const key of ['submitter', 'reviewer', 'operator', 'ann'])
    expect([key, (await read(key, runId, way)).status]).toEqual([key, 200])
})

test('a result is seen with runs:read, as the interface says', async () => {
  await world.ask('reviewer', 'POST', `/runs/${runId}/hitl`, { decision: 'approve' })
  await world.settle(runId)
  expect((await read('operator', runId, '')).body.result).toEqual({ decision: 'approve' })
})
