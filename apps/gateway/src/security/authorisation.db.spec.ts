import { createHash } from 'node:crypto'
import { createApiKey, openStore, type Store } from '@flotilla/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aDatabase, aRedis, type TestDatabase } from '../../../../tools/test-database.js'
import { keyOf } from '../testing/a-gateway.js'
import { aVictim, secretWord, type Victim } from '../testing/a-victim.js'
import { aWorld, type World } from '../testing/a-world.js'
import { databaseImage } from '../testing/database-image.js'
import { requestOf, routeCases, type Named } from '../testing/route-cases.js'

/** Tenants that hold every scope of their own: one has runs, one has nothing, one's principal is called like a victim's. */
const strangers = ['foreign', 'empty', 'namesake'] as const

let database: TestDatabase
let world: World
let victim: Victim
let seer: Store
const redis = aRedis()

const anOwnRun = async (): Promise<void> => {
  const { body } = await world.ask('foreign', 'POST', '/runs', { workflow: 'gated', input: { amount: 5 } })
  await world.settle(body.runId)
}
/** Deletes a run as nobody can in the product: with triggers and references off. */
const erase = async (runId: string): Promise<void> => {
  const client = await seer.pool.connect()
  await client.query(`set session_replication_role = replica`)
  for (const table of ['history', 'gate', 'checkpoint', 'artifact', 'inbox', 'outbox'])
    await client.query(`delete from ${table} where run_id = $1`, [runId])
  await client.query('delete from run where id = $1', [runId])
  client.release(true)
}

beforeAll(async () => {
  database = await aDatabase()
  world = await aWorld(database, redis)
  seer = openStore({ sealing: 'open', url: database.superuserUrl, max: 2, applicationName: 'spec-seer' })
  for (const [id, principal] of [
    ['empty', 'empty'],
    ['namesake', 'submitter'],
  ] as const)
    await createApiKey(world.owner, {
      id,
      tenant: id,
      principal,
      scopes: ['*'],
      secretHash: createHash('sha256').update(keyOf(id)).digest(),
    })
  victim = await aVictim(world)
  await anOwnRun()
  await erase(victim.deletedRunId)
})
afterAll(async () => {
  await world.close()
  await seer.close()
  await database.drop()
})

/** Asks, and reads a stream's status only. */
const ask = async (key: string, route: string, named: Named) => {
  const { method, path, body } = requestOf(route, named)
  if (routeCases[route]?.stream !== true) return world.ask(key, method, path, body)
  const abort = new AbortController()
  const answer = await fetch(new URL(path, world.origin), {
    headers: { authorization: `Bearer ${keyOf(key)}` },
    signal: abort.signal,
  })
  const ok = answer.status === 200
  const text = ok ? '' : await answer.text()
  abort.abort()
  return { status: answer.status, headers: answer.headers, body: ok ? '' : JSON.parse(text) }
}
const routesWith = (foreign: 404 | 'own' | 'fleet') =>
  Object.keys(routeCases).filter((route) => routeCases[route]?.foreign === foreign)
const guesses = (runId: string): readonly string[] => [
  '00000000-0000-0000-0000-000000000000',
  '01941f29-7c00-7000-8000-000000000000',
  `${runId.slice(0, -1)}${runId.endsWith('0') ? '1' : '0'}`,
  runId.toUpperCase(),
  runId.replaceAll('-', ''),
  `{${runId}}`,
  `${runId}'`,
  `${runId} `,
  `../runs/${runId}`,
  '1',
  '*',
  'null',
]

test('every route has its case, and every case its route', () => {
  const routes = world.routes.routes.filter(({ method }) => method !== 'HEAD')
  expect(Object.keys(routeCases).sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort())
})

test('its owner reaches every object, so that the refusals below mean something', async () => {
  for (const route of routesWith(404).filter((name) => name.startsWith('GET')))
    expect([route, (await ask('both', route, victim)).status]).toEqual([route, 200])
})

describe.each(strangers)('tenant %s', (stranger) => {
  test.each(routesWith(404))('gets 404 from %s of another, and changes nothing', async (route) => {
    const before = await databaseImage(seer.pool)
    const named: Named[] = [victim]
    if (route.includes(':runId'))
      for (const runId of [victim.deletedRunId, ...guesses(victim.runId)]) named.push({ ...victim, runId })
    for (const one of named) {
      const answer = await ask(stranger, route, one)
      const about = `${route} ${JSON.stringify(requestOf(route, one).path)}`
      const code = route.includes(':runId') ? 'RUN_UNKNOWN' : answer.body.code
      expect([about, answer.status, answer.body.code]).toEqual([about, 404, code])
      expect(JSON.stringify(answer.body)).not.toContain(secretWord)
    }
    expect(await databaseImage(seer.pool)).toEqual(before)
  })
  test.each(routesWith('own'))('sees and changes by %s only what is its own', async (route) => {
    const before = await databaseImage(seer.pool, 'acme')
    const answer = await ask(stranger, route, victim)
    expect(answer.status).toBeLessThan(500)
    expect(JSON.stringify(answer.body)).not.toContain(secretWord)
    expect(JSON.stringify(answer.body)).not.toContain(victim.runId)
    expect(await databaseImage(seer.pool, 'acme')).toEqual(before)
  })
})

describe('an object of another run or tenant', () => {
  test('is not read through a run of one’s own', async () => {
    const { body } = await world.ask('foreign', 'GET', '/runs')
    const own = body.items[0].runId
    for (const path of [`artifacts/${victim.artifactId}`, 'artifacts/note', 'checkpoints/99', 'checkpoints/1/diff/99'])
      expect([path, (await world.ask('foreign', 'GET', `/runs/${own}/${path}`)).status]).toEqual([path, 404])
    const before = await databaseImage(seer.pool, 'acme')
    const decided = await world.ask('foreign', 'POST', `/runs/${own}/hitl`, {
      decision: 'approve',
      gate: victim.gateId.replace('review', 'other'),
    })
    expect(decided.status).toBe(409)
    expect(await databaseImage(seer.pool, 'acme')).toEqual(before)
  })
  test('is not reached by a cursor or an event id that another tenant was given', async () => {
    await world.ask('submitter', 'POST', '/runs', { workflow: victim.workflow, input: { note: secretWord } })
    const { body: page } = await world.ask('submitter', 'GET', '/runs?limit=1')
    const next = await world.ask('foreign', 'GET', `/runs?cursor=${page.nextCursor}`)
    expect(JSON.stringify(next.body)).not.toContain(secretWord)
    expect(next.body.items.every(({ workflow }: { workflow: string }) => workflow !== victim.workflow)).toBe(true)
  })
  test('is not shown by a ticket of a key that could not read it', async () => {
    const { body } = await world.ask('foreign', 'POST', '/tickets')
    const path = `/runs/${victim.runId}/graph.svg?ticket=${body.ticket}`
    expect((await fetch(new URL(path, world.origin))).status).toBe(404)
  })
})

test('a deleted run is unknown to its owner too', async () => {
  for (const route of routesWith(404).filter((name) => name.includes(':runId'))) {
    const answer = await ask('both', route, { ...victim, runId: victim.deletedRunId })
    expect([route, answer.status]).toEqual([route, 404])
  }
})

test('none of it was an error of the gateway', () => {
  expect(world.errors).toEqual([])
})
