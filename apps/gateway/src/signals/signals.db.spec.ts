import { inTransaction, readEvents } from '@flotilla/store'
import { createHash } from 'node:crypto'
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

const publish = (body: unknown, name = 'paid', key = 'submitter') => world.ask(key, 'POST', `/signals/${name}`, body)
const aWaiting = async (key: string): Promise<string> => {
  const { body } = await world.ask('submitter', 'POST', '/runs', { workflow: 'gated', input: { amount: 5 } })
  await world.owner.pool.query(
    `insert into subscription (run_id, step, visit, tenant_id, name, key_hash) values ($1, 'w', 1, 'acme', 'paid', $2)`,
    [body.runId, createHash('sha256').update(key).digest('hex').slice(0, 32)],
  )
  return body.runId
}

test('an event reaches the run that waits for it, and the next is kept', async () => {
  const runId = await aWaiting('INV-1')
  const { status, body } = await publish({ key: 'INV-1', payload: { amount: 5 } })
  expect([status, body]).toEqual([202, { name: 'paid', delivered: 1, kept: false }])
  const { events } = await inTransaction(world.owner.pool, (tx) =>
    readEvents(tx, [runId], { eventsMax: 10, bytesMax: 100_000 }),
  )
  const event = { type: 'SignalReceived', name: 'paid', key: 'INV-1', payload: { amount: 5 }, by: 'submitter' }
  expect(events).toMatchObject([{ event }])
  expect((await publish({ key: 'INV-1' })).body).toEqual({ name: 'paid', delivered: 0, kept: true })
  expect((await publish({ key: 'INV-1', keepForMs: 0 })).body).toEqual({ name: 'paid', delivered: 0, kept: false })
})

test('an event of another tenant reaches nobody', async () => {
  await aWaiting('INV-2')
  expect((await publish({ key: 'INV-2' }, 'paid', 'foreign')).body).toMatchObject({ delivered: 0, kept: true })
})

test.each([
  ['no key', {}, 'paid', 400, 'CONTRACT_VIOLATED'],
  ['an empty key', { key: '' }, 'paid', 400, 'CONTRACT_VIOLATED'],
  ['a time that is too long', { key: 'a', keepForMs: 1e12 }, 'paid', 400, 'CONTRACT_VIOLATED'],
  ['a member that nobody knows', { key: 'a', keys: 1 }, 'paid', 400, 'CONTRACT_VIOLATED'],
  ['a name that is none', { key: 'a' }, '1', 404, 'ROUTE_UNKNOWN'],
])('%s is refused', async (_, body, name, status, code) => {
  const answer = await publish(body, name)
  expect([answer.status, answer.body.code]).toEqual([status, code])
})

test('who may not write runs may not publish', async () => {
  expect((await publish({ key: 'a' }, 'paid', 'reviewer')).status).toBe(403)
})
