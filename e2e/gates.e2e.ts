import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isTerminal, makeClient, type Client } from './client.js'
import { startFleet, type Fleet } from './fleet.js'

/** Two of the managers sign a note off; they are reminded often, and the head of the desk is told soon. */
const desk = {
  name: 'two-managers',
  version: 1,
  title: 'Two managers',
  semantics: 1,
  input: { type: 'object', required: ['amount'], properties: { amount: { type: 'integer' } } },
  deadlineMs: null,
  onCancel: [{ do: 'notify', channel: 'submitter', message: 'Cancelled; the note is kept' }],
  initial: 'note',
  states: [
    {
      kind: 'set',
      name: 'note',
      assign: [{ to: 'amount', from: 'input.amount' }],
      artifacts: [{ name: 'note', type: 'note', mediaType: 'text/plain', content: '"noted"' }],
      transitions: [{ on: 'done', to: 'sign_off' }],
    },
    {
      kind: 'human',
      name: 'sign_off',
      shows: { amount: 'data.amount' },
      deadlineMs: 3_600_000,
      deciders: { needed: 2, scope: 'managers' },
      remindEveryMs: 400,
      escalate: { afterMs: 600, channel: 'head-of-desk' },
      transitions: [
        { on: 'approve', to: 'signed', assign: [{ to: 'by', from: 'event.deciders' }] },
        ...['reject', 'adjust', 'timeout'].map((on) => ({ on, to: 'refused' })),
      ],
    },
    { kind: 'end', name: 'signed', status: 'completed', result: { by: 'data.by' } },
    { kind: 'end', name: 'refused', status: 'failed', error: { code: 'REFUSED', message: 'refused' } },
  ],
}

let fleet: Fleet
let submitter: Client
let operator: Client
const managers: Record<string, Client> = {}

beforeAll(async () => {
  fleet = await startFleet('gates', { args: ['--no-demo'] })
  submitter = await makeClient(fleet, 'submitter')
  operator = await makeClient(fleet, 'operator')
  for (const name of ['ann', 'ben', 'cat']) {
    const scopes = 'hitl:decide,runs:read,managers'
    const printed = await fleet.command(
      'keys',
      'create',
      '--tenant',
      'default',
      '--scopes',
      scopes,
      '--principal',
      name,
    )
    managers[name] = await makeClient(fleet, printed.trim())
  }
  const { status, body } = await operator.request('PUT', '/workflows/two-managers/versions/1', desk)
  if (status !== 201) throw new Error(`${status}: ${JSON.stringify(body)}`)
})
afterAll(() => fleet?.stop())

const vote = (name: string, runId: string, decision = 'approve') =>
  managers[name]!.post(`/runs/${runId}/hitl`, { decision }) // one of the three above

describe('a note that two of three managers sign off', () => {
  test('is signed when the second agrees; each votes once, and a reviewer without the scope not at all', async () => {
    const { runId } = await submitter.submit('two-managers', { amount: 5 })
    await operator.runWhen(runId, ({ type }) => type === 'hitl.requested')
    const first = await vote('ann', runId)
    expect(first.body).toMatchObject({ pending: { needed: 2, given: 1 }, decidedBy: null })
    const again = await vote('ann', runId)
    expect([again.status, again.body.code]).toEqual([409, 'GATE_VOTED_BEFORE'])
    const reviewer = await makeClient(fleet, 'reviewer')
    const lacking = await reviewer.post(`/runs/${runId}/hitl`, { decision: 'approve' })
    expect([lacking.status, lacking.body.code]).toEqual([403, 'GATE_SCOPE_MISSING'])
    await operator.runWhen(runId, ({ type }) => type === 'hitl.voted')
    const { body: inbox } = await operator.get('/gates?workflow=two-managers')
    expect(inbox.items).toMatchObject([{ runId, votes: { needed: 2, given: 1 }, overdue: false }])

    expect((await vote('cat', runId)).body).toMatchObject({ decidedBy: 'ann, cat', deciders: ['ann', 'cat'] })
    const run = await operator.runWhen(runId, isTerminal)
    expect(run).toMatchObject({ status: 'completed', result: { by: ['ann', 'cat'] } })
    expect((await vote('ben', runId)).body.code).toBe('GATE_NOT_OPEN')
  })

  test('is remembered and escalated while nobody decides; cancelled, its gate closes and what it saved is incomplete', async () => {
    const { runId } = await submitter.submit('two-managers', { amount: 7 })
    await operator.runWhen(runId, ({ type }) => type === 'hitl.escalated')
    expect((await operator.post(`/runs/${runId}/cancel`, { reason: 'no longer wanted' })).status).toBe(202)
    const run = await operator.runWhen(runId, isTerminal)
    expect(run).toMatchObject({ status: 'cancelled', waitingFor: null })
    const types = (await operator.events(runId)).map(({ type }) => type)
    expect(types).toEqual(
      expect.arrayContaining(['hitl.requested', 'hitl.reminded', 'hitl.escalated', 'run.cancelled']),
    )
    expect(types.indexOf('hitl.reminded')).toBeLessThan(types.indexOf('hitl.escalated'))
    const { body: artifacts } = await operator.get(`/runs/${runId}/artifacts`)
    expect(artifacts.items).toMatchObject([{ name: 'note', incomplete: true }])
    expect((await vote('ann', runId)).body.code).toBe('GATE_NOT_OPEN')
    expect((await operator.get('/gates?workflow=two-managers')).body.items).toEqual([])
  })

  test('goes on as a new run from a file of its checkpoint', async () => {
    const { runId } = await submitter.submit('two-managers', { amount: 9 })
    await operator.runWhen(runId, ({ type }) => type === 'hitl.requested')
    const file = `${fleet.home}/note.json`
    await fleet.command('checkpoint', 'export', runId, 'note', file)
    const imported = (await fleet.command('checkpoint', 'import', file)).trim()
    const run = await operator.runWhen(imported, ({ type }) => type === 'hitl.requested')
    expect(run.waitingFor).toMatchObject({ gate: 'sign_off', shown: { amount: 9 } })
    expect((await vote('ann', imported, 'reject')).body).toMatchObject({ decidedBy: 'ann', pending: null })
    expect((await operator.runWhen(imported, isTerminal)).error.code).toBe('REFUSED')
  })
})
