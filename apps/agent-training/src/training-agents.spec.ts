import { agentLaws, callAgent } from '@flotilla/agent-sdk/testing'
import { describe, expect, test } from 'vitest'
import { confirmConstraints } from './design/confirm-constraints.js'
import { aRequest } from './testing/a-request.js'
import { designUntilDone, noFeedback } from './testing/design-until-done.js'
import { trainingAgents } from './training-agents.js'

const request = aRequest()
const { constraints } = request
const { obligations } = confirmConstraints(request)
const { objectives, assessments, activities, outcomes, feedback } = designUntilDone(request)
const design = { obligations, objectives, constraints, feedback: noFeedback }
const designed = { constraints, assessments, activities }
const register = {
  rules: [{ role: 'sales', training: 'gifts', everyDays: 365, graceDays: 30 }],
  people: [{ id: 'P-1', role: 'sales', inRoleSince: '2024-01-01' }],
  completions: [],
}

const inputs: Readonly<Record<string, readonly object[]>> = {
  'training.intake': [{ request }, { request: aRequest({ questionsMax: 1 }, { regulations: ['no-such-act'] }) }],
  'training.objectives': [{ obligations }, { obligations, feedback: [{ level: null }, { exclude: ['gifts'] }] }],
  'training.assessments': [design, { ...design, feedback }],
  'training.activities': [design, { ...design, feedback }],
  'training.alignment': [{ ...designed, obligations, objectives }],
  'training.accessibility': [designed],
  'training.export': [{ programmeId: 'p', title: 'A training', objectives, assessments, activities }],
  'training.compliance': [{ register, noticeDays: 30, asOf: null, startedAtMs: 1_795_000_000_000 }],
  'training.publish': [{ document: { id: 'd', version: 1, title: 'D', body: 'text' }, approvedBy: 'ann' }],
}

describe('every agent of this app', () => {
  test('is tried on inputs of its own', () => {
    expect(trainingAgents().map(({ name }) => name)).toEqual(Object.keys(inputs))
    expect(outcomes).toEqual(['gaps_found', 'issues_found', 'passed'])
  })

  for (const agent of trainingAgents())
    for (const law of agentLaws(agent, inputs[agent.name] ?? []))
      test(`law: ${law.name}`, () => expect(law.check()).resolves.toBeUndefined())

  test('answers within its contract and says when it is done', async () => {
    for (const agent of trainingAgents()) {
      const call = await callAgent(agent, inputs[agent.name]?.[0])
      expect(call.output, agent.name).not.toBeNull()
      expect(call.progress.at(-1)?.fraction, agent.name).toBe(1)
      expect(call.tools, agent.name).toHaveLength(1)
    }
  })
})
