import { inTransaction, readEvents, readInput } from '@flotilla/store'
import { createHash, createHmac, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aDatabase, aRedis, type TestDatabase } from '../../../../tools/test-database.js'
import { aWorld, type World } from '../testing/a-world.js'

let database: TestDatabase
let world: World
const redis = aRedis()
beforeAll(async () => {
  database = await aDatabase()
  world = await aWorld(database, redis, { AUTH_FAILURES_BURST: '60', AUTH_FAILURES_PER_SECOND: '1' })
})
afterAll(async () => {
  await world.close()
  await database.drop()
})

interface Hook {
  readonly id: string
  readonly secret: string
}
let named = 0
const start = { workflow: 'gated', input: { amount: '{{ event.data.amount }}' } }
const ask = (method: string, path: string, body?: unknown, key = 'operator') => world.ask(key, method, path, body)
const register = async (given: object = { start }): Promise<Hook> => {
  const { status, body } = await ask('POST', '/hooks', { name: `hook-${(named += 1)}`, ...given })
  expect(status, JSON.stringify(body)).toBe(201)
  return body
}

interface Call {
  readonly id?: string
  readonly body?: string
  readonly at?: number
  readonly secrets?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}
/** Calls as other code would. */
const call = async (hook: Hook, given: Call = {}) => {
  const { id = `msg_${randomUUID()}`, body = '{"type":"order","data":{"amount":7}}', at = Date.now() } = given
  const timestamp = String(Math.floor(at / 1_000))
  const signature = (given.secrets ?? [hook.secret])
    .map((secret) => createHmac('sha256', Buffer.from(secret.slice(6), 'base64')).update(`${id}.${timestamp}.${body}`))
    .map((mac) => `v1,${mac.digest('base64')}`)
  const answer = await fetch(new URL(`/hooks/${hook.id}`, world.origin), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signature.join(' '),
      ...given.headers,
    },
    body,
  })
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as any }
}
const runs = (): Promise<any[]> =>
  inTransaction(world.owner.pool, async (tx) => {
    const { rows } = await tx.query(`select id, submitted_by as by from run order by id`)
    const opened: unknown[] = []
    for (const row of rows) opened.push({ ...row, ...(await readInput(tx, row.id)) })
    return opened
  })

describe('a call', () => {
  test('starts the run that the hook makes of the event', async () => {
    const hook = await register()
    const { status, body } = await call(hook)
    expect([status, body]).toEqual([202, { outcome: 'started', runId: expect.any(String), delivered: 0 }])
    const [run] = (await runs()).filter(({ id }) => id === body.runId)
    expect(run).toMatchObject({ input: { amount: 7 }, by: expect.stringMatching(/^hook:hook-\d+$/) })
    expect((await ask('GET', `/runs/${body.runId}`)).body.status).toBe('created')
  })
  test('R2: that is repeated gets the same answer and starts nothing, also at the same time', async () => {
    const hook = await register()
    const id = 'msg_1'
    const before = (await runs()).length
    const answers = await Promise.all(Array.from({ length: 12 }, () => call(hook, { id })))
    expect(new Set(answers.map(({ body }) => body.runId)).size).toBe(1)
    expect(answers.filter(({ headers }) => headers.get('webhook-replayed') === 'true')).toHaveLength(11)
    expect(await runs()).toHaveLength(before + 1)
    // Another hook has ids of its own.
    expect((await call(await register(), { id })).headers.get('webhook-replayed')).toBeNull()
  })
  test.each<[string, Call, string]>([
    ['with another secret', { secrets: [`whsec_${Buffer.alloc(32).toString('base64')}`] }, 'SIGNATURE_INVALID'],
    ['without a signature', { headers: { 'webhook-signature': '' } }, 'SIGNATURE_INVALID'],
    ['without an id', { headers: { 'webhook-id': '' } }, 'SIGNATURE_INVALID'],
    ['with a time that is none', { headers: { 'webhook-timestamp': 'now' } }, 'SIGNATURE_INVALID'],
    ['with another time than the signed one', { headers: { 'webhook-timestamp': '1' } }, 'SIGNATURE_INVALID'],
    ['that is six minutes old', { at: Date.now() - 360_000 }, 'TIMESTAMP_REFUSED'],
    ['that is six minutes ahead', { at: Date.now() + 360_000 }, 'TIMESTAMP_REFUSED'],
  ])('%s is refused with 401', async (_, given, code) => {
    const hook = await register()
    const before = (await runs()).length
    const { status, body } = await call(hook, given)
    expect([status, body.code]).toEqual([401, code])
    expect(await runs()).toHaveLength(before)
  })
  test('R1: whose body was changed on the way is refused, be it by a space', async () => {
    const hook = await register()
    const id = 'msg_2'
    const timestamp = String(Math.floor(Date.now() / 1_000))
    const mac = createHmac('sha256', Buffer.from(hook.secret.slice(6), 'base64')).update(`${id}.${timestamp}.{"a":1}`)
    const headers = { 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac.digest('base64')}` }
    expect((await call(hook, { id, headers, body: '{"a": 1}' })).body.code).toBe('SIGNATURE_INVALID')
  })
  test('of an id that nobody has is 404', async () => {
    const hook = await register()
    expect((await call({ ...hook, id: randomUUID() })).body.code).toBe('HOOK_UNKNOWN')
    expect((await call({ ...hook, id: 'x' })).status).toBe(404)
    await ask('DELETE', `/hooks/${hook.id}`)
    expect((await call(hook)).status).toBe(404)
  })
  test.each<[string, Call, number, string]>([
    ['no JSON', { body: '{' }, 400, 'MALFORMED_JSON'],
    ['a list', { body: '[]' }, 400, 'CONTRACT_VIOLATED'],
    ['a reach for the prototype', { body: '{"__proto__":{"x":1}}' }, 400, 'CONTRACT_VIOLATED'],
    ['too much', { body: `{"x":"${'a'.repeat(70_000)}"}` }, 413, 'BODY_TOO_LARGE'],
    ['what the workflow does not take', { body: '{"data":{"amount":0}}' }, 422, 'HOOK_NOT_MAPPED'],
    ['text', { headers: { 'content-type': 'text/plain' } }, 415, 'MEDIA_TYPE_UNSUPPORTED'],
  ])('with %s is refused, and may be repeated', async (_, given, status, code) => {
    const hook = await register()
    const id = `msg_${randomUUID()}`
    const answer = await call(hook, { ...given, id })
    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect((await call(hook, { id })).body.outcome).toBe('started')
  })
  test('of CloudEvents is taken as well', async () => {
    const hook = await register()
    const headers = { 'content-type': 'application/cloudevents+json' }
    expect((await call(hook, { headers })).body.outcome).toBe('started')
  })
  test('that the hook does not heed is answered and changes nothing', async () => {
    const hook = await register({ start, event: 'refund' })
    const before = (await runs()).length
    expect((await call(hook)).body).toEqual({ outcome: 'ignored', runId: null, delivered: 0 })
    expect(await runs()).toHaveLength(before)
  })
})

describe('a hook', () => {
  test('gives its events to runs that wait', async () => {
    const hook = await register({ signal: { name: 'paid', key: 'event.data.order' } })
    const { body: run } = await world.ask('submitter', 'POST', '/runs', { workflow: 'gated', input: { amount: 5 } })
    const hash = createHash('sha256').update('o-1').digest('hex').slice(0, 32)
    await world.owner.pool.query(
      `insert into subscription (run_id, step, visit, tenant_id, name, key_hash) values ($1, 'w', 1, 'acme', 'paid', $2)`,
      [run.runId, hash],
    )
    const body = '{"data":{"order":"o-1"}}'
    expect((await call(hook, { body })).body).toEqual({ outcome: 'delivered', runId: run.runId, delivered: 1 })
    const { events } = await inTransaction(world.owner.pool, (tx) =>
      readEvents(tx, [run.runId], { eventsMax: 10, bytesMax: 100_000 }),
    )
    expect(events).toMatchObject([
      { event: { type: 'SignalReceived', name: 'paid', payload: { data: { order: 'o-1' } } } },
    ])
    expect((await call(hook, { body })).body).toEqual({ outcome: 'kept', runId: null, delivered: 0 })
  })
  test('whose secret is rotated takes both until the overlap is over', async () => {
    const hook = await register()
    const { body: rotated } = await ask('POST', `/hooks/${hook.id}/rotate`)
    expect((await call(hook)).status).toBe(202)
    expect((await call(rotated)).status).toBe(202)
    const { body: last } = await ask('POST', `/hooks/${hook.id}/rotate`, { overlapMs: 0 })
    expect((await call(rotated)).status).toBe(401)
    expect((await call(last)).status).toBe(202)
  })
  test('is shown without its secret, to its tenant alone', async () => {
    const { id, secret, ...rest } = (await register({ start, when: 'event.data.amount > 1', description: 'd' })) as any
    const { body } = await ask('GET', `/hooks/${id}`)
    expect(body).toEqual({ id, ...rest })
    expect(body).toMatchObject({ url: `/hooks/${id}`, when: 'event.data.amount > 1', signal: null, start })
    const { rows } = await world.owner.pool.query('select secret from incoming_hook where id = $1', [id])
    expect(rows[0].secret).not.toContain(secret.slice(6, 20))
    expect((await ask('GET', '/hooks', undefined, 'foreign')).body.items).toEqual([])
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/rotate'],
    ] as const)
      expect((await ask(method, `/hooks/${id}${path}`, undefined, 'foreign')).body.code).toBe('HOOK_UNKNOWN')
  })
  test.each<[string, object, number, string]>([
    ['neither a run nor an event', {}, 400, 'CONTRACT_VIOLATED'],
    ['both', { start, signal: { name: 'paid', key: 'event.x' } }, 400, 'CONTRACT_VIOLATED'],
    ['an expression that does not compile', { start, when: 'event.x ==' }, 400, 'CONTRACT_VIOLATED'],
    [
      'an expression over what it cannot know',
      { start: { workflow: 'gated', input: { a: 'data.x' } } },
      400,
      'CONTRACT_VIOLATED',
    ],
    ['a mapping that is none', { start: { workflow: 'gated', input: { a: 7 } } }, 400, 'CONTRACT_VIOLATED'],
    ['a workflow that there is not', { start: { workflow: 'none', input: {} } }, 404, 'WORKFLOW_UNKNOWN'],
  ])('for %s is refused', async (_, given, status, code) => {
    const answer = await ask('POST', '/hooks', { name: 'refused', ...given })
    expect([answer.status, answer.body.code]).toEqual([status, code])
  })
  test('of a name that is taken is refused', async () => {
    await register({ start, name: 'shop' })
    expect((await ask('POST', '/hooks', { name: 'shop', start })).body.code).toBe('HOOK_EXISTS')
    expect((await ask('POST', '/hooks', { name: 'shop', start }, 'foreign')).status).toBe(201)
  })
})

test('R4: an address that guesses is slowed down', async () => {
  const hook = await register()
  const refusals = await Promise.all(
    Array.from({ length: 120 }, () => call(hook, { headers: { 'webhook-signature': 'v1,AAAA' } })),
  )
  expect(refusals.some(({ status }) => status === 429)).toBe(true)
  expect(refusals.every(({ status }) => status === 401 || status === 429)).toBe(true)
})
