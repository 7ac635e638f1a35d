import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeClient, type Client } from './client.js'
import { startFleet, type Fleet } from './fleet.js'

let fleet: Fleet
let submitter: Client

beforeAll(async () => {
  fleet = await startFleet('brief')
  submitter = await makeClient(fleet, 'submitter')
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
