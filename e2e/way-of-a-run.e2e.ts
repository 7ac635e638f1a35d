import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anApplication } from './applications.js'
import { isTerminal, makeClient, type Client } from './client.js'
import { startFleet, type Fleet } from './fleet.js'

let fleet: Fleet
let submitter: Client
let reviewer: Client
let operator: Client

beforeAll(async () => {
  fleet = await startFleet('way')
  submitter = await makeClient(fleet, 'submitter')
  reviewer = await makeClient(fleet, 'reviewer')
  operator = await makeClient(fleet, 'operator')
})
afterAll(() => fleet?.stop())

/** A possible match of the synthetic sanctions list always waits for a person. */
const aBorderlineCase = (id: string) =>
  anApplication({ id, applicant: { fullName: 'Korosh Behmanesh Zandvari', birthDate: '1965-03-12' } })

describe('a run from the door to the decision', () => {
  test('a sound application is approved, with a gapless stream, rising progress and one trace', async () => {
    const { runId, traceId } = await submitter.submit('credit-desk', anApplication({ id: 'sound-1' }))
    const events = await submitter.events(runId)
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1))
    expect(events[0]?.type).toBe('run.started')
    expect(events.at(-1)?.type).toBe('run.completed')
    expect(events.at(-1)?.progress).toBe(1)
    const progress = events.map((event) => event.progress)
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
    expect(new Set(events.map((event) => event.trace_id))).toEqual(new Set([traceId]))
    expect(events.every((event) => /^[0-9a-f]{16}$/.test(event.span_id))).toBe(true)

    const { body: run } = await submitter.get(`/runs/${runId}`)
    expect(run.status).toBe('completed')
    expect(run.result.decision).toBe('approve')
    expect(run.result.decidedBy).toBe('policy')
    expect(run.result.pd).toBeGreaterThan(0)
    expect(Object.keys(run.result.checks).sort()).toEqual(['fraud', 'income', 'kyc', 'risk'])
    expect(run.steps.find((step: any) => step.name === 'kyc')).toMatchObject({ status: 'done', attempts: 1, visits: 1 })
    expect(run.steps.find((step: any) => step.name === 'review').status).toMatch(/pending|skipped/)
    const letter = await submitter.get(`/runs/${runId}/artifacts`)
    expect(letter.body.items.map((artifact: any) => artifact.id ?? artifact.artifactId)).toContain(
      run.result.letterArtifactId,
    )
  })

  test('a stream is resumed after Last-Event-ID, and ends with 204 once all was read', async () => {
    const { runId } = await submitter.submit('credit-desk', anApplication({ id: 'resumed-1' }))
    const all = await submitter.events(runId)
    expect((await submitter.events(runId, { lastEventId: 5 })).map((event) => event.seq)).toEqual(
      all.slice(5).map((event) => event.seq),
    )
    expect((await submitter.get(`/runs/${runId}/events`, { 'last-event-id': String(all.length) })).status).toBe(204)
    expect((await submitter.get(`/runs/${runId}/events`, { 'last-event-id': String(all.length + 1) })).status).toBe(400)
    expect((await submitter.get(`/runs/${runId}/events`, { 'last-event-id': 'x' })).status).toBe(400)
    const json = await submitter.get(`/runs/${runId}/events`, { accept: 'application/json' })
    expect(json.body.items).toEqual(all)
  })

  test('a hopeless application is declined with reasons', async () => {
    const { runId } = await submitter.submit(
      'credit-desk',
      anApplication({ id: 'hopeless-1', salary: 9_000, spending: 12_500, monthlyPayment: 9_000 }),
    )
    const run = await submitter.runWhen(runId, (event) => event.type === 'waiting')
    expect(run.status).toBe('completed')
    expect(run.result.decision).toBe('decline')
    expect(run.result.reasons.length).toBeGreaterThan(0)
  })

  test('the same Idempotency-Key gives the same run, another body is refused', async () => {
    const body = { workflow: 'credit-desk', input: anApplication({ id: 'idem-1' }) }
    const headers = { 'idempotency-key': 'e2e-idem-1' }
    const answers = await Promise.all(Array.from({ length: 20 }, () => submitter.post('/runs', body, headers)))
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]))
    expect(new Set(answers.map((answer) => answer.body.runId)).size).toBe(1)
    expect(answers.filter((answer) => answer.headers.get('idempotency-replayed') === 'true')).toHaveLength(19)
    const other = await submitter.post('/runs', { ...body, priority: 'urgent' }, headers)
    expect(other.status).toBe(422)
    expect(other.body.code).toBe('IDEMPOTENCY_KEY_REUSED')
  })

  test('state, diagram, checkpoints and their difference can be read', async () => {
    const { runId } = await submitter.submit('credit-desk', anApplication({ id: 'read-1' }))
    await submitter.events(runId)
    const svg = await submitter.get(`/runs/${runId}/graph.svg`)
    expect(svg.headers.get('content-type')).toContain('image/svg+xml')
    expect(svg.body).toContain('<svg')
    expect((await submitter.get('/workflow/graph.svg?name=credit-desk')).body).toContain('<svg')
    const state = await submitter.get(`/runs/${runId}/state`)
    expect(state.status).toBe(200)
    const checkpoints = await submitter.get(`/runs/${runId}/checkpoints`)
    expect(checkpoints.body.items.length).toBeGreaterThan(5)
    const diff = await submitter.get(`/runs/${runId}/checkpoints/1/diff/2`)
    expect(diff.status).toBe(200)
  })
})

describe('a gate', () => {
  test('waits for a person, whose decision ends the run', async () => {
    const { runId } = await submitter.submit('credit-desk', aBorderlineCase('gate-1'))
    const waiting = await reviewer.runWhen(runId, (event) => event.type === 'hitl.requested')
    expect(waiting.status).toBe('waiting')
    expect(waiting.waitingFor).toMatchObject({ kind: 'gate', gate: 'review' })
    expect(waiting.waitingFor.shown.proposed).toMatchObject({ decision: 'refer', letterArtifactId: null })
    const inbox = await reviewer.get('/gates')
    expect(inbox.body.items.map((gate: any) => gate.runId)).toContain(runId)

    const stale = await reviewer.post(`/runs/${runId}/hitl`, { decision: 'approve', shownHash: '0'.repeat(64) })
    expect([stale.status, stale.body.code]).toEqual([409, 'GATE_CHANGED'])
    const decided = await reviewer.post(`/runs/${runId}/hitl`, {
      gate: 'review',
      decision: 'adjust',
      values: { amount: 20_000 },
      comment: 'smaller amount',
      shownHash: waiting.waitingFor.shownHash,
    })
    expect(decided.status).toBe(200)
    expect(decided.body).toMatchObject({ runId, gate: 'review', decision: 'adjust' })
    const again = await reviewer.post(`/runs/${runId}/hitl`, { decision: 'reject' })
    expect([again.status, again.body.code]).toEqual([409, 'GATE_NOT_OPEN'])
    const run = await reviewer.runWhen(runId, isTerminal)
    expect(run.result).toMatchObject({ decision: 'approve', decidedBy: decided.body.decidedBy })
  })

  test('is closed by one of many decisions at once', async () => {
    const { runId } = await submitter.submit('credit-desk', aBorderlineCase('gate-race-1'))
    await reviewer.runWhen(runId, (event) => event.type === 'hitl.requested')
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        reviewer.post(`/runs/${runId}/hitl`, { decision: n % 2 ? 'approve' : 'reject' }),
      ),
    )
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1)
    expect(answers.filter((answer) => answer.status === 409)).toHaveLength(9)
    const run = await reviewer.runWhen(runId, isTerminal)
    const won = answers.find((answer) => answer.status === 200)
    expect(run.result.decision).toBe(won?.body.decision === 'approve' ? 'approve' : 'decline')
  })

  test('is closed to who lacks the scope', async () => {
    const { runId } = await submitter.submit('credit-desk', aBorderlineCase('gate-scope-1'))
    await reviewer.runWhen(runId, (event) => event.type === 'hitl.requested')
    expect((await submitter.post(`/runs/${runId}/hitl`, { decision: 'approve' })).status).toBe(403)
  })

  test('is closed by a cancellation, which ends the run', async () => {
    const { runId } = await submitter.submit('credit-desk', aBorderlineCase('gate-cancel-1'))
    await reviewer.runWhen(runId, (event) => event.type === 'hitl.requested')
    expect((await operator.post(`/runs/${runId}/cancel`, {})).status).toBe(202)
    const run = await reviewer.runWhen(runId, isTerminal)
    expect(run.status).toBe('cancelled')
    const late = await reviewer.post(`/runs/${runId}/hitl`, { decision: 'approve' })
    expect(late.status).toBe(409)
  })
})

describe('bad input', () => {
  const problem = async (answer: Promise<{ status: number; headers: Headers; body: any }>) => {
    const { status, headers, body } = await answer
    expect(headers.get('content-type')).toContain('application/problem+json')
    expect(Object.keys(body)).toEqual(
      expect.arrayContaining(['type', 'title', 'status', 'detail', 'instance', 'code', 'traceId', 'errors']),
    )
    return { status, code: body.code, pointers: body.errors.map((error: any) => error.pointer) }
  }

  test('each kind gets its problem document', async () => {
    const good = anApplication({ id: 'bad-1' })
    const submit = (body: unknown) => problem(submitter.post('/runs', body))
    expect((await submit({ workflow: 'nope', input: {} })).status).toBe(404)
    expect((await submit({ workflow: 'credit-desk', version: 99, input: good })).status).toBe(404)
    expect((await submit('{"workflow":')).status).toBe(400)
    const wrong = await submit({
      workflow: 'credit-desk',
      input: { ...good, loan: { ...(good['loan'] as object), amount: 'x' } },
    })
    expect(wrong).toMatchObject({ status: 400, pointers: expect.arrayContaining(['/input/loan/amount']) })
    const missing = await submit({ workflow: 'credit-desk', input: { applicationId: 'x' } })
    expect(missing.pointers).toEqual(expect.arrayContaining(['/input/loan', '/input/statement', '/input/submittedOn']))
    expect((await submit('{"workflow":"credit-desk","input":{"__proto__":{"x":1}}}')).status).toBe(400)
    expect((await submit({ workflow: 'credit-desk', input: { ...good, applicationId: 'a\u0000b' } })).status).toBe(400)
    expect((await submit('x'.repeat(10 * 1024 * 1024))).status).toBe(413)
    expect((await problem(submitter.request('POST', '/runs', 'hello', { 'content-type': 'text/plain' }))).status).toBe(
      415,
    )
    expect((await problem(submitter.get('/runs/0190a0a0-0000-7000-8000-000000000000'))).status).toBe(404)
    expect((await problem(submitter.get('/runs/not-an-id'))).status).toBe(404)
    const stranger = await makeClient(fleet, 'fl_aaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')
    expect((await problem(stranger.get('/runs'))).status).toBe(401)
    expect((await problem(submitter.get('/dead-letters'))).status).toBe(403)
  })

  test("a foreign tenant's run does not exist", async () => {
    const created = await fleet.command('keys', 'create', '--tenant', 'other', '--scopes', 'runs:write,runs:read')
    const key = /fl_[a-z0-9]+_[\w-]+/.exec(created)?.[0]
    const other = await makeClient(fleet, key ?? '')
    const { runId } = await submitter.submit('credit-desk', anApplication({ id: 'foreign-1' }))
    await submitter.events(runId)
    for (const route of ['', '/events', '/state', '/checkpoints', '/artifacts', '/graph.svg'])
      expect((await other.get(`/runs/${runId}${route}`)).status, route).toBe(404)
    const own = await other.submit('credit-desk', anApplication({ id: 'foreign-2' }))
    expect((await other.get('/runs')).body.items.map((run: any) => run.runId)).toEqual([own.runId])
  })
})
