/** Maps over lists and child runs, on the running fleet, with processes killed in the middle. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isTerminal, makeClient, type Client } from './client.js'
import { startFleet, type Fleet } from './fleet.js'

let fleet: Fleet
let operator: Client
let submitter: Client

const base = { version: 1, semantics: 1, input: { type: 'object' }, deadlineMs: null }
const ended = (result: Record<string, string>) => ({ kind: 'end', name: 'end', status: 'completed', result })
const work = (payload: string) => ({
  ...{ kind: 'agent', name: 'work', agent: 'bench.kyc', queue: 'agent.bench-kyc', input: { payload } },
  ...{ inputContract: 'bench.step.input.v1', outputContract: 'bench.step.output.v1', deadlineMs: 20_000 },
  transitions: [{ on: 'done', to: 'end', assign: [{ to: 'verdict', from: 'output.verdict' }] }],
})
const mapDesk = (name: string, onItemFailure: string) => ({
  ...{ ...base, name, title: 'Map desk', initial: 'each' },
  states: [
    {
      ...{ kind: 'map', name: 'each', items: 'input.items', concurrency: 20, itemsMax: 1_000, onItemFailure },
      initial: 'look',
      states: [
        {
          ...{ kind: 'choice', name: 'look' },
          transitions: [{ when: 'has(input.item.lost)', to: 'lost' }, { to: 'work' }],
        },
        work('input.item'),
        ended({ verdict: 'data.verdict', index: 'input.index' }),
        { kind: 'end', name: 'lost', status: 'failed', error: { code: 'LOST', message: 'it is lost' } },
      ],
      transitions: [{ on: 'done', to: 'end', assign: [{ to: 'verdicts', from: 'output' }] }],
    },
    ended({ verdicts: 'data.verdicts' }),
  ],
})
const childDesk = {
  ...{ ...base, name: 'e2e-child', title: 'Child desk', initial: 'go' },
  states: [
    {
      ...{ kind: 'wait', name: 'go', signal: 'go', deadlineMs: 600_000 },
      transitions: [
        { on: 'go', to: 'work' },
        { on: 'timeout', to: 'end' },
      ],
    },
    work('input'),
    ended({ verdict: 'data.verdict' }),
  ],
}
const parentDesk = {
  ...{ ...base, name: 'e2e-parent', title: 'Parent desk', initial: 'sub' },
  states: [
    {
      ...{ kind: 'workflow', name: 'sub', workflow: 'e2e-child', version: 1, detached: true, input: { n: 'input.n' } },
      transitions: [{ on: 'done', to: 'end', assign: [{ to: 'verdict', from: 'output.verdict' }] }],
    },
    ended({ verdict: 'data.verdict' }),
  ],
}

beforeAll(async () => {
  fleet = await startFleet('maps')
  operator = await makeClient(fleet, 'operator')
  submitter = await makeClient(fleet, 'submitter')
  for (const definition of [
    mapDesk('e2e-map', 'fail-fast'),
    mapDesk('e2e-lenient', 'best-effort'),
    childDesk,
    parentDesk,
  ]) {
    const answer = await operator.request('PUT', `/workflows/${definition.name}/versions/1`, definition)
    if (answer.status !== 201) throw new Error(`${definition.name}: ${JSON.stringify(answer.body)}`)
  }
})
afterAll(() => fleet?.stop())

const kill = async (name: string): Promise<void> => {
  const { services } = await fleet.file()
  const found = services.find((service) => service.name === name)
  if (!found) throw new Error(`no service is called ${name}`)
  process.kill(found.pid, 'SIGKILL')
}

describe('a map', () => {
  test('gives every result in order though its agent and the orchestrator are killed in the middle', async () => {
    const items = Array.from({ length: 300 }, (_, n) => ({ n }))
    const { runId } = await submitter.submit('e2e-map', { items })
    let done = 0
    const half = (event: { type: string }) => event.type === 'step.completed' && (done += 1) >= 60
    await submitter.events(runId, { until: half })
    await Promise.all([kill('agent-bench'), kill('orchestrator')])
    const run = await submitter.runWhen(runId, isTerminal)
    expect(run).toMatchObject({ status: 'completed', progress: 1 })
    expect(run.result.verdicts).toEqual(items.map((_, index) => ({ verdict: 'pass', index })))
    expect(run.steps).toEqual([expect.objectContaining({ name: 'each', items: { total: 300, done: 300, failed: 0 } })])
    const events = await submitter.events(runId)
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  })

  test('that is lenient leaves out what fails, and shows why', async () => {
    const { runId } = await submitter.submit('e2e-lenient', { items: [{ n: 0 }, { lost: true }, { n: 2 }] })
    const run = await submitter.runWhen(runId, isTerminal)
    expect(run.result.verdicts).toEqual([{ verdict: 'pass', index: 0 }, null, { verdict: 'pass', index: 2 }])
    const { body: first } = await submitter.get(`/runs/${runId}/items?limit=2`)
    expect(first.items.map(({ index, status }: any) => [index, status])).toEqual([
      [0, 'done'],
      [1, 'failed'],
    ])
    expect(first.items[1].error.code).toBe('LOST')
    const { body: second } = await submitter.get(`/runs/${runId}/items?limit=2&cursor=${first.nextCursor}`)
    expect(second).toMatchObject({ items: [{ index: 2, output: { verdict: 'pass' } }], nextCursor: null })
  })
})

describe('a child run', () => {
  /** The child of a run, once the run waits for it. */
  const childIdOf = async (runId: string): Promise<string> => {
    await submitter.events(runId, { until: ({ type, phase }) => type === 'step.started' && phase === 'sub' })
    return (await submitter.get(`/runs?parent=${runId}`)).body.items[0].runId
  }

  test('is not in the list of root runs, and its end is its parent’s', async () => {
    const { runId } = await submitter.submit('e2e-parent', { n: 1 })
    const child = await childIdOf(runId)
    expect((await submitter.get('/runs?limit=100')).body.items.map((run: any) => run.runId)).not.toContain(child)
    expect((await submitter.post(`/runs/${child}/signals/go`, {})).status).toBe(202)
    expect(await submitter.runWhen(runId, isTerminal)).toMatchObject({
      status: 'completed',
      result: { verdict: 'pass' },
    })
    expect((await submitter.get(`/runs/${child}`)).body).toMatchObject({
      ...{ status: 'completed', workflow: 'e2e-child', parentRunId: runId },
    })
  })

  test('is cancelled with its parent', async () => {
    const { runId } = await submitter.submit('e2e-parent', { n: 2 })
    const child = await childIdOf(runId)
    expect((await submitter.post(`/runs/${runId}/cancel`, {})).status).toBe(202)
    expect((await submitter.runWhen(runId, isTerminal)).status).toBe('cancelled')
    expect((await submitter.runWhen(child, isTerminal)).status).toBe('cancelled')
  })
})
