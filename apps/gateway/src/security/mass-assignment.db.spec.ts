import { jsonSchemaOf } from '@flotilla/contracts'
import { inTransaction, openStore, readInput, type Store } from '@flotilla/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aDatabase, aRedis, type TestDatabase } from '../../../../tools/test-database.js'
import { aVictim, type Victim } from '../testing/a-victim.js'
import { aWorld, type World } from '../testing/a-world.js'
import { columnNames, databaseImage } from '../testing/database-image.js'
import { requestOf, routeCases } from '../testing/route-cases.js'

let database: TestDatabase
let world: World
let victim: Victim
let seer: Store
let columns: readonly string[]
const redis = aRedis()
beforeAll(async () => {
  database = await aDatabase()
  world = await aWorld(database, redis)
  seer = openStore({ sealing: 'open', url: database.superuserUrl, max: 2, applicationName: 'spec-seer' })
  victim = await aVictim(world)
  columns = await columnNames(seer.pool)
})
afterAll(async () => {
  await world.close()
  await seer.close()
  await database.drop()
})

const camel = (column: string): string => column.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
/** What takes any JSON, and keeps it as that: a signal's payload, and a hook's, which is read once its signature holds. */
const takesAnything = ['POST /runs/:runId/signals/:name', 'POST /hooks/:id']
/** Routes that take a body of a class. */
const routes = Object.keys(routeCases).filter(
  (route) => routeCases[route]?.body !== undefined && !takesAnything.includes(route),
)
/** What each body has of its own: a column that is called like one of these is no column there. */
const membersOf = (route: string): ReadonlySet<string> => {
  const declared = world.routes.routes.find(({ method, path }) => `${method} ${path}` === route)?.declaration.doc?.body
  const text = JSON.stringify(declared === undefined || declared === 'any' ? {} : jsonSchemaOf(declared))
  const own = [...text.matchAll(/"(\w+)":\{/g)].map(([, name]) => name ?? '')
  const definition = 'name version title description semantics input deadlineMs initial states triggers checkpoint'
  return new Set(declared === 'any' ? [...definition.split(' '), ...own] : own)
}

describe.each(routes)('%s', (route) => {
  test('takes no member that is called like a column, and changes nothing', async () => {
    const { method, path, body } = requestOf(route, victim)
    const own = membersOf(route)
    const names = [...new Set(columns.flatMap((column) => [column, camel(column)]))].filter((name) => !own.has(name))
    expect(names.length).toBeGreaterThan(columns.length / 2)
    const before = await databaseImage(seer.pool)
    for (const name of names) {
      const answer = await world.ask('both', method, path, { ...Object(body), [name]: 'x' })
      const definition = route.startsWith('PUT /workflows')
      expect([name, answer.status]).toEqual([name, definition ? 422 : 400])
      const pointers = answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)
      expect([name, pointers.includes(`/${name}`) || definition]).toEqual([name, true])
    }
    expect(await databaseImage(seer.pool)).toEqual(before)
  })
})

test('columns in the input of a run stay out of its row, and out of what its agents see', async () => {
  const input = Object.fromEntries(columns.map((column) => [column, 'injected']))
  const { status, body } = await world.ask('submitter', 'POST', '/runs', {
    workflow: 'gated',
    input: { ...input, amount: 5 },
  })
  expect(status).toBe(202)
  const { rows } = await seer.pool.query('select * from run where id = $1', [body.runId])
  expect(rows[0]).toMatchObject({
    tenant_id: 'acme',
    status: 'created',
    submitted_by: 'submitter',
  })
  // Sealed in its row: opened, it is what the contract names and nothing else.
  expect(await inTransaction(world.owner.pool, (tx) => readInput(tx, body.runId))).toEqual({ input: { amount: 5 } })
  expect(JSON.stringify(rows[0])).not.toContain('injected')
})

test('columns in the query and in headers choose no tenant', async () => {
  const query = columns.map((column) => `${column}=acme&${camel(column)}=acme`).join('&')
  const headers = { 'x-tenant': 'acme', 'x-tenant-id': 'acme', 'x-forwarded-user': 'submitter', tenant: 'acme' }
  for (const path of ['/runs', '/gates', '/dead-letters']) {
    const answer = await world.ask(
      'foreign',
      'GET',
      `${path}?${query.replaceAll(/&?(status|workflow|queue|code)=acme/g, '')}`,
      undefined,
      headers,
    )
    expect([path, answer.status, answer.body.items]).toEqual([path, 200, []])
  }
})

test('none of it was an error of the gateway', () => {
  expect(world.errors).toEqual([])
})
