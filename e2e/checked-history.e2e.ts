/**
 * The independent checker judges what a real fleet stored and said: work of every shape, with processes killed in the
 * middle of it, is found without fault; and the same record, falsified, is not.
 */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { dumpTables } from '../chaos/dump-tables.mjs'
import { anApplication } from './applications.js'
import { checkedWorkflows } from './checked-workflows.js'
import { isTerminal, makeClient, type Client } from './client.js'
import { startFleet, type Fleet } from './fleet.js'
import { recordCalls, type RecordedClient } from './recorded-client.js'

let fleet: Fleet
let dir: string
let operator: Client
let submitter: RecordedClient
let reviewer: RecordedClient
let operating: RecordedClient

/** What endpoints outside were told, as `chaos/FORMATS.md` has it. */
const told: object[] = []
const receiver = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks).toString('utf8')
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = request.headers
  const { type, data } = JSON.parse(body)
  told.push({ at: new Date().toISOString(), id, timestamp, signature, body, type, runId: data.runId, answered: 200 })
  response.end()
})
let webhookSecret: string

const startedAt = new Date()
/** Stands in every applicant's address and must turn up in no log. */
const token = `ZZPII-checked-${process.pid}-4711`

beforeAll(async () => {
  dir = process.env['CHECKED_HISTORY_DIR'] ?? (await mkdtemp(path.join(tmpdir(), 'flotilla-history-')))
  await once(receiver.listen(0, '127.0.0.1'), 'listening')
  const { port } = receiver.address() as AddressInfo // of a port
  const hosts = `127.0.0.1:${port}`
  fleet = await startFleet('checked', { env: { WEBHOOK_HOSTS_ALLOWED: hosts, WEBHOOK_IDLE_MS: '200' } })
  operator = await makeClient(fleet, 'operator')
  submitter = recordCalls(await makeClient(fleet, 'submitter'), dir)
  reviewer = recordCalls(await makeClient(fleet, 'reviewer'), dir)
  operating = recordCalls(operator, dir)
  const endpoint = await operator.post('/webhooks', { url: `http://${hosts}/` })
  if (endpoint.status !== 201) throw new Error(JSON.stringify(endpoint.body))
  webhookSecret = endpoint.body.secret
  for (const definition of checkedWorkflows) {
    const answer = await operator.request('PUT', `/workflows/${definition.name}/versions/1`, definition)
    if (answer.status !== 201) throw new Error(`${definition.name}: ${JSON.stringify(answer.body)}`)
  }
})
afterAll(async () => {
  receiver.close()
  await fleet?.stop()
  if (process.env['CHECKED_HISTORY_DIR'] === undefined) await rm(dir, { recursive: true, force: true })
})

const kill = async (name: string): Promise<void> => {
  const { services } = await fleet.file()
  const found = services.find((service) => service.name === name)
  if (!found) throw new Error(`no service is called ${name}`)
  process.kill(found.pid, 'SIGKILL')
}

const aBorderlineCase = (id: string) =>
  anApplication({ id, applicant: { fullName: 'Korosh Behmanesh Zandvari', birthDate: '1965-03-12', address: token } })

const atGate = ({ type }: { readonly type: string }): boolean => type === 'hitl.requested'

const benchRuns = async (): Promise<void> => {
  const expects = { status: 'completed', result: { decision: 'approve' } }
  const submitted = await Promise.all(
    Array.from({ length: 30 }, (_, n) => submitter.submit('bench-desk', { n }, { key: `bench-${n}`, expects })),
  )
  await kill('orchestrator')
  await kill('agent-bench')
  const again = await submitter.submit('bench-desk', { n: 1 }, { key: 'bench-1', expects })
  expect(again.body.runId).toBe(submitted[1]?.body.runId)
  expect((await submitter.submit('bench-desk', { n: 'another' }, { key: 'bench-1' })).status).toBe(422)
  await Promise.all(
    submitted.map(async ({ body: { runId } }, n) => {
      await submitter.get(runId)
      await submitter.watch(runId, n % 2 === 0 ? {} : { reconnectEvery: 3 })
      await submitter.get(runId)
    }),
  )
}

const creditRuns = async (): Promise<void> => {
  const approve = { status: 'completed', result: { decision: 'approve' } }
  const sound = await submitter.submit('credit-desk', anApplication({ id: 'checked-1' }), { expects: approve })
  await submitter.watch(sound.body.runId)
  for (const [decision, comesTo] of [
    ['approve', 'approve'],
    ['reject', 'decline'],
  ]) {
    const expects = { status: 'completed', result: { decision: comesTo } }
    const { body } = await submitter.submit('credit-desk', aBorderlineCase(`checked-${decision}`), { expects })
    await submitter.watch(body.runId, { until: atGate })
    expect((await reviewer.decide(body.runId, { decision })).status).toBe(200)
    expect((await reviewer.decide(body.runId, { decision })).status).toBe(409)
    await submitter.watch(body.runId, { reconnectEvery: 5 })
  }
  const { body: left } = await submitter.submit('credit-desk', aBorderlineCase('checked-left'))
  await submitter.watch(left.runId, { until: atGate })
}

const compoundRuns = async (): Promise<void> => {
  const items = [...Array.from({ length: 40 }, (_, n) => ({ n })), { lost: true }]
  const map = await submitter.submit('checked-map', { items }, { expects: { status: 'completed' } })
  const parent = await submitter.submit('checked-parent', { n: 1 }, { expects: { status: 'completed' } })
  const orphan = await submitter.submit('checked-parent', { n: 2 }, { expects: { status: 'cancelled' } })
  const loop = await submitter.submit('checked-loop', {}, { expects: { status: 'completed' } })
  const quorum = await submitter.submit('checked-quorum', {}, { expects: { status: 'completed' } })
  for (const { body } of [parent, orphan])
    await submitter.watch(body.runId, { until: ({ type, phase }) => type === 'step.started' && phase === 'sub' })
  const child = (await operator.get(`/runs?parent=${parent.body.runId}`)).body.items[0].runId
  expect((await submitter.signal(child, 'go', {})).status).toBe(202)
  expect((await operating.cancel(orphan.body.runId)).status).toBe(202)
  for (const { body } of [map, parent, orphan, loop, quorum]) await submitter.watch(body.runId)
}

const troubledRuns = async (): Promise<void> => {
  const trip = await submitter.submit('checked-trip', {}, { expects: { status: 'failed' } })
  const timeout = await submitter.submit(
    'checked-gate',
    {},
    { expects: { status: 'completed', result: { by: 'timeout' } } },
  )
  const full = await submitter.submit('checked-booking', { full: true }, { expects: { status: 'failed' } })
  for (const { body } of [trip, timeout, full]) await submitter.watch(body.runId)
  const { body: letters } = await operator.get('/dead-letters?workflow=checked-booking')
  expect((await operating.replay(letters.items.map(({ id }: { id: string }) => id))).status).toBe(200)
  await submitter.watch(full.body.runId, { until: ({ type }) => type === 'run.resumed' })
  await submitter.watch(full.body.runId)
  const slow = await submitter.submit('checked-booking', { holdMs: 20_000 }, { expects: { status: 'cancelled' } })
  await submitter.watch(slow.body.runId, { until: ({ type }) => type === 'step.started' })
  expect((await operating.cancel(slow.body.runId)).status).toBe(202)
  await submitter.watch(slow.body.runId, { until: isTerminal })
}

interface Verdict {
  readonly exitCode: number
  readonly invariants: Readonly<Record<string, { readonly facts: number; readonly violations: number }>>
  readonly violations: readonly { readonly invariant: string; readonly rule: string; readonly evidence: unknown }[]
}

const check = async (campaign: string): Promise<Verdict> => {
  const program = path.resolve(import.meta.dirname, '../chaos/check.mjs')
  const { stdout, code } = await promisify(execFile)(process.execPath, [program, campaign, '--json'], {
    maxBuffer: 64 * 1024 * 1024,
  }).then(
    ({ stdout: out }) => ({ stdout: out, code: 0 }),
    (error: { stdout: string; code: number }) => error,
  )
  return { exitCode: code, ...JSON.parse(stdout) }
}

/** What endpoints were told, once nothing is owed to them. */
const writeWebhooks = async (): Promise<void> => {
  const { body: endpoints } = await operator.get('/webhooks')
  const pending = async () =>
    (await operator.get(`/webhooks/${endpoints.items[0].id}/deliveries?status=pending`)).body.items.length
  const nothingOwed = async () => {
    if ((await pending()) > 0) throw new Error('endpoints are still owed something')
  }
  await vi.waitFor(nothingOwed, { timeout: 60_000, interval: 200 })
  await writeFile(path.join(dir, 'webhooks.ndjson'), told.map((line) => JSON.stringify(line)).join('\n'))
}

describe('the record of a real fleet', () => {
  beforeAll(async () => {
    await Promise.all([benchRuns(), creditRuns(), compoundRuns(), troubledRuns()])
    await writeWebhooks()
    await cp(path.join(fleet.home, 'logs'), path.join(dir, 'sinks/logs'), { recursive: true })
    await writeFile(path.join(dir, 'canaries.json'), JSON.stringify([token]))
    await dumpTables((await fleet.file()).databaseUrl, path.join(dir, 'dump'))
    const meta = { startedAt, dumpedAt: new Date(), seed: 0, webhookSecret }
    await writeFile(path.join(dir, 'meta.json'), JSON.stringify(meta))
    const { sealingKeys } = JSON.parse(await readFile(path.join(fleet.home, 'secrets.json'), 'utf8'))
    await writeFile(path.join(dir, 'sealing-keys.json'), JSON.stringify(sealingKeys))
  })

  test('is found without fault, and looked at by every invariant that it can show', async () => {
    const verdict = await check(dir)
    expect(verdict.violations).toEqual([])
    expect(verdict.exitCode).toBe(0)
    // Nothing here is a provider, or lasts long enough to grow.
    const unseen = ['I14', 'I15']
    const { invariants } = verdict
    expect(Object.keys(invariants).filter((id) => invariants[id]?.facts === 0)).toEqual(unseen)
  })

  test('is refused once a reply is accepted twice in it', async () => {
    const falsified = await mkdtemp(path.join(tmpdir(), 'flotilla-falsified-'))
    try {
      await cp(dir, falsified, { recursive: true })
      const file = path.join(falsified, 'dump/history.ndjson')
      const lines = (await readFile(file, 'utf8')).split('\n')
      const at = lines.findIndex((line) => line.includes('"StepSucceeded"'))
      lines.splice(at, 0, lines[at] ?? '')
      await writeFile(file, lines.join('\n'))
      const verdict = await check(falsified)
      expect(verdict.exitCode).toBe(1)
      expect(verdict.violations.map(({ invariant }) => invariant)).toContain('I5')
    } finally {
      await rm(falsified, { recursive: true, force: true })
    }
  })
})
