/** Endpoints outside, told by the running fleet: a receiver in a process of its own, signatures checked by other code. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isTerminal, makeClient, type Client } from './client.js'
import { startFleet, type Fleet } from './fleet.js'

interface Received {
  readonly at: string
  readonly path: string
  readonly id: string
  readonly timestamp: string
  readonly signature: string
  readonly type: string
  readonly body: string
}

let fleet: Fleet
let submitter: Client
let reviewer: Client
let operator: Client
let receiver: ChildProcess
let origin: string

const definition = {
  name: 'e2e-told',
  version: 1,
  title: 'Told',
  semantics: 1,
  input: { type: 'object' },
  deadlineMs: null,
  initial: 'review',
  states: [
    {
      ...{ kind: 'human', name: 'review', shows: { said: 'input.said' }, deadlineMs: 600_000 },
      transitions: ['approve', 'adjust', 'timeout']
        .map((on) => ({ on, to: 'end' }))
        .concat([{ on: 'reject', to: 'refused' }]),
    },
    { kind: 'end', name: 'end', status: 'completed' },
    { kind: 'end', name: 'refused', status: 'failed', error: { code: 'REFUSED', message: 'refused' } },
  ],
}

beforeAll(async () => {
  receiver = spawn(process.execPath, [path.join(import.meta.dirname, 'webhook-receiver.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (!receiver.stdout) throw new Error('the receiver has no output')
  const [port] = (await once(receiver.stdout, 'data')) as [Buffer]
  origin = `http://127.0.0.1:${String(port).trim()}`
  fleet = await startFleet('webhooks', {
    env: { WEBHOOK_HOSTS_ALLOWED: new URL(origin).host, WEBHOOK_TIMEOUT_MS: '2000', WEBHOOK_IDLE_MS: '200' },
  })
  submitter = await makeClient(fleet, 'submitter')
  reviewer = await makeClient(fleet, 'reviewer')
  operator = await makeClient(fleet, 'operator')
  const put = await operator.request('PUT', '/workflows/e2e-told/versions/1', definition)
  if (put.status !== 201) throw new Error(JSON.stringify(put.body))
})
afterAll(async () => {
  receiver?.kill()
  await fleet?.stop()
})

const register = async (at: string, given: object = {}): Promise<{ id: string; secret: string }> => {
  const { status, body } = await operator.post('/webhooks', { url: `${origin}${at}`, ...given })
  expect(status, JSON.stringify(body)).toBe(201)
  return body
}
const receivedAt = async (at: string): Promise<readonly Received[]> =>
  ((await (await fetch(`${origin}/received`)).json()) as Received[]).filter((call) => call.path === at)
const calls = async (at: string, count: number, timeout = 60_000): Promise<readonly Received[]> => {
  await expect.poll(async () => (await receivedAt(at)).length, { timeout, interval: 100 }).toBeGreaterThanOrEqual(count)
  return receivedAt(at)
}
const macOf = (secret: string, { id, timestamp, body }: Pick<Received, 'id' | 'timestamp' | 'body'>): string =>
  `v1,${createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'))
    .update(`${id}.${timestamp}.${body}`)
    .digest('base64')}`
const deliveries = async (id: string): Promise<any[]> => (await operator.get(`/webhooks/${id}/deliveries`)).body.items
const decided = async (decision: string): Promise<string> => {
  const { runId } = await submitter.submit('e2e-told', { said: 'ZZPII' })
  await submitter.events(runId, { until: ({ type }) => type === 'hitl.requested' })
  expect((await reviewer.post(`/runs/${runId}/hitl`, { decision })).status).toBe(200)
  await submitter.runWhen(runId, isTerminal)
  return runId
}

describe('an endpoint', () => {
  test('is told of a gate and of the end, signed, with ids and nothing personal', async () => {
    const { id, secret } = await register('/taken')
    const runId = await decided('reject')
    const received = await calls('/taken', 2)
    for (const call of received) expect(call.signature).toBe(macOf(secret, call))
    const events = received.map(({ body }) => JSON.parse(body)).sort((a, b) => (a.time < b.time ? -1 : 1))
    expect(events).toMatchObject([
      {
        type: 'io.flotilla.hitl.requested',
        subject: runId,
        data: { runId, workflow: 'e2e-told', status: 'waiting', gate: 'review', errorCode: null },
      },
      { type: 'io.flotilla.run.failed', subject: runId, data: { runId, status: 'failed', errorCode: 'REFUSED' } },
    ])
    for (const { id: eventId, specversion, data } of events) {
      expect(received.some((call) => call.id === eventId)).toBe(true)
      expect(specversion).toBe('1.0')
      expect((await submitter.get(data.links.self)).status).toBe(200)
    }
    expect(JSON.stringify(received)).not.toContain('ZZPII')
    await expect
      .poll(async () => (await deliveries(id)).map(({ status }) => status), { timeout: 10_000 })
      .toEqual(['delivered', 'delivered'])
    expect((await operator.request('DELETE', `/webhooks/${id}`)).status).toBe(204)
  })

  test('that stumbles is asked again after five seconds, under the same id', async () => {
    const { id } = await register('/stumbles', { types: ['run.completed'] })
    await decided('approve')
    const [first, second] = await calls('/stumbles', 2)
    expect(second?.id).toBe(first?.id)
    expect(second?.body).toBe(first?.body)
    const pause = new Date(second?.at ?? 0).getTime() - new Date(first?.at ?? 0).getTime()
    expect(pause).toBeGreaterThanOrEqual(4_500)
    await expect
      .poll(async () => (await deliveries(id))[0], { timeout: 10_000 })
      .toMatchObject({ status: 'delivered', attempts: 2, log: [{ status: 500 }, { status: 200 }] })
    expect((await operator.request('DELETE', `/webhooks/${id}`)).status).toBe(204)
  })

  test('hears again what an orchestrator was telling when it was killed', async () => {
    const { id } = await register('/holds', { types: ['run.completed'] })
    await decided('approve')
    const [first] = await calls('/holds', 1)
    const { pid = 0 } = (await fleet.file()).services.find(({ name }) => name === 'orchestrator') ?? {}
    process.kill(pid, 'SIGKILL')
    const [, second] = await calls('/holds', 2)
    expect(second?.id).toBe(first?.id)
    await expect
      .poll(async () => (await deliveries(id))[0], { timeout: 10_000 })
      .toMatchObject({ status: 'delivered', attempts: 2 })
    expect((await operator.request('DELETE', `/webhooks/${id}`)).status).toBe(204)
  })

  test('whose secret is rotated gets both signatures', async () => {
    const { id, secret } = await register('/taken')
    const { body } = await operator.post(`/webhooks/${id}/rotate`, {})
    const before = (await receivedAt('/taken')).length
    expect((await operator.post(`/webhooks/${id}/test`)).status).toBe(202)
    const call = (await calls('/taken', before + 1)).at(-1)
    expect(call?.signature.split(' ')).toEqual([body.secret, secret].map((one) => call && macOf(one, call)))
    const [{ id: delivery }] = await deliveries(id)
    expect((await operator.post(`/webhooks/${id}/deliveries/${delivery}/redeliver`)).status).toBe(202)
    const again = (await calls('/taken', before + 2)).at(-1)
    expect(again?.id).toBe(call?.id)
  })

  test('that answers 410 is disabled', async () => {
    const { id } = await register('/gone')
    await operator.post(`/webhooks/${id}/test`)
    await expect
      .poll(async () => (await operator.get(`/webhooks/${id}`)).body, { timeout: 30_000 })
      .toMatchObject({ enabled: false, disabledReason: 'GONE' })
  })

  test('calls a hook, and its event becomes a run, once', async () => {
    const start = { workflow: 'e2e-told', input: { said: '{{ event.data.said }}' } }
    const { status, body: hook } = await operator.post('/hooks', { name: 'shop', event: 'order', start })
    expect(status).toBe(201)
    const { gatewayUrl } = await fleet.file()
    const call = async () => {
      const message = {
        id: 'msg_1',
        timestamp: String(Math.floor(Date.now() / 1_000)),
        body: '{"type":"order","data":{"said":"x"}}',
      }
      const answer = await fetch(new URL(hook.url, gatewayUrl), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': message.id,
          'webhook-timestamp': message.timestamp,
          'webhook-signature': macOf(hook.secret, message),
        },
        body: message.body,
      })
      return { status: answer.status, body: (await answer.json()) as any }
    }
    const first = await call()
    expect(first).toMatchObject({ status: 202, body: { outcome: 'started' } })
    expect(await call()).toEqual(first)
    await submitter.events(first.body.runId, { until: ({ type }) => type === 'hitl.requested' })
    expect((await submitter.get('/runs?workflow=e2e-told&limit=1')).body.items[0].runId).toBe(first.body.runId)
  })

  test('inside is refused, as none of the list', async () => {
    const { status, body } = await operator.post('/webhooks', { url: 'http://169.254.169.254/latest/meta-data' })
    expect([status, body.errors[0].code]).toEqual([400, 'URL_SCHEME'])
  })
})
