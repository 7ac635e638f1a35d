import { openWebhookSecret } from '@flotilla/queues'
import { claimDeliveries, findBrokenAudit, asTenant, disableWebhook, markAttempt } from '@flotilla/store'
import { keyOfSecret } from '@flotilla/webhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aDatabase, aRedis, type TestDatabase } from '../../../../tools/test-database.js'
import { aWorld, type World } from '../testing/a-world.js'

let database: TestDatabase
let world: World
const redis = aRedis()
beforeAll(async () => {
  database = await aDatabase()
  world = await aWorld(database, redis, { WEBHOOK_HOSTS_ALLOWED: '127.0.0.1:9000' })
})
afterAll(async () => {
  await world.close()
  await database.drop()
})

const url = 'https://receiver.dev/hook'
const ask = (method: string, path: string, body?: unknown, key = 'operator') => world.ask(key, method, path, body)
const register = async (given: object = {}) => (await ask('POST', '/webhooks', { url, ...given })).body

describe('registering', () => {
  test('gives the secret once, and keeps it sealed', async () => {
    const { status, body, headers } = await ask('POST', '/webhooks', {
      url: 'https://BÜCHER.dev/hook?a=1',
      types: ['run.completed'],
      workflows: ['gated'],
      description: 'books',
    })
    expect(status).toBe(201)
    expect(headers.get('location')).toBe(`/webhooks/${body.id}`)
    expect(headers.get('cache-control')).toBe('no-store')
    const { secret, ...shown } = body
    expect(keyOfSecret(secret)).toHaveLength(32)
    expect(shown).toEqual({
      id: expect.any(String),
      url: 'https://xn--bcher-kva.dev/hook?a=1',
      types: ['run.completed'],
      workflows: ['gated'],
      description: 'books',
      enabled: true,
      disabledReason: null,
      previousSecretUntil: null,
      pending: 0,
      createdAt: expect.stringMatching(/\.\d{3}Z$/),
      createdBy: 'operator',
    })
    expect((await ask('GET', `/webhooks/${body.id}`)).body).toEqual(shown)
    expect((await ask('GET', '/webhooks')).body).toEqual({ items: [shown], nextCursor: null })
    const { rows } = await world.owner.pool.query('select secret from webhook_endpoint where id = $1', [body.id])
    expect(rows[0].secret).not.toContain(secret.slice(6, 20))
    expect(openWebhookSecret(world.gateway.sealer, body.id, rows[0].secret)).toBe(secret)
    expect(() => openWebhookSecret(world.gateway.sealer, 'another', rows[0].secret)).toThrow('SEAL_BROKEN')
  })
  test.each([
    ['http', { url: 'http://receiver.dev/' }, '/url', 'URL_SCHEME'],
    ['an address inside', { url: 'https://[::ffff:7f00:1]/' }, '/url', 'URL_ADDRESS'],
    ['a name inside', { url: 'https://localhost./' }, '/url', 'URL_HOST'],
    ['a password', { url: 'https://a:b@receiver.dev/' }, '/url', 'URL_CREDENTIALS'],
    ['another port', { url: 'https://receiver.dev:8443/' }, '/url', 'URL_PORT'],
    ['no URL', {}, '/url', 'IS_STRING'],
    ['a type that nobody tells', { url, types: ['run.exploded'] }, '/types', 'IS_IN'],
    ['a secret of its own', { url, secret: 'whsec_x' }, '/secret', 'UNKNOWN_MEMBER'],
    ['a tenant', { url, tenantId: 'rival' }, '/tenantId', 'UNKNOWN_MEMBER'],
  ])('with %s is refused', async (_, body, pointer, code) => {
    const answer = await ask('POST', '/webhooks', body)
    expect([answer.status, answer.body.code]).toEqual([400, 'CONTRACT_VIOLATED'])
    expect(answer.body.errors).toContainEqual({ pointer, code, detail: expect.any(String) })
  })
  test('of a host on the list is accepted, whatever its scheme', async () => {
    expect((await ask('POST', '/webhooks', { url: 'http://127.0.0.1:9000/hook' })).status).toBe(201)
  })
  test('is for keys with the scope', async () => {
    expect((await ask('POST', '/webhooks', { url }, 'submitter')).body.code).toBe('SCOPE_MISSING')
    expect((await ask('GET', '/webhooks', undefined, 'reviewer')).status).toBe(403)
  })
  test('beyond the fiftieth is refused', async () => {
    let status = 201
    for (let n = 0; n < 51 && status === 201; n += 1)
      status = (await ask('POST', '/webhooks', { url }, 'foreign')).status
    expect(status).toBe(409)
    expect((await ask('GET', '/webhooks', undefined, 'foreign')).body.items).toHaveLength(50)
  })
})

describe('an endpoint', () => {
  test('gets a second secret that holds beside the first', async () => {
    const { id, secret } = await register()
    const { status, body } = await ask('POST', `/webhooks/${id}/rotate`)
    expect(status).toBe(200)
    expect(body.secret).not.toBe(secret)
    const inMs = new Date(body.previousSecretUntil).getTime() - Date.now()
    expect(Math.abs(inMs - 24 * 3_600_000)).toBeLessThan(60_000)
    await ask('POST', `/webhooks/${id}/test`)
    const secrets = (await claimAll()).find(({ endpointId }) => endpointId === id)?.secrets ?? []
    expect(secrets.map((sealed) => openWebhookSecret(world.gateway.sealer, id, sealed))).toEqual([body.secret, secret])
    const at = await ask('POST', `/webhooks/${id}/rotate`, { overlapMs: 0 })
    expect(at.body.previousSecretUntil).toBeNull()
    expect((await ask('POST', `/webhooks/${id}/rotate`, { overlapMs: 1e12 })).status).toBe(400)
  })
  test('that asked not to be told any more can be enabled again', async () => {
    const { id } = await register()
    await disableWebhook(world.engine.pool, id, 'GONE')
    expect((await ask('GET', `/webhooks/${id}`)).body).toMatchObject({ enabled: false, disabledReason: 'GONE' })
    expect((await ask('POST', `/webhooks/${id}/test`)).body.code).toBe('WEBHOOK_DISABLED')
    expect((await ask('POST', `/webhooks/${id}/enable`)).body).toMatchObject({ enabled: true, disabledReason: null })
    expect((await ask('POST', `/webhooks/${id}/test`)).status).toBe(202)
  })
  test('is deleted once', async () => {
    const { id } = await register()
    const gone = await ask('DELETE', `/webhooks/${id}`)
    expect([gone.status, gone.body]).toEqual([204, ''])
    expect((await ask('DELETE', `/webhooks/${id}`)).body.code).toBe('WEBHOOK_UNKNOWN')
  })
  test.each([
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/rotate'],
    ['POST', '/enable'],
    ['POST', '/test'],
    ['GET', '/deliveries'],
    ['POST', '/deliveries/01941f29-7c00-7000-8000-000000000000/redeliver'],
  ])('of another tenant is unknown to %s %s', async (method, path) => {
    const { id } = await register()
    for (const one of [id, '01941f29-7c00-7000-8000-000000000000', 'x'])
      expect((await ask(method, `/webhooks/${one}${path}`, undefined, 'foreign')).status).toBe(404)
    expect((await ask('GET', `/webhooks/${id}`)).body).toMatchObject({ enabled: true, previousSecretUntil: null })
  })
})

const claimAll = () =>
  claimDeliveries(world.engine.pool, {
    limit: 100,
    perEndpointMax: 100,
    perTenantMax: 100,
    underWay: [],
    claimMs: 60_000,
  })

describe('deliveries', () => {
  test('are listed newest first, by page and status, with what came of them, and are sent again', async () => {
    const { id } = await register()
    const owed = []
    for (let n = 0; n < 3; n += 1) owed.push((await ask('POST', `/webhooks/${id}/test`)).body.deliveryId)
    const claimed = (await claimAll()).filter(({ endpointId }) => endpointId === id)
    expect(claimed).toHaveLength(3)
    const last = { id: owed[2], attempt: 1, tookMs: 12 }
    await markAttempt(world.engine.pool, { ...last, status: 500, error: 'STATUS', nextInMs: 5_000 })
    await markAttempt(world.engine.pool, { ...last, id: owed[1], status: 200, error: null, nextInMs: null })
    const first = await ask('GET', `/webhooks/${id}/deliveries?limit=2`)
    expect(first.body.items.map((item: any) => item.id)).toEqual([owed[2], owed[1]])
    expect(first.body.items[0]).toEqual({
      id: owed[2],
      eventId: expect.stringMatching(/^evt_test_/),
      type: 'webhook.test',
      runId: null,
      status: 'pending',
      attempts: 1,
      responseStatus: 500,
      error: 'STATUS',
      nextAttemptAt: expect.stringMatching(/Z$/),
      createdAt: expect.stringMatching(/Z$/),
      deliveredAt: null,
      log: [{ at: expect.stringMatching(/Z$/), status: 500, error: 'STATUS', tookMs: 12 }],
    })
    const rest = await ask('GET', `/webhooks/${id}/deliveries?limit=2&cursor=${first.body.nextCursor}`)
    expect(rest.body).toMatchObject({ items: [{ id: owed[0] }], nextCursor: null })
    const delivered = await ask('GET', `/webhooks/${id}/deliveries?status=delivered`)
    expect(delivered.body.items).toMatchObject([{ id: owed[1], responseStatus: 200, deliveredAt: expect.any(String) }])
    const again = await ask('POST', `/webhooks/${id}/deliveries/${owed[1]}/redeliver`)
    expect([again.status, again.body]).toEqual([202, { deliveryId: owed[1] }])
    const event = delivered.body.items[0].eventId
    expect(await claimAll()).toMatchObject([{ id: owed[1], eventId: event, attempt: 1 }])
    expect((await ask('POST', `/webhooks/${id}/deliveries/x/redeliver`)).body.code).toBe('DELIVERY_UNKNOWN')
    expect((await ask('GET', `/webhooks/${id}/deliveries?cursor=x`)).body.code).toBe('CURSOR_INVALID')
  })
})

test('every change is in the audit, without a secret', async () => {
  const { rows } = await world.owner.pool.query(`select action, detail from audit where action like 'webhook.%'`)
  expect(new Set(rows.map(({ action }) => action))).toEqual(
    new Set(['registered', 'rotated', 'enabled', 'tested', 'deleted', 'redelivered'].map((one) => `webhook.${one}`)),
  )
  expect(JSON.stringify(rows)).not.toContain('whsec_')
  expect(await asTenant(world.store.pool, 'acme', (tx) => findBrokenAudit(tx, 'acme'))).toBeNull()
})
