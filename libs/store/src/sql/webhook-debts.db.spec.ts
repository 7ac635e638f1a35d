import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aDatabase, type TestDatabase } from '../../../../tools/test-database.js'
import { openStore, type Store } from '../open-store.js'
import { asTenant, inTransaction } from '../transaction.js'
import { anApplied, aSubmission } from '../testing.js'
import { claimRuns } from './claim-runs.js'
import { parkRun } from './parking.js'
import { readClaimedRuns } from './read-claimed.js'
import { saveApplied } from './save-applied.js'
import { submitRuns } from './submit-runs.js'
import {
  claimDeliveries,
  listDeliveries,
  markAttempt,
  oweWebhooks,
  oweWebhookTo,
  purgeDeliveries,
  redeliver,
  type ClaimDeliveries,
  type OwedEvent,
} from './webhook-debts.js'
import {
  deleteWebhook,
  disableWebhook,
  enableWebhook,
  insertWebhook,
  listWebhooks,
  rotateWebhook,
  type NewWebhook,
} from './webhooks.js'

let database: TestDatabase
let owner: Store
let gateway: Store
let engine: Store
beforeAll(async () => {
  database = await aDatabase()
  const open = (url: string) => openStore({ sealing: 'open', url, max: 6, applicationName: 'spec' })
  owner = open(database.ownerUrl)
  gateway = open(database.gatewayUrl)
  engine = open(database.engineUrl)
})
beforeEach(() => owner.pool.query('delete from webhook_endpoint'))
afterAll(async () => {
  await Promise.all([owner, gateway, engine].map((store) => store.close()))
  await database.drop()
})

const anEndpoint = async (tenant = 'acme', given: Partial<NewWebhook> = {}): Promise<string> => {
  const id = randomUUID()
  const webhook = {
    id,
    url: 'https://r.dev/',
    types: [],
    workflows: [],
    description: null,
    secret: 's1',
    createdBy: 'x',
  }
  await asTenant(gateway.pool, tenant, (tx) => insertWebhook(tx, { ...webhook, ...given }, 1_000))
  return id
}
const anEvent = (given: Partial<OwedEvent> = {}): OwedEvent => ({
  tenantId: 'acme',
  eventId: `evt_${randomUUID()}`,
  type: 'run.completed',
  runId: randomUUID(),
  workflow: 'small',
  data: { status: 'completed' },
  occurredAt: 1_795_000_000_123,
  ...given,
})
const owe = (...events: OwedEvent[]) => inTransaction(engine.pool, (tx) => oweWebhooks(tx, events))
const claim = (given: Partial<ClaimDeliveries> = {}) =>
  claimDeliveries(engine.pool, {
    limit: 100,
    perEndpointMax: 10,
    perTenantMax: 50,
    underWay: [],
    claimMs: 20_000,
    ...given,
  })
const mark = (id: string, attempt: number, given: Partial<Parameters<typeof markAttempt>[1]> = {}) =>
  markAttempt(engine.pool, { id, attempt, status: 200, error: null, tookMs: 5, nextInMs: null, ...given })
const deliveriesOf = (id: string, tenant = 'acme') =>
  asTenant(gateway.pool, tenant, (tx) => listDeliveries(tx, id, { status: null, before: null, limit: 100 }))
const passes = (what: string) => owner.pool.query(`update webhook_delivery set ${what} = now() - interval '1 second'`)

describe('an event', () => {
  test('W1: is owed to every endpoint of its tenant that asked for its type and its workflow, once', async () => {
    const all = await anEndpoint()
    const ends = await anEndpoint('acme', { types: ['run.failed', 'run.completed'] })
    const small = await anEndpoint('acme', { workflows: ['small'] })
    const others = [
      await anEndpoint('acme', { types: ['hitl.requested'] }),
      await anEndpoint('acme', { workflows: ['large'] }),
      await anEndpoint('rival'),
    ]
    const event = anEvent()
    await owe(event)
    await owe(event)
    const { rows } = await owner.pool.query('select endpoint_id from webhook_delivery')
    expect(rows.map((row) => row.endpoint_id).sort()).toEqual([all, ends, small].sort())
    expect(others.some((id) => rows.some((row) => row.endpoint_id === id))).toBe(false)
    expect(await deliveriesOf(all)).toMatchObject([
      { eventId: event.eventId, status: 'pending', attempts: 0, nextAt: expect.any(Date), log: [], error: null },
    ])
  })
  test('W1: stands in the transaction that saves the run: all or nothing', async () => {
    const endpoint = await anEndpoint()
    const submission = aSubmission()
    await submitRuns(gateway.pool, [submission])
    const save = async (fails: boolean) =>
      inTransaction(engine.pool, async (tx) => {
        const limits = { going: [], runsMax: 5, admissionsMax: 5, inFlightMax: 50, withDeadlines: true, fromTenant: '' }
        const { going, admitted } = await claimRuns(tx, limits)
        const [run] = await readClaimedRuns(tx, [...going, ...admitted])
        if (!run) throw new Error('nothing was claimed')
        await saveApplied(tx, [anApplied(run, { told: [anEvent({ runId: run.runId, eventId: 'evt_saved' })] })])
        if (fails) throw new Error('rolled back')
      })
    await expect(save(true)).rejects.toThrow('rolled back')
    expect(await deliveriesOf(endpoint)).toEqual([])
    await save(false)
    expect(await deliveriesOf(endpoint)).toMatchObject([{ eventId: 'evt_saved', runId: submission.runId }])
  })
  test('of a run that is parked is owed with it', async () => {
    const endpoint = await anEndpoint('acme', { types: ['run.parked'] })
    const submission = aSubmission()
    await submitRuns(gateway.pool, [submission])
    await inTransaction(engine.pool, (tx) => parkRun(tx, submission.runId, 'APPLY_FAILED'))
    const [told] = await claim()
    expect(told).toMatchObject({
      endpointId: endpoint,
      type: 'run.parked',
      runId: submission.runId,
      data: { runId: submission.runId, status: 'parked', errorCode: 'APPLY_FAILED', gate: null },
    })
  })
})

describe('a claim', () => {
  test('W2: gives a delivery to one sender, and to another when it is over', async () => {
    await anEndpoint()
    await owe(anEvent())
    const [first, second] = await Promise.all([claim(), claim()])
    expect([first.length, second.length].sort()).toEqual([0, 1])
    const [mine] = [...first, ...second]
    expect(mine).toMatchObject({ attempt: 1, secrets: ['s1'], url: 'https://r.dev/', tenantId: 'acme' })
    expect(mine?.occurredAt.getTime()).toBe(1_795_000_000_123)
    expect(await claim()).toEqual([])
    await passes('claimed_until')
    expect(await claim()).toMatchObject([{ id: mine?.id, eventId: mine?.eventId, attempt: 2 }])
  })
  test('W4: takes so many of an endpoint and of a tenant, what is under way included', async () => {
    const one = await anEndpoint()
    const two = await anEndpoint()
    const theirs = await anEndpoint('rival')
    for (let n = 0; n < 20; n += 1) await owe(anEvent(), anEvent({ tenantId: 'rival' }))
    const limits = { perEndpointMax: 4, perTenantMax: 6 }
    const claimed = await claim({ ...limits, underWay: [{ endpointId: one, tenantId: 'acme' }] })
    const count = (endpoint: string) => claimed.filter(({ endpointId }) => endpointId === endpoint).length
    expect(count(theirs)).toBe(4)
    expect(count(one)).toBeLessThanOrEqual(3)
    expect(count(two)).toBeLessThanOrEqual(4)
    expect(count(one) + count(two)).toBe(5)
    expect(await claim({ ...limits, underWay: claimed })).toMatchObject([{ tenantId: 'acme' }])
  })
  test('is bounded in all, and the tenant with little comes with the first', async () => {
    await anEndpoint()
    await anEndpoint('rival')
    for (let n = 0; n < 20; n += 1) await owe(anEvent())
    await owe(anEvent({ tenantId: 'rival' }))
    const claimed = await claim({ limit: 3 })
    expect(claimed).toHaveLength(3)
    expect(claimed.map(({ tenantId }) => tenantId)).toContain('rival')
  })
})

describe('an attempt', () => {
  test('that was taken ends the delivery', async () => {
    const endpoint = await anEndpoint()
    await owe(anEvent())
    const [mine] = await claim()
    await mark(mine?.id ?? '', 1)
    expect(await deliveriesOf(endpoint)).toMatchObject([
      {
        status: 'delivered',
        attempts: 1,
        nextAt: null,
        responseStatus: 200,
        deliveredAt: expect.any(Date),
        log: [{ at: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/), status: 200, error: null, tookMs: 5 }],
      },
    ])
    await passes('claimed_until')
    expect(await claim()).toEqual([])
  })
  test('that failed is repeated when its pause is over, and after the last the delivery has failed', async () => {
    const endpoint = await anEndpoint()
    await owe(anEvent())
    const [mine] = await claim()
    await mark(mine?.id ?? '', 1, { status: 500, error: 'STATUS', nextInMs: 5_000 })
    expect(await claim()).toEqual([])
    await passes('next_at')
    expect(await claim()).toMatchObject([{ attempt: 2 }])
    await mark(mine?.id ?? '', 2, { status: null, error: 'TIMEOUT', nextInMs: null })
    expect(await deliveriesOf(endpoint)).toMatchObject([
      { status: 'failed', attempts: 2, nextAt: null, error: 'TIMEOUT', log: [{ status: 500 }, { error: 'TIMEOUT' }] },
    ])
  })
  test('W3: of which a late failure is told changes nothing, and a late success counts', async () => {
    const endpoint = await anEndpoint()
    await owe(anEvent())
    const [mine] = await claim()
    await passes('claimed_until')
    await claim()
    await mark(mine?.id ?? '', 1, { status: 500, error: 'STATUS', nextInMs: null })
    expect(await deliveriesOf(endpoint)).toMatchObject([{ status: 'pending', attempts: 2 }])
    await mark(mine?.id ?? '', 1)
    expect(await deliveriesOf(endpoint)).toMatchObject([{ status: 'delivered' }])
    await mark(mine?.id ?? '', 2, { status: 500, error: 'STATUS', nextInMs: 1 })
    expect(await deliveriesOf(endpoint)).toMatchObject([{ status: 'delivered', log: [{ status: 200 }] }])
  })
  test('that is given back does not count', async () => {
    await anEndpoint()
    await owe(anEvent())
    const [mine] = await claim()
    await mark(mine?.id ?? '', 1, { status: null, error: 'STOPPED', nextInMs: 0, givenBack: true })
    expect(await claim()).toMatchObject([{ id: mine?.id, attempt: 1 }])
  })
  test('is kept among the last thirty', async () => {
    const endpoint = await anEndpoint()
    await owe(anEvent())
    for (let n = 1; n <= 33; n += 1) {
      const [mine] = await claim()
      await mark(mine?.id ?? '', n, { status: 500 + n, error: 'STATUS', nextInMs: 0 })
    }
    const [delivery] = await deliveriesOf(endpoint)
    expect(delivery?.log).toHaveLength(30)
    expect([delivery?.log[0]?.status, delivery?.log.at(-1)?.status]).toEqual([504, 533])
  })
})

describe('an endpoint', () => {
  test('that is disabled is owed nothing more, and what it was owed has failed', async () => {
    const endpoint = await anEndpoint()
    await owe(anEvent())
    await disableWebhook(engine.pool, endpoint, 'GONE')
    await owe(anEvent())
    expect(await claim()).toEqual([])
    expect(await deliveriesOf(endpoint)).toMatchObject([{ status: 'failed', error: 'GONE' }])
    const [row] = await asTenant(gateway.pool, 'acme', (tx) => listWebhooks(tx))
    expect(row).toMatchObject({ enabled: false, disabledReason: 'GONE', pending: 0 })
    const [{ id = '' } = {}] = await deliveriesOf(endpoint)
    expect(await asTenant(gateway.pool, 'acme', (tx) => redeliver(tx, endpoint, id))).toBe(false)
    await asTenant(gateway.pool, 'acme', (tx) => enableWebhook(tx, endpoint))
    expect(await asTenant(gateway.pool, 'acme', (tx) => redeliver(tx, endpoint, id))).toBe(true)
    expect(await claim()).toMatchObject([{ id, attempt: 1 }])
  })
  test('whose secret is rotated has two for the overlap, then one', async () => {
    const id = await anEndpoint()
    await asTenant(gateway.pool, 'acme', (tx) => rotateWebhook(tx, { id, secret: 's2', overlapMs: 60_000 }))
    await owe(anEvent(), anEvent())
    expect((await claim({ limit: 1 })).map(({ secrets }) => secrets)).toEqual([['s2', 's1']])
    await owner.pool.query(`update webhook_endpoint set previous_until = now() - interval '1 second'`)
    expect((await claim()).map(({ secrets }) => secrets)).toEqual([['s2']])
    await asTenant(gateway.pool, 'acme', (tx) => rotateWebhook(tx, { id, secret: 's3', overlapMs: 0 }))
    await owe(anEvent())
    expect((await claim()).map(({ secrets }) => secrets)).toEqual([['s3']])
  })
  test('is nobody’s but its tenant’s', async () => {
    const id = await anEndpoint()
    await owe(anEvent())
    const [{ id: delivery = '' } = {}] = await deliveriesOf(id)
    const asRival = <T>(work: Parameters<typeof asTenant<T>>[2]) => asTenant(gateway.pool, 'rival', work)
    expect(await asRival((tx) => listWebhooks(tx))).toEqual([])
    expect(await deliveriesOf(id, 'rival')).toEqual([])
    expect(await asRival((tx) => deleteWebhook(tx, id))).toBe(false)
    expect(await asRival((tx) => enableWebhook(tx, id))).toBeNull()
    expect(await asRival((tx) => rotateWebhook(tx, { id, secret: 'x', overlapMs: 0 }))).toBeNull()
    expect(await asRival((tx) => redeliver(tx, id, delivery))).toBe(false)
    const event = { endpointId: id, eventId: 'evt_x', type: 'webhook.test', data: {} }
    expect(await asRival((tx) => oweWebhookTo(tx, event))).toBeNull()
    expect(await asTenant(gateway.pool, 'acme', (tx) => oweWebhookTo(tx, event))).toEqual(expect.any(String))
  })
  test('takes its deliveries along', async () => {
    const id = await anEndpoint()
    await owe(anEvent())
    expect(await asTenant(gateway.pool, 'acme', (tx) => deleteWebhook(tx, id))).toBe(true)
    expect((await owner.pool.query('select from webhook_delivery')).rowCount).toBe(0)
  })
  test('beyond the most is refused', async () => {
    await anEndpoint()
    const one = { id: randomUUID(), url: 'u', types: [], workflows: [], description: null, secret: 's', createdBy: 'x' }
    expect(await asTenant(gateway.pool, 'acme', (tx) => insertWebhook(tx, one, 1))).toBeNull()
    expect(await asTenant(gateway.pool, 'rival', (tx) => insertWebhook(tx, one, 1))).toMatchObject({ id: one.id })
  })
})

test('deliveries that are over are forgotten in time, owed ones never', async () => {
  await anEndpoint()
  await owe(anEvent(), anEvent())
  const [first] = await claim({ limit: 1 })
  await mark(first?.id ?? '', 1)
  await owner.pool.query(`update webhook_delivery set created_at = now() - interval '40 days'`)
  expect(await purgeDeliveries(engine.pool, 41, 100)).toBe(0)
  expect(await purgeDeliveries(engine.pool, 30, 100)).toBe(1)
  expect((await owner.pool.query('select status from webhook_delivery')).rows).toEqual([{ status: 'pending' }])
})
