import { contractById, parseContract } from '@flotilla/contracts'
import { simulate } from '@flotilla/engine/testing'
import { expect, test } from 'vitest'
import { draftingPhase } from './drafting-phase.js'
import { researchPhase } from './research-phase.js'
import { briefAgents, stepsSent, tooFewSources } from './testing/brief-world.js'

const input = { topic: 'summer heat', constraints: null }

test('the research phase ends with what it found', () => {
  const { state } = simulate(researchPhase, briefAgents(), { input })
  expect(state).toMatchObject({ status: 'completed', result: { sources: [{ id: 'cool-roofs' }, {}], quotes: [{}] } })
})

test('too few sources fail the research phase, so that no drafting follows', () => {
  const { state } = simulate(researchPhase, briefAgents({ research: () => ({ output: tooFewSources }) }), { input })
  expect(state).toMatchObject({ status: 'failed', error: { code: 'INSUFFICIENT_SOURCES' } })
})

test('the drafting phase is started by a research phase that completes, with its sources', () => {
  expect(draftingPhase.triggers).toMatchObject([
    {
      kind: 'completion',
      workflow: 'research_phase',
      status: 'completed',
      input: { sources: 'previous.outputs.sources', topic: 'previous.input.topic' },
    },
  ])
})

test('the drafting phase writes a brief from what the research phase found', () => {
  const found = simulate(researchPhase, briefAgents(), { input }).state.result as { sources: []; quotes: [] } // its end maps both
  const given = { ...input, ...found, researchRunId: 'run-0' }
  const type = contractById('drafting_phase.input.v1')
  expect(type && parseContract(type, given)).toBeDefined()
  const { state, commands } = simulate(draftingPhase, briefAgents(), { input: given })
  expect(stepsSent(commands)).toEqual(['outline', 'draft', 'verify', 'finalize'])
  expect(state.result).toMatchObject({ final_brief: { title: 'A brief' }, researchRunId: 'run-0' })
})
