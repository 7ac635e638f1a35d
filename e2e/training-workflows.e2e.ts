import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isTerminal, makeClient, type Client } from './client.js'
import { startFleet, type Fleet } from './fleet.js'

let fleet: Fleet
let submitter: Client
let reviewer: Client
let operator: Client
let admin: Client

beforeAll(async () => {
  // As many reviews an hour as these stories take, and more.
  fleet = await startFleet('training', { env: { AGENT_ACCESSIBILITY_REVIEWS_RATE_MAX: '1000' } })
  submitter = await makeClient(fleet, 'submitter')
  reviewer = await makeClient(fleet, 'reviewer')
  operator = await makeClient(fleet, 'operator')
  admin = await makeClient(fleet, 'admin')
})
afterAll(() => fleet?.stop())

const signOff = (body = 'Lock your screen when you leave.') => ({
  document: { id: 'handbook', version: 3, title: 'Handbook', body },
  waitingFor: 'head-of-training',
})

const training = (constraints: Record<string, unknown> = {}) => ({
  programmeId: 'annual-2027',
  title: 'Annual compliance training',
  requestedOn: '2026-11-21',
  dueOn: '2026-12-15',
  audience: 'sales',
  regulations: ['data-care-act', 'clean-hands-code', 'safe-floor-ordinance'],
  constraints: {
    minutesMax: 45,
    questionsMax: 8,
    passMark: 80,
    readingGradeMax: 8,
    colours: { text: '#8a8a8a', background: '#ffffff' },
    ...constraints,
  },
})

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Waits until the n-th gate of a run is open, and decides it. */
const decide = async (runId: string, nth: number, decision: Record<string, unknown>): Promise<string> => {
  let seen = 0
  const run = await reviewer.runWhen(runId, ({ type }) => type === 'hitl.requested' && (seen += 1) === nth)
  const { gate } = run.waitingFor
  const answer = await reviewer.post(`/runs/${runId}/hitl`, { gate, ...decision })
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  return gate
}

const visitsOf = (run: any): Record<string, number> =>
  Object.fromEntries(run.steps.map((step: any) => [step.name, step.visits]))

/** The content of the newest version of an artifact. */
const artifactOf = async (runId: string, name: string): Promise<any> => {
  const { body } = await submitter.get(`/runs/${runId}/artifacts`)
  return body.items.filter((each: any) => each.name === name).at(-1)
}

describe('manager_sign_off', () => {
  test('an approval publishes the document, once', async () => {
    const { runId } = await submitter.submit('manager_sign_off', signOff())
    expect(await decide(runId, 1, { decision: 'approve' })).toBe('waiting_for_manager')
    const run = await reviewer.runWhen(runId, isTerminal)
    expect(run).toMatchObject({
      status: 'completed',
      result: { outcome: 'published', decision: { decision: 'approve' } },
    })
    expect(run.result.publication).toMatchObject({
      documentId: 'handbook',
      version: 3,
      sha256: sha256(signOff().document.body),
    })
  })

  test('a rejection asks for a revision with its comment', async () => {
    const { runId } = await submitter.submit('manager_sign_off', signOff())
    await decide(runId, 1, { decision: 'reject', comment: 'too short' })
    const run = await reviewer.runWhen(runId, isTerminal)
    expect(run.result).toMatchObject({
      outcome: 'revision_requested',
      decision: { comment: 'too short' },
      publication: null,
    })
  })

  test('a document without text fails for good after its approval, and is a dead letter', async () => {
    const { runId } = await submitter.submit('manager_sign_off', signOff(' '))
    await decide(runId, 1, { decision: 'approve' })
    const run = await reviewer.runWhen(runId, isTerminal)
    expect(run).toMatchObject({ status: 'failed', error: { code: 'EMPTY_DOCUMENT' } })
    const { body } = await operator.get('/dead-letters')
    expect(body.items.map((letter: any) => letter.runId)).toContain(runId)
  })
})

describe('training_state_machine', () => {
  test('repairs gaps and issues, is approved twice, and leaves a package whose checksums hold', async () => {
    const { runId } = await submitter.submit('training_state_machine', training())
    expect(await decide(runId, 1, { decision: 'approve' })).toBe('awaiting_objectives_approval')
    expect(await decide(runId, 2, { decision: 'approve' })).toBe('awaiting_final_approval')
    const run = await reviewer.runWhen(runId, isTerminal)
    expect(run).toMatchObject({
      status: 'completed',
      result: { outcome: 'exported', priority: 'urgent', questions: 8 },
    })
    expect(visitsOf(run)).toMatchObject({
      designing_objectives: 1,
      designing_assessments: 3,
      assessment_designer: 3,
      activity_designer: 3,
      alignment_check: 3,
      accessibility_check: 2,
    })
    expect(run.steps.find(({ name }: any) => name === 'escalated').status).toBe('skipped')

    const stored = await artifactOf(runId, 'lms_package')
    expect(run.result.package.packageArtifactId).toBe(stored.artifactId)
    const { body: made } = await submitter.get(stored.href)
    expect(sha256(made.manifest)).toBe(run.result.package.sha256)
    expect(made.files).toHaveLength(run.result.package.files)
    for (const file of made.files) {
      expect(sha256(file.content)).toBe(file.sha256)
      expect(made.manifest).toContain(file.sha256)
    }
    const { body: checkpoints } = await submitter.get(`/runs/${runId}/checkpoints`)
    expect(new Set(checkpoints.items.map(({ label }: any) => label))).toEqual(
      new Set(['designing_objectives', 'designing_assessments', 'exporting']),
    )
  })

  test('a rejection designs the objectives anew, minor changes go to the designers', async () => {
    const { runId } = await submitter.submit('training_state_machine', training())
    await decide(runId, 1, { decision: 'reject', values: { exclude: ['gifts'] } })
    await decide(runId, 2, { decision: 'approve' })
    expect(
      await decide(runId, 3, { decision: 'minor_changes', values: { removeQuestions: ['q-conflict-withdraw'] } }),
    ).toBe('awaiting_final_approval')
    await decide(runId, 4, { decision: 'approve', comment: 'fine now' })
    const run = await reviewer.runWhen(runId, isTerminal)
    expect(run.result).toMatchObject({ outcome: 'exported', approvals: { final: { comment: 'fine now' } } })
    expect(visitsOf(run)).toMatchObject({ designing_objectives: 2, awaiting_final_approval: 2, exporting: 1 })
  })

  test('constraints in conflict are refused with every reason', async () => {
    const { runId } = await submitter.submit('training_state_machine', training({ questionsMax: 1, minutesMax: 5 }))
    const run = await reviewer.runWhen(runId, isTerminal)
    expect(run.result.outcome).toBe('constraints_refused')
    expect(run.result.findings.map(({ code }: any) => code)).toEqual(['TOO_FEW_QUESTIONS', 'TOO_LITTLE_TIME'])
  })

  test('a reading level that nothing can keep to is escalated, and a person ends it', async () => {
    const { runId } = await submitter.submit('training_state_machine', training({ readingGradeMax: 1 }))
    await decide(runId, 1, { decision: 'approve' })
    expect(await decide(runId, 2, { decision: 'reject', comment: 'lower the bar' })).toBe('escalated')
    const run = await reviewer.runWhen(runId, isTerminal)
    expect(run.result).toMatchObject({
      outcome: 'abandoned',
      escalation: { stage: 'design', reason: 'loop_exhausted' },
      rejection: { comment: 'lower the bar' },
    })
  })
})

describe('weekly_compliance_check', () => {
  test('is started by its schedule, and tells who is overdue by role', async () => {
    const trigger = '/triggers/weekly_compliance_check/monday-morning'
    expect((await admin.request('PUT', trigger, { enabled: true })).status).toBe(200)
    const { body: triggers } = await admin.get('/triggers')
    const mine = triggers.items.find(({ workflow }: any) => workflow === 'weekly_compliance_check')
    const next = new Date(mine.nextAt)
    expect([next.getUTCDay(), next.getUTCHours(), next.getUTCMinutes()]).toEqual([1, 8, 0])

    const fired = await admin.post(`${trigger}/fire`, {})
    expect(fired.status, JSON.stringify(fired.body)).toBe(202)
    const run = await admin.runWhen(fired.body.runId, isTerminal)
    expect(run.status).toBe('completed')
    expect(run.result.standings.map(({ role }: any) => role)).toEqual(['sales', 'warehouse'])
    expect(run.result.standings[0].people).toBe(2)
    expect(run.result.findings).toEqual([])
  })

  test.each([
    ['2026-11-23', 'overdue_reported', 1],
    ['2026-09-30', 'compliant', 0],
  ])('as of %s it is %s', async (asOf, outcome, overdueTotal) => {
    const register = {
      rules: [{ role: 'sales', training: 'clean-hands', everyDays: 365, graceDays: 30 }],
      people: [{ id: 'P-002', role: 'sales', inRoleSince: '2025-09-15' }],
      completions: [{ person: 'P-002', training: 'clean-hands', passedOn: '2025-10-01' }],
    }
    const { runId } = await submitter.submit('weekly_compliance_check', { register, noticeDays: 30, asOf })
    const run = await reviewer.runWhen(runId, isTerminal)
    expect(run.result).toMatchObject({ outcome, overdueTotal, asOf })
    expect(await artifactOf(runId, 'compliance_report')).toMatchObject({ mediaType: 'text/markdown' })
  })
})

test.each(['manager_sign_off', 'training_state_machine', 'weekly_compliance_check'])(
  'the sample of %s runs by one command',
  async (workflow) => {
    const output = await fleet.command('demo', workflow, '--decide', 'approve', '--decide', 'approve')
    expect(output).toContain('run.completed')
  },
)
