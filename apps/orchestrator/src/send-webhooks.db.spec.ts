import { createHmac, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeSealer, sealWebhookSecret } from '@flotilla/queues'
import {
  asTenant,
  insertWebhook,
  inTransaction,
  openStore,
  oweWebhooks,
  type OwedEvent,
  type Store,
} from '@flotilla/store'
import { makeWebhookSecret } from '@flotilla/webhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aDatabase, type TestDatabase } from '../../../tools/test-database.js'
import { makeWebhookSender, type SendLimits } from './send-webhooks.js'

interface Received {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

const sealer = makeSealer({ current: 'k', keys: { k: Buffer.alloc(32, 3) } }, Buffer.alloc(32, 4))
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined } as never
let database: TestDatabase
let engine: Store
let gateway: Store
let owner: Store
let origin: string
let received: Received[] = []
let answer: (path: string, response: ServerResponse) => void
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  received.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString('utf8') })
  answer(request.url ?? '', response)
})

beforeAll(async () => {
  database = await aDatabase()
  const open = (url: string) => openStore({ sealing: 'open', url, max: 6, applicationName: 'spec' })
  engine = open(database.engineUrl)
  gateway = open(database.gatewayUrl)
  owner = open(database.ownerUrl)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // listening on TCP
})
beforeEach(async () => {
  await owner.pool.query('delete from webhook_endpoint')
  received = []
  answer = (_path, response) => void response.writeHead(204).end()
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await Promise.all([engine, gateway, owner].map((store) => store.close()))
  await database.drop()
})

const aSender = (limits: Partial<SendLimits> = {}, timeoutMs = 5_000) => {
  let room = (): void => undefined
  const sender = makeWebhookSender({
    store: engine,
    sealer,
    log: silent,
    limits: { sendsMax: 50, perTenantMax: 20, perEndpointMax: 4, ...limits },
    post: { policy: { ports: [443], hostsAllowed: [new URL(origin).host] }, resolve: async () => [], timeoutMs },
    onRoom: () => room(),
  })
  return {
    ...sender,
    /** Sends what is due until nothing is under way. */
    settle: async (sends: number) => {
      let ended = 0
      const all = new Promise<void>((resolve) => {
        room = () => {
          ended += 1
          if (ended === sends) resolve()
          else void sender.send()
        }
      })
      await sender.send()
      if (sends > 0) await all
    },
  }
}
const anEndpoint = async (path: string, tenant = 'acme') => {
  const id = randomUUID()
  const secret = makeWebhookSecret()
  const sealed = sealWebhookSecret(sealer, id, secret)
  const rest = { types: [], workflows: [], description: null, createdBy: 'x' }
  await asTenant(gateway.pool, tenant, (tx) =>
    insertWebhook(tx, { id, url: `${origin}${path}`, secret: sealed, ...rest }, 100),
  )
  return { id, secret }
}
const owe = async (count: number, tenantId = 'acme') => {
  const events = Array.from({ length: count }, (): OwedEvent => ({
    tenantId,
    eventId: `evt_${randomUUID()}`,
    type: 'run.completed',
    runId: randomUUID(),
    workflow: 'small',
    data: { status: 'completed' },
    occurredAt: 1_795_000_000_000,
  }))
  await inTransaction(engine.pool, (tx) => oweWebhooks(tx, events))
  return events
}
const rows = async () =>
  (await owner.pool.query('select status, attempts, error, event_id as id, next_at from webhook_delivery order by 4'))
    .rows
const due = () => owner.pool.query(`update webhook_delivery set next_at = now() where status = 'pending'`)

describe('a delivery', () => {
  test('is a CloudEvents event under a signature that other code finds right', async () => {
    const { secret } = await anEndpoint('/hook')
    const [event] = await owe(1)
    await aSender().settle(1)
    const [call] = received
    const headers = call?.headers ?? {}
    expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8')
    expect(JSON.parse(call?.body ?? '')).toEqual({
      specversion: '1.0',
      id: event?.eventId,
      source: 'urn:flotilla:acme',
      type: 'io.flotilla.run.completed',
      subject: event?.runId,
      time: new Date(1_795_000_000_000).toISOString(),
      datacontenttype: 'application/json',
      data: { status: 'completed' },
    })
    expect(headers['webhook-id']).toBe(event?.eventId)
    expect(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1_000)).toBeLessThan(60)
    const expected = createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
      .update(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${call?.body}`)
      .digest('base64')
    expect(headers['webhook-signature']).toBe(`v1,${expected}`)
    expect(await rows()).toMatchObject([{ status: 'delivered', attempts: 1 }])
  })
  test('that fails is due again after five seconds, under the same id with the same body', async () => {
    answer = (_path, response) => void response.writeHead(received.length < 3 ? 500 : 200).end()
    await anEndpoint('/hook')
    await owe(1)
    const sender = aSender()
    await sender.settle(1)
    const [row] = await rows()
    const pause = row.next_at.getTime() - Date.now()
    expect(pause).toBeGreaterThan(3_000)
    expect(pause).toBeLessThan(7_000)
    for (let n = 0; n < 2; n += 1) {
      await due()
      await sender.settle(1)
    }
    expect(await rows()).toMatchObject([{ status: 'delivered', attempts: 3 }])
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(new Set(received.map(({ body }) => body)).size).toBe(1)
  })
  test('that fails ten times is given up', async () => {
    answer = (_path, response) => void response.writeHead(500).end()
    await anEndpoint('/hook')
    await owe(1)
    const sender = aSender()
    for (let n = 0; n < 10; n += 1) {
      await due()
      await sender.settle(1)
    }
    expect(await rows()).toMatchObject([{ status: 'failed', attempts: 10, error: 'STATUS', next_at: null }])
    await due()
    await sender.settle(0)
    expect(received).toHaveLength(10)
  })
  test('H1: that was sent by a process that died before it was marked is sent again, under the same id', async () => {
    await anEndpoint('/hook')
    await owe(1)
    const dead = aSender()
    await owner.pool.query(
      'create function fail_mark() returns trigger language plpgsql as $$ begin if new.status = $q$delivered$q$ then raise exception $q$died$q$; end if; return new; end $$',
    )
    await owner.pool.query(
      'create trigger fail_mark before update on webhook_delivery for each row execute function fail_mark()',
    )
    await dead.settle(1)
    await owner.pool.query('drop trigger fail_mark on webhook_delivery')
    await owner.pool.query('drop function fail_mark')
    expect(await rows()).toMatchObject([{ status: 'pending', attempts: 1 }])
    await aSender().settle(0)
    expect(received).toHaveLength(1)
    await owner.pool.query('update webhook_delivery set claimed_until = now()')
    await aSender().settle(1)
    expect(await rows()).toMatchObject([{ status: 'delivered', attempts: 2 }])
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([
      received[0]?.headers['webhook-id'],
      received[0]?.headers['webhook-id'],
    ])
  })
  test('H4: that a stop cuts off is given back', async () => {
    const arrived = new Promise<void>((resolve) => (answer = () => resolve()))
    await anEndpoint('/hook')
    await owe(1)
    const sender = aSender()
    await sender.send()
    await arrived
    await sender.stop()
    expect(await rows()).toMatchObject([{ status: 'pending', attempts: 0, error: 'STOPPED' }])
    answer = (_path, response) => void response.writeHead(204).end()
    await aSender().settle(1)
    expect(await rows()).toMatchObject([{ status: 'delivered', attempts: 1 }])
  })
})

describe('an endpoint', () => {
  test('H3: that answers 410 is disabled, and what it was owed has failed', async () => {
    answer = (_path, response) => void response.writeHead(410).end()
    await anEndpoint('/hook')
    await owe(3)
    await aSender({ perEndpointMax: 1 }).settle(1)
    expect((await rows()).map(({ status, error }) => [status, error])).toEqual(Array(3).fill(['failed', 'GONE']))
    const endpoints = await owner.pool.query('select enabled, disabled_reason from webhook_endpoint')
    expect(endpoints.rows).toEqual([{ enabled: false, disabled_reason: 'GONE' }])
  })
  test('H2: that never answers holds up itself alone', async () => {
    answer = (path, response) => {
      if (path !== '/slow') response.writeHead(204).end()
    }
    await anEndpoint('/slow')
    await anEndpoint('/quick', 'rival')
    await owe(30)
    await owe(30, 'rival')
    const sender = aSender({ perEndpointMax: 3 })
    await sender.settle(30)
    const byPath = (path: string) => received.filter((call) => call.path === path).length
    expect([byPath('/slow'), byPath('/quick')]).toEqual([3, 30])
    await sender.stop()
  })
  test('whose secret no key of the ring opens is not asked, and its delivery says so', async () => {
    const { id } = await anEndpoint('/hook')
    await owner.pool.query(`update webhook_endpoint set secret = 'v1.gone.AAAA.AAAA' where id = $1`, [id])
    await owe(1)
    await aSender().settle(1)
    expect(await rows()).toMatchObject([{ status: 'pending', error: 'SECRET_UNREADABLE' }])
    expect(received).toEqual([])
  })
})
