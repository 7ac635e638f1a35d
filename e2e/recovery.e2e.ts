/** Forks, plans and versions of real runs on the running fleet. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anApplication } from './applications.js'
import { isTerminal, makeClient, type Client } from './client.js'
import { startFleet, type Fleet } from './fleet.js'

let fleet: Fleet
let submitter: Client
let reviewer: Client
let operator: Client

beforeAll(async () => {
  fleet = await startFleet('recovery')
  submitter = await makeClient(fleet, 'submitter')
  reviewer = await makeClient(fleet, 'reviewer')
  operator = await makeClient(fleet, 'operator')
})
afterAll(() => fleet?.stop())

const visitsOf = (run: any): Record<string, number> =>
  Object.fromEntries(run.steps.map((step: any) => [step.name, step.visits]))

describe('a fork of a decided application', () => {
  test('repeats what the plan says, with another amount, and leaves the other run as it was', async () => {
    const input = anApplication({ id: 'fork-a' })
    const { runId } = await submitter.submit('credit-desk', input)
    const before = await submitter.runWhen(runId, isTerminal)
    expect(before.status).toBe('completed')
    const { body: checkpoints } = await submitter.get(`/runs/${runId}/checkpoints`)
    const at = checkpoints.items.find((item: any) => item.label === 'checks').number
    const loan = { amount: 900_000, currency: 'CZK', durationMonths: 12, monthlyPayment: 75_000 }
    const changed = { checkpoint: at, input: { ...input, loan } }

    const planned = await operator.post(`/runs/${runId}/fork`, { ...changed, plan: true })
    expect(planned.status, JSON.stringify(planned.body)).toBe(200)
    expect(planned.body.plan).toMatchObject({ reused: expect.arrayContaining(['intake', 'kyc', 'fraud', 'income']) })
    expect(planned.body.plan.redone).toContain('risk_ensemble.policy')

    const forked = await operator.post(`/runs/${runId}/fork`, changed)
    expect(forked.status, JSON.stringify(forked.body)).toBe(202)
    const fork = forked.body.runId
    expect(forked.headers.get('location')).toBe(`/runs/${fork}`)
    const run = await operator.runWhen(fork, (event) => isTerminal(event) || event.type === 'hitl.requested')
    expect(run.forkedFrom).toEqual({ runId, checkpoint: at })
    const started = (await operator.events(fork, { until: ({ type }) => type === 'hitl.requested' }))
      .filter(({ type }) => type === 'step.started')
      .map(({ message }) => message)
    expect(started.join()).not.toMatch(/Identity|Fraud|Income/)
    expect(visitsOf(run)).toMatchObject({ kyc: 1, fraud: 1, income: 1 })

    const again = (await submitter.get(`/runs/${runId}`)).body
    expect(again).toEqual(before)
  })

  test('from its start is decided like the run itself', async () => {
    const { runId } = await submitter.submit('credit-desk', anApplication({ id: 'fork-b' }))
    const { result } = await submitter.runWhen(runId, isTerminal)
    const { body } = await operator.post(`/runs/${runId}/fork`, {})
    const fork = await operator.runWhen(body.runId, isTerminal)
    const { letterArtifactId: _ours, ...decided } = result
    expect(fork.result).toMatchObject({ decision: decided.decision, pd: decided.pd, score: decided.score })
  })
})

const desk = (version: number, gate: string) => ({
  ...{
    name: 'e2e-versions',
    version,
    title: 'Versions desk',
    semantics: 1,
    input: { type: 'object' },
    deadlineMs: null,
  },
  initial: gate,
  states: [
    {
      ...{ kind: 'human', name: gate, shows: { n: 'input.n' }, deadlineMs: 600_000 },
      transitions: [
        { on: 'approve', to: 'end', assign: [{ to: 'by', from: `"version ${version}"` }] },
        { on: 'reject', to: 'end' },
        { on: 'timeout', to: 'end' },
      ],
    },
    { kind: 'end', name: 'end', status: 'completed', result: { by: 'data.by' } },
  ],
})

describe('a new version of a workflow', () => {
  test('says which live runs it needs a mapping for, and takes a run that waits at a gate over', async () => {
    expect((await operator.request('PUT', '/workflows/e2e-versions/versions/1', desk(1, 'review'))).status).toBe(201)
    const { runId } = await submitter.submit('e2e-versions', { n: 1 })
    const pinned = await submitter.submit('e2e-versions', { n: 2 })
    for (const run of [runId, pinned.runId]) await reviewer.runWhen(run, ({ type }) => type === 'hitl.requested')
    expect((await operator.request('PUT', '/workflows/e2e-versions/versions/2', desk(2, 'sign_off'))).status).toBe(201)

    const check = await operator.post('/workflows/e2e-versions/versions/2/check', {})
    expect(check.status, JSON.stringify(check.body)).toBe(200)
    expect(JSON.stringify(check.body)).toContain('needs-mapping')
    expect((await operator.post(`/runs/${runId}/migrate`, { version: 2 })).status).toBe(409)

    const mapping = { review: 'sign_off' }
    const migrated = await operator.post(`/runs/${runId}/migrate`, { version: 2, mapping })
    expect(migrated.status, JSON.stringify(migrated.body)).toBe(202)
    const moved = await reviewer.runWhen(runId, ({ type, phase }) => type === 'hitl.requested' && phase === 'sign_off')
    expect(moved).toMatchObject({ version: 2, waitingFor: { gate: 'sign_off' } })
    expect((await reviewer.post(`/runs/${runId}/hitl`, { decision: 'approve' })).status).toBe(200)
    expect(await submitter.runWhen(runId, isTerminal)).toMatchObject({
      status: 'completed',
      result: { by: 'version 2' },
    })

    expect((await reviewer.post(`/runs/${pinned.runId}/hitl`, { decision: 'approve' })).status).toBe(200)
    expect(await submitter.runWhen(pinned.runId, isTerminal)).toMatchObject({ version: 1, result: { by: 'version 1' } })
  })
})

describe('a failed run', () => {
  const breaks = {
    ...{ name: 'e2e-breaks', version: 1, title: 'Breaks', semantics: 1, deadlineMs: null, initial: 'read' },
    input: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    states: [
      {
        ...{ kind: 'set', name: 'read', assign: [{ to: 'number', from: 'int(input.text)' }] },
        transitions: [{ on: 'done', to: 'end' }],
      },
      { kind: 'end', name: 'end', status: 'completed' },
    ],
  }

  test('is put before a person, who sees what failed and says how it goes on', async () => {
    expect((await operator.request('PUT', '/workflows/e2e-breaks/versions/1', breaks)).status).toBe(201)
    const { runId } = await submitter.submit('e2e-breaks', { text: 'not a number' })
    expect((await submitter.runWhen(runId, isTerminal)).error).toMatchObject({ code: 'EXPRESSION_FAILED' })
    const escalate = () => operator.post(`/runs/${runId}/resume`, { mode: 'escalate' })
    const decide = (decision: string) => reviewer.post(`/runs/${runId}/hitl`, { decision })
    const failed = (await submitter.events(runId)).length

    expect((await escalate()).status).toBe(202)
    // Until then its stream is one that has ended.
    await expect.poll(async () => (await reviewer.get(`/runs/${runId}`)).body.status).toBe('waiting')
    const after = { lastEventId: failed, until: ({ type }: { readonly type: string }) => type === 'hitl.requested' }
    expect((await reviewer.events(runId, after)).map(({ type }) => type)).toEqual(['run.resumed', 'hitl.requested'])
    const { body: run } = await reviewer.get(`/runs/${runId}`)
    expect(run.waitingFor).toMatchObject({ kind: 'gate', gate: 'read', outcomes: ['retry', 'abandon'] })
    expect(run.waitingFor.shown).toMatchObject({ failed: 'read', error: { code: 'EXPRESSION_FAILED' } })
    expect((await escalate()).body.code).toBe('RUN_NOT_RESUMABLE')
    expect((await decide('approve')).body.code).toBe('DECISION_UNKNOWN')

    expect((await decide('abandon')).status).toBe(200)
    expect((await submitter.events(runId, { lastEventId: failed + 3 })).at(-1)?.type).toBe('run.cancelled')
    expect((await submitter.get(`/runs/${runId}`)).body).toMatchObject({ status: 'cancelled' })
  })
})
