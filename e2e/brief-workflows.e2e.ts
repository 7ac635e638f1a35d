import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeClient, type Client } from './client.js'
import { startFleet, type Fleet } from './fleet.js'

const { Client: Postgres } = createRequire(import.meta.url)('pg') as typeof import('pg') // a CommonJS module

let fleet: Fleet
let submitter: Client
let reviewer: Client
let operator: Client

beforeAll(async () => {
  fleet = await startFleet('brief')
  submitter = await makeClient(fleet, 'submitter')
  reviewer = await makeClient(fleet, 'reviewer')
  operator = await makeClient(fleet, 'operator')
})
afterAll(() => fleet?.stop())

const topic = 'protection against summer heat'
const wrongQuotation = {
  sourceId: 'cool-roofs-2023',
  text: 'The programme costs 9.9 million marks over five years.',
}

describe('policy_brief_v1', () => {
  test('a topic becomes a brief whose planted wrong citation was found and corrected', async () => {
    const { runId } = await submitter.submit('policy_brief_v1', { topic, quotations: [wrongQuotation] })
    const run = await submitter.runWhen(runId, () => false)
    expect(run.status).toBe('completed')
    const { final_brief: brief, verification_report: report } = run.result
    expect(report).toMatchObject({ passed: false, citations: [{ code: 'QUOTE_NOT_IN_SOURCE' }] })
    expect(brief.changes).toHaveLength(1)
    expect(brief.body).toContain('The programme costs 6.2 million marks')
    expect(brief.body).not.toContain('9.9 million')
    expect(run.steps.map((step: any) => [step.name, step.status, step.visits])).toEqual(
      ['research', 'outline', 'draft', 'verify', 'finalize'].map((name) => [name, 'done', 1]),
    )
    const { body: artifacts } = await submitter.get(`/runs/${runId}/artifacts`)
    expect(artifacts.items.map((one: any) => one.name).sort()).toEqual(
      ['brief', 'draft', 'outline', 'sources', 'verification'].sort(),
    )
  })

  test('its sample runs by one command', async () => {
    const output = await fleet.command('demo', 'policy_brief_v1')
    expect(output).toContain('run.completed')
    expect(output).toContain('## Recommendations')
  })
})

describe('brief_workflow', () => {
  test('a topic that nothing is known about is retried three times, then a person gives another', async () => {
    const { runId } = await submitter.submit('brief_workflow', { topic: 'submarine cables' })
    const waiting = await reviewer.runWhen(runId, (event) => event.type === 'hitl.requested')
    expect(waiting.waitingFor).toMatchObject({ gate: 'human_review', shown: { retry_count: 3 } })
    expect(waiting.steps.find((step: any) => step.name === 'researching')).toMatchObject({ visits: 4 })
    const answer = await reviewer.post(`/runs/${runId}/hitl`, {
      decision: 'adjust',
      values: { topic: 'school streets' },
    })
    expect(answer.status).toBe(200)
    const run = await submitter.runWhen(runId, () => false)
    expect(run.result).toMatchObject({ outcome: 'completed', verification_report: { passed: true } })
    expect(run.result.final_brief.body).toContain('School Streets')
  })

  test('a wrong quotation is found by the audit and gone in the second draft', async () => {
    const { runId } = await submitter.submit('brief_workflow', { topic, quotations: [wrongQuotation] })
    const run = await submitter.runWhen(runId, () => false)
    expect(run.result).toMatchObject({ outcome: 'completed', verification_report: { passed: true } })
    expect(run.steps.find((step: any) => step.name === 'drafting').visits).toBe(2)
  })

  test('a topic that is not valid is rejected', async () => {
    const { runId } = await submitter.submit('brief_workflow', { topic: '' })
    expect((await submitter.runWhen(runId, () => false)).result).toMatchObject({ outcome: 'rejected' })
  })
})

describe('approve_then_act', () => {
  test('an approved notice is published, a rejected one is recorded', async () => {
    const decided = await Promise.all(
      (['approve', 'reject'] as const).map(async (decision) => {
        const { runId } = await submitter.submit('approve_then_act', {
          policyId: 'shade-trees-2022',
          asOf: '2026-01-01',
        })
        const { waitingFor } = await reviewer.runWhen(runId, (event) => event.type === 'hitl.requested')
        expect(waitingFor.shown.proposed_action.addressee).toBe('Parks Department')
        expect(waitingFor.shown.agent_reasoning).toContain('cannot be taken back')
        await reviewer.post(`/runs/${runId}/hitl`, { decision, shownHash: waitingFor.shownHash })
        return (await submitter.runWhen(runId, () => false)).result
      }),
    )
    expect(decided).toMatchObject([
      { decision: 'approved', receipt: { addressee: 'Parks Department' } },
      { decision: 'rejected', receipt: null },
    ])
  })
})

describe('react_agent', () => {
  test('a question is answered with the sum of what two policies say', async () => {
    const question = 'What is the combined budget of the shade tree plan and the cost of cool roofs?'
    const { runId } = await submitter.submit('react_agent', { question })
    const { result } = await submitter.runWhen(runId, () => false)
    expect(result).toMatchObject({ tool_calls_made: 5, capped: false })
    expect(result.final_answer).toContain('Together: 20700000 marks.')
  })

  test('a question of too many parts ends at the cap with what was found', async () => {
    const question = 'Heat alert, school streets, flood warning, rent register, wood stoves and open data?'
    const { runId } = await submitter.submit('react_agent', { question })
    const { status, result } = await submitter.runWhen(runId, () => false)
    expect(status).toBe('completed')
    expect(result).toMatchObject({ tool_calls_made: 10, capped: true })
    expect(result.final_answer).toContain('[school-streets-2023]')
  })
})

describe('sequential_rag', () => {
  test('a question is answered from the policies, a checkpoint after each step', async () => {
    const question = 'How many trees does the shade tree plan plant?'
    const { runId } = await submitter.submit('sequential_rag', { question })
    const { result } = await submitter.runWhen(runId, () => false)
    expect(result.citations[0].sourceId).toBe('shade-trees-2022')
    expect(result.answer).toContain(result.citations[0].quote)
    const { body: checkpoints } = await submitter.get(`/runs/${runId}/checkpoints`)
    expect(checkpoints.items.map((one: any) => one.step)).toEqual(
      expect.arrayContaining(['retrieve', 'augment', 'generate', 'validate']),
    )
  })
})

describe('research_report', () => {
  test('a report is sent exactly once although its agent is killed', async () => {
    const { runId } = await submitter.submit('research_report', { topic, addressee: 'team@example.org' })
    // In the middle of it: some parts are read, the report is not sent.
    await submitter.events(runId, { until: (event) => event.type === 'step.completed' && event.phase === 'research' })
    const { services } = await fleet.file()
    for (const { name, pid } of services) if (name === 'agent-research') process.kill(pid, 'SIGKILL')
    const run = await submitter.runWhen(runId, () => false)
    expect(run).toMatchObject({ status: 'completed', result: { messageId: expect.any(String) } })
    const owner = new Postgres({ connectionString: (await fleet.file()).databaseUrl })
    await owner.connect()
    try {
      const { rows } = await owner.query(`select name, status from vault.effect where root_run_id = $1`, [runId])
      expect(rows).toEqual([{ name: 'send-report', status: 'done' }])
    } finally {
      await owner.end()
    }
  })
})

describe('contract_analysis', () => {
  test('a thread that was killed in the middle goes on after a resume with an empty body', async () => {
    const sample = new URL('../tools/demo-inputs/contract_analysis.json', import.meta.url)
    const input: unknown = JSON.parse(await readFile(sample, 'utf8'))
    // A queue can be paused once something was owed to it.
    const { runId: before } = await submitter.submit('contract_analysis', input)
    expect((await submitter.runWhen(before, () => false)).result).toMatchObject({ level: 'high' })
    // Held in the middle, so that the kill comes there.
    expect((await operator.post('/queues/agent.contracts-risk/pause', {})).status).toBe(200)
    const { runId } = await submitter.submit('contract_analysis', input)
    await submitter.events(runId, {
      until: (event) => event.type === 'step.completed' && event.phase === 'extract',
    })
    const { services } = await fleet.file()
    for (const { name, pid } of services)
      if (name === 'agent-research' || name === 'orchestrator') process.kill(pid, 'SIGKILL')
    const failed = await submitter.runWhen(runId, () => false)
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'QUEUE_DEADLINE' } })
    expect((await operator.post('/queues/agent.contracts-risk/resume', {})).status).toBe(200)
    const resumed = await operator.post(`/runs/${runId}/resume`)
    expect(resumed.status).toBe(202)
    // Until the resume is applied the stream stands at its last event, and would end there.
    const read = async () => (await submitter.get(`/runs/${runId}`)).body
    await expect.poll(async () => (await read()).status, { timeout: 60_000 }).toBe('completed')
    const run = await read()
    expect(run.result).toMatchObject({ level: 'high' })
    const visits = run.steps.map((step: any) => [step.name, step.visits, step.attempts])
    expect(visits.slice(0, 2)).toEqual([
      ['split', 1, 1],
      ['extract', 1, 1],
    ])
  })
})

describe('research_phase and drafting_phase', () => {
  test('a research phase that completes starts a drafting phase with its sources, once', async () => {
    const on = await operator.request('PUT', '/triggers/drafting_phase/after_research', { enabled: true })
    expect(on.status).toBe(200)
    const { runId } = await submitter.submit('research_phase', { topic })
    const first = await submitter.runWhen(runId, () => false)
    expect(first.status).toBe('completed')
    const draftings = async () =>
      (await submitter.get('/runs?workflow=drafting_phase')).body.items as { runId: string; status: string }[] // as listed
    await expect.poll(async () => (await draftings()).length, { timeout: 60_000 }).toBe(1)
    const [second] = await draftings()
    const drafted = await submitter.runWhen(second?.runId ?? '', () => false)
    expect(drafted.result).toMatchObject({ researchRunId: runId, verification_report: { passed: true } })
    const titles = first.result.sources.map((source: any) => source.title)
    expect(titles.some((title: string) => drafted.result.final_brief.body.includes(title))).toBe(true)
  })

  test('one that fails starts none', async () => {
    const { runId } = await submitter.submit('research_phase', { topic: 'submarine cables' })
    const run = await submitter.runWhen(runId, () => false)
    expect(run).toMatchObject({ status: 'failed', error: { code: 'INSUFFICIENT_SOURCES' } })
    expect((await submitter.get('/runs?workflow=drafting_phase')).body.items).toHaveLength(1)
  })
})

describe('brief_state_machine', () => {
  const visitsOf = (run: any, name: string): number => run.steps.find((step: any) => step.name === name).visits

  test('a wrong quotation is revised once, and the brief is stored as a version', async () => {
    const input = { topic, constraints: { sourcesMax: 12 }, quotations: [wrongQuotation] }
    const { runId } = await submitter.submit('brief_state_machine', input)
    const run = await submitter.runWhen(runId, () => false)
    expect(run.result).toMatchObject({
      outcome: 'completed',
      revision_count: 1,
      verification_report: { passed: true },
      reviewedBy: null,
    })
    expect(run.result.final_brief.body).not.toContain('9.9 million')
    const workers = run.steps.find((step: any) => step.name === 'researching.workers')
    expect(workers.items).toMatchObject({ failed: 0 })
    expect(workers.items.done).toBeGreaterThanOrEqual(5)
    const { body: checkpoints } = await submitter.get(`/runs/${runId}/checkpoints`)
    const labels = checkpoints.items.map((checkpoint: any) => checkpoint.label)
    expect(labels).toContain('requested')
    expect(labels).toContain('researching')
    expect(labels.some((label: string) => label.startsWith('draft 1, section'))).toBe(true)
    const { body: artifacts } = await submitter.get(`/runs/${runId}/artifacts`)
    expect(artifacts.items).toMatchObject([{ name: 'versioned_brief', version: 1 }])
  })

  test('a quotation that stays wrong comes to a person after three revisions', async () => {
    const input = { topic, quotations: [{ ...wrongQuotation, insist: true }] }
    const { runId } = await submitter.submit('brief_state_machine', input)
    const waiting = await reviewer.runWhen(runId, (event) => event.type === 'hitl.requested')
    expect(waiting.waitingFor).toMatchObject({ gate: 'human_review', shown: { revision_count: 3 } })
    expect(visitsOf(waiting, 'verifying')).toBe(4)
    await reviewer.post(`/runs/${runId}/hitl`, { decision: 'approve' })
    const run = await submitter.runWhen(runId, () => false)
    expect(run.result.outcome).toBe('completed')
    expect(run.result.reviewedBy).toEqual(expect.any(String))
  })

  test('too few sources wait for a person, who ends it', async () => {
    const { runId } = await submitter.submit('brief_state_machine', { topic: 'submarine cables' })
    const waiting = await reviewer.runWhen(runId, (event) => event.type === 'hitl.requested')
    expect(waiting.waitingFor.gate).toBe('human_input_needed')
    await reviewer.post(`/runs/${runId}/hitl`, { decision: 'reject' })
    expect((await submitter.runWhen(runId, () => false)).result.outcome).toBe('rejected')
  })
})
