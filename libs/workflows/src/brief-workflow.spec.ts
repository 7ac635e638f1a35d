import type { Command } from '@flotilla/engine'
import { simulate, type Decision, type SimulatedAgents } from '@flotilla/engine/testing'
import { describe, expect, test } from 'vitest'
import { briefWorkflow } from './brief-workflow.js'
import {
  answering,
  briefAgents,
  briefOutputs,
  failedAudit,
  incompleteOutline,
  stepsSent,
  tooFewSources,
} from './testing/brief-world.js'

const input = { topic: 'summer heat' }
const found = briefOutputs['research.extract']
const complete = briefOutputs['research.outline']

const run = (agents: SimulatedAgents = {}, decide: () => Decision | null = () => null, given: object = input) =>
  simulate(briefWorkflow, briefAgents(agents), { input: given as typeof input, decide })

const toldIn = (commands: readonly Command[]): readonly string[] =>
  commands.flatMap((command) => (command.type === 'Log' || command.type === 'Notify' ? [command.message] : []))

test('a valid topic goes from pending to a delivered brief, with its entry actions', () => {
  const { state, commands } = run()
  expect(stepsSent(commands)).toEqual(['researching', 'outlining', 'drafting', 'verifying', 'delivering'])
  expect(state.result).toMatchObject({ outcome: 'completed', artifactId: 'run-1.brief.v1', retry_count: 0 })
  expect(toldIn(commands)).toEqual(['A brief was requested', 'Research begins', 'The brief is delivered'])
})

test.each(['', 'ab', 'x'.repeat(201)])('a topic that is not valid is rejected before any agent is asked', (topic) => {
  const { state, commands } = run({}, undefined, { topic })
  expect(state.result).toMatchObject({ outcome: 'rejected' })
  expect(stepsSent(commands)).toEqual([])
})

describe('research that fails', () => {
  test('is retried while retry_count < 3, then escalates to a person', () => {
    const { state, commands } = run({ 'research.extract': () => ({ output: tooFewSources }) })
    expect(stepsSent(commands)).toEqual(['researching', 'researching', 'researching', 'researching'])
    expect(toldIn(commands).filter((message) => message === 'retry' || message === 'escalate')).toEqual([
      'retry',
      'retry',
      'retry',
      'escalate',
    ])
    expect(state).toMatchObject({ status: 'failed', error: { code: 'REVIEW_TIMEOUT' } })
  })

  test('goes on once a retry succeeds', () => {
    const { state } = run({ 'research.extract': answering(tooFewSources, tooFewSources, found) })
    expect(state.result).toMatchObject({ outcome: 'completed', retry_count: 2 })
  })

  test('counts an agent that fails for good like too few sources', () => {
    const { commands } = run({ researching: () => ({ failed: { code: 'BROKEN', message: 'broken' } }) })
    expect(stepsSent(commands)).toHaveLength(4)
  })

  test('that takes too long has a state of its own, tells the client, and ends as failed', () => {
    const { state, commands } = run({ researching: () => ({ silent: true }) })
    expect(state).toMatchObject({ status: 'failed', error: { code: 'RESEARCH_TIMEOUT' } })
    expect(state.steps['research_timeout']?.status).toBe('done')
    expect(toldIn(commands).at(-1)).toMatch(/resume the run/)
  })
})

describe('an outline that lacks something', () => {
  test('sends research back with the missing words', () => {
    const { state, commands } = run({ outlining: answering(incompleteOutline, complete) })
    expect(stepsSent(commands).slice(0, 4)).toEqual(['researching', 'outlining', 'researching', 'outlining'])
    const again = commands.filter((command) => command.type === 'Dispatch' && command.step === 'researching')[1]
    expect(again).toMatchObject({ input: { also: ['costs'] } })
    expect(state.result).toMatchObject({ outcome: 'completed' })
  })

  test('is looked at by a person after three rounds, who may have it written from what there is', () => {
    const { state, commands } = run({ outlining: () => ({ output: incompleteOutline }) }, () => ({
      decision: 'approve',
    }))
    expect(stepsSent(commands)).toEqual([
      ...Array.from({ length: 3 }, () => ['researching', 'outlining']).flat(),
      'planning',
      'drafting',
      'verifying',
      'delivering',
    ])
    expect(state.result).toMatchObject({ outcome: 'completed' })
  })
})

describe('a person at human_review', () => {
  const failing = { 'research.extract': answering(tooFewSources, tooFewSources, tooFewSources, tooFewSources, found) }

  test('can give another topic, with retries counted anew', () => {
    const { state, commands } = run(failing, () => ({ decision: 'adjust', values: { topic: 'flood protection' } }))
    const last = commands.filter((command) => command.type === 'Dispatch' && command.step === 'researching').at(-1)
    expect(last).toMatchObject({ input: { topic: 'flood protection' } })
    expect(state.result).toMatchObject({ outcome: 'completed', retry_count: 0 })
  })

  test('can end it', () => {
    expect(run(failing, () => ({ decision: 'reject' })).state.result).toMatchObject({ outcome: 'rejected' })
  })

  test('is asked again where an adjustment names no topic', () => {
    const decisions: Decision[] = [{ decision: 'adjust' }, { decision: 'reject' }]
    const { commands } = run(failing, () => decisions.shift() ?? null)
    expect(commands.filter(({ type }) => type === 'OpenGate')).toHaveLength(2)
  })
})

test('a draft with wrong citations is revised at most twice, and what is wrong even then is left out', () => {
  const { state, commands } = run({ 'research.verify': () => ({ output: failedAudit }) })
  expect(stepsSent(commands).slice(2)).toEqual([
    ...Array.from({ length: 3 }, () => ['drafting', 'verifying']).flat(),
    'delivering',
  ])
  expect(state.result).toMatchObject({ outcome: 'completed', verification_report: { passed: false } })
})
