/** What starts and limits runs by itself, on the running fleet. */
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isTerminal, makeClient, type Client } from './client.js'
import { startFleet, type Fleet } from './fleet.js'

const { Client: Postgres } = createRequire(import.meta.url)('pg') as typeof import('pg') // a CommonJS module

let fleet: Fleet
let submitter: Client
let operator: Client
let owner: import('pg').Client

const base = { semantics: 1, input: { type: 'object' }, deadlineMs: null }
const end = (result: Record<string, string>) => ({ kind: 'end', name: 'end', status: 'completed', result })
const passing = (name: string, result: Record<string, string>, more: Record<string, unknown> = {}) => ({
  ...{ ...base, name, version: 1, title: name, initial: 'note' },
  states: [
    { kind: 'set', name: 'note', assign: [{ to: 'noted', from: 'true' }], transitions: [{ on: 'done', to: 'end' }] },
    end(result),
  ],
  ...more,
})
const waiting = (name: string, more: Record<string, unknown>) => ({
  ...{ ...base, name, version: 1, title: name, initial: 'go' },
  states: [
    {
      ...{ kind: 'wait', name: 'go', signal: 'go', deadlineMs: 600_000 },
      transitions: [
        { on: 'go', to: 'end', assign: [{ to: 'got', from: 'output.n' }] },
        { on: 'timeout', to: 'end' },
      ],
    },
    end({ got: 'data.got' }),
  ],
  ...more,
})
const correlated = {
  ...waiting('e2e-correlated', {}),
  states: [
    {
      ...{ kind: 'wait', name: 'go', signal: 'paid', correlate: 'input.order', deadlineMs: 600_000 },
      transitions: [
        { on: 'paid', to: 'end', assign: [{ to: 'got', from: 'output.n' }] },
        { on: 'timeout', to: 'end' },
      ],
    },
    end({ got: 'data.got' }),
  ],
}

beforeAll(async () => {
  fleet = await startFleet('triggers')
  submitter = await makeClient(fleet, 'submitter')
  operator = await makeClient(fleet, 'operator')
  owner = new Postgres({ connectionString: (await fleet.file()).databaseUrl })
  await owner.connect()
  const completion = { kind: 'completion', name: 'after', workflow: 'e2e-first', status: 'completed' }
  const schedule = { kind: 'schedule', name: 'weekly', cron: '0 8 * * MON', timeZone: 'Europe/Prague', input: { n: 7 } }
  const definitions = [
    passing('e2e-first', { doubled: 'input.n * 2.0' }),
    passing(
      'e2e-second',
      { came: 'input.n' },
      { triggers: [{ ...completion, input: { n: 'previous.outputs.doubled' } }] },
    ),
    passing('e2e-weekly', { n: 'input.n' }, { triggers: [schedule] }),
    waiting('e2e-single', { concurrency: { max: 1, behaviour: 'queue' } }),
    waiting('e2e-refusing', { concurrency: { max: 1, behaviour: 'reject' } }),
    correlated,
  ]
  for (const definition of definitions) {
    const answer = await operator.request('PUT', `/workflows/${definition.name}/versions/1`, definition)
    if (answer.status !== 201) throw new Error(`${definition.name}: ${JSON.stringify(answer.body)}`)
  }
})
afterAll(async () => {
  await owner?.end()
  await fleet?.stop()
})

/** The runs of a workflow, once there are as many. */
const runsOf = async (workflow: string, count: number): Promise<any[]> => {
  const list = async () => (await submitter.get(`/runs?workflow=${workflow}&limit=100`)).body.items
  await expect.poll(async () => (await list()).length, { timeout: 60_000 }).toBe(count)
  return list()
}

describe('a chain', () => {
  test('starts the second workflow with what the first came to, once', async () => {
    const { runId } = await submitter.submit('e2e-first', { n: 4 })
    expect(await submitter.runWhen(runId, isTerminal)).toMatchObject({ result: { doubled: 8 } })
    const [second] = await runsOf('e2e-second', 1)
    expect(await submitter.runWhen(second.runId, isTerminal)).toMatchObject({
      status: 'completed',
      result: { came: 8 },
    })
    expect((await runsOf('e2e-second', 1)).length).toBe(1)
  })
})

describe('a schedule', () => {
  test('is fired by hand, and by its moment, once', async () => {
    expect((await operator.post('/triggers/e2e-weekly/weekly/fire', {})).status).toBe(202)
    await runsOf('e2e-weekly', 1)
    const { rowCount } = await owner.query(
      `update trigger set next_at = now() - interval '1 second' where workflow = 'e2e-weekly'`,
    )
    expect(rowCount).toBe(1)
    const runs = await runsOf('e2e-weekly', 2)
    for (const { runId } of runs)
      expect(await submitter.runWhen(runId, isTerminal)).toMatchObject({ status: 'completed', result: { n: 7 } })
    const { body } = await operator.get('/triggers')
    const [weekly] = body.items.filter((item: any) => item.workflow === 'e2e-weekly')
    expect(new Date(weekly.nextAt).getTime()).toBeGreaterThan(Date.now())
  })
})

describe('a limit', () => {
  test('of one lets the second run begin when the first has ended', async () => {
    const first = await submitter.submit('e2e-single', {})
    await submitter.events(first.runId, { until: ({ type }) => type === 'waiting' })
    const second = await submitter.submit('e2e-single', {})
    expect((await submitter.get(`/runs/${second.runId}`)).body.status).toBe('created')
    await submitter.post(`/runs/${first.runId}/signals/go`, { n: 1 })
    expect((await submitter.runWhen(first.runId, isTerminal)).status).toBe('completed')
    await submitter.events(second.runId, { until: ({ type }) => type === 'waiting' })
    await submitter.post(`/runs/${second.runId}/signals/go`, { n: 2 })
    expect(await submitter.runWhen(second.runId, isTerminal)).toMatchObject({ result: { got: 2 } })
  })

  test('that rejects answers 429 with the time to come back', async () => {
    const { runId } = await submitter.submit('e2e-refusing', {})
    const refused = await submitter.post('/runs', { workflow: 'e2e-refusing', input: {} })
    expect(refused).toMatchObject({ status: 429, body: { code: 'CONCURRENCY_LIMIT' } })
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
    await submitter.post(`/runs/${runId}/signals/go`, { n: 1 })
    expect((await submitter.runWhen(runId, isTerminal)).status).toBe('completed')
  })
})

describe('an event under a key', () => {
  test('reaches the run that waits for it, and is kept for one that waits later', async () => {
    const { runId } = await submitter.submit('e2e-correlated', { order: 'o-1' })
    await submitter.events(runId, { until: ({ type }) => type === 'waiting' })
    const delivered = await submitter.post('/signals/paid', { key: 'o-1', payload: { n: 10 } })
    expect(delivered).toMatchObject({ status: 202, body: { delivered: 1 } })
    expect(await submitter.runWhen(runId, isTerminal)).toMatchObject({ result: { got: 10 } })

    const kept = await submitter.post('/signals/paid', { key: 'o-2', payload: { n: 20 } })
    expect(kept).toMatchObject({ status: 202, body: { delivered: 0, kept: true } })
    const later = await submitter.submit('e2e-correlated', { order: 'o-2' })
    expect(await submitter.runWhen(later.runId, isTerminal)).toMatchObject({ result: { got: 20 } })
  })
})
