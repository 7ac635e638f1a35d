import type { Command } from '@flotilla/engine'
import { simulate, type Decision, type SimulatedAgents } from '@flotilla/engine/testing'
import { describe, expect, test } from 'vitest'
import { briefStateMachine } from './brief-state-machine.js'
import {
  answering,
  briefAgents,
  failedAudit,
  incompleteOutline,
  stepsSent,
  supervisedBy,
} from './testing/brief-world.js'

const input = { topic: 'summer heat' }

const run = (agents: SimulatedAgents = {}, decide: () => Decision | null = () => null, given: object = input) =>
  simulate(briefStateMachine, briefAgents({ ...supervisedBy(7), ...agents }), { input: given as typeof input, decide })

const enteredIn = (commands: readonly Command[]): readonly string[] =>
  stepsSent(commands).map((step) => step.split('.')[0] ?? '')

/** Top-level states in the order in which agents worked for them, each stay once. */
const stays = (commands: readonly Command[]): readonly string[] =>
  enteredIn(commands).filter((step, position, all) => step !== all[position - 1])

const told = (commands: readonly Command[]): readonly string[] =>
  commands.flatMap((command) => (command.type === 'Notify' ? [command.message] : []))

describe('the happy path', () => {
  const { state, commands } = run()

  test('goes from requested over researching, drafting and verifying to completed', () => {
    expect(stays(commands)).toEqual(['researching', 'drafting', 'verifying'])
    expect(state.result).toMatchObject({ outcome: 'completed', revision_count: 0, reviewedBy: null })
  })

  test('a supervisor plans, a worker reads each source, the supervisor reviews', () => {
    const research = stepsSent(commands).filter((step) => step.startsWith('researching.'))
    expect(research[0]).toBe('researching.plan')
    expect(research.slice(1, -1).toSorted()).toEqual(
      Array.from({ length: 7 }, (_, item) => `researching.workers.${item}.worker`),
    )
    expect(research.at(-1)).toBe('researching.review')
  })

  test('saves a checkpoint when requested, after five sources, and none for verifying', () => {
    const labels = commands.flatMap((command) => (command.type === 'SaveCheckpoint' ? [command.label] : []))
    expect(labels).toEqual(['requested', 'researching'])
  })

  test('the completed brief is stored as a version and told', () => {
    expect(commands.find(({ type }) => type === 'SaveArtifact')).toMatchObject({
      name: 'versioned_brief',
      version: 1,
      content: '# A brief\n',
    })
    expect(told(commands)).toEqual(['The brief is stored'])
  })
})

test('eleven sources are two checkpoints of research', () => {
  const { commands } = run(supervisedBy(11))
  const labels = commands.flatMap((command) => (command.type === 'SaveCheckpoint' ? [command.label] : []))
  expect(labels.filter((label) => label === 'researching')).toHaveLength(2)
})

test('what is not valid is rejected without research', () => {
  const { state, commands } = run({}, undefined, { topic: 'x' })
  expect(stepsSent(commands)).toEqual([])
  expect(state.result).toMatchObject({ outcome: 'rejected' })
})

describe('insufficient sources', () => {
  test('need a person, who can have the brief written all the same', () => {
    const { state, commands } = run(supervisedBy(1), () => ({ decision: 'approve' }))
    expect(commands.find(({ type }) => type === 'OpenGate')).toMatchObject({ gate: 'human_input_needed' })
    expect(state.result).toMatchObject({ outcome: 'completed' })
  })

  test('need a person, who can give another topic', () => {
    let asked = 0
    const plan: SimulatedAgents[string] = (sent) =>
      supervisedBy((asked += 1) === 1 ? 0 : 7)['research.plan']?.(sent) ?? { output: null }
    const { state, commands } = run({ 'research.plan': plan }, () => ({
      decision: 'adjust',
      values: { topic: 'floods' },
    }))
    const again = commands
      .filter((command) => command.type === 'Dispatch' && command.step === 'researching.plan')
      .at(-1)
    expect(again).toMatchObject({ input: { topic: 'floods' } })
    expect(state.result).toMatchObject({ outcome: 'completed' })
  })

  test('end the run where nobody answers for 48 hours', () => {
    expect(run(supervisedBy(1)).state).toMatchObject({ status: 'failed', error: { code: 'REVIEW_TIMEOUT' } })
  })
})

test('a worker that fails for good leaves its source out', () => {
  const { state } = run({
    'research.work': (sent) =>
      sent.step.includes('.0.')
        ? { failed: { code: 'BROKEN', message: 'broken' } }
        : (supervisedBy(7)['research.work']?.(sent) ?? { output: null }),
  })
  expect(state.result).toMatchObject({ outcome: 'completed' })
  expect(state.steps['researching.workers']).toMatchObject({ items: { total: 7, done: 6, failed: 1 } })
})

test('research that takes longer than ten minutes comes to research_timeout, which tells and fails', () => {
  const endless = { ...supervisedBy(20), 'research.work': () => ({ silent: true as const }) }
  const { state, commands } = run(endless)
  expect(state).toMatchObject({ status: 'failed', error: { code: 'RESEARCH_TIMEOUT' } })
  expect(state.finishedAt ?? 0).toBeLessThan((state.startedAt ?? 0) + 11 * 60_000)
  expect(told(commands)).toEqual([expect.stringMatching(/longer than ten minutes/)])
})

describe('drafting that needs more research', () => {
  test('goes back with the missing words', () => {
    const { state, commands } = run({
      'research.outline': answering(incompleteOutline, { ...incompleteOutline, complete: true, missing: [] }),
    })
    expect(stays(commands)).toEqual(['researching', 'drafting', 'researching', 'drafting', 'verifying'])
    const plans = commands.filter((command) => command.type === 'Dispatch' && command.step === 'researching.plan')
    expect(plans.at(-1)).toMatchObject({ input: { also: ['costs'] } })
    expect(state.result).toMatchObject({ outcome: 'completed' })
  })

  test('asks a person after three rounds', () => {
    const { commands } = run({ 'research.outline': () => ({ output: incompleteOutline }) })
    expect(stays(commands).filter((step) => step === 'researching')).toHaveLength(3)
    expect(commands.find(({ type }) => type === 'OpenGate')).toMatchObject({ gate: 'human_review' })
  })
})

describe('citations that fail', () => {
  test('are revised, without a new outline, and pass', () => {
    const passed = briefAgents()['research.verify']
    const { state, commands } = run({
      'research.verify': (sent) => (sent.visit === 1 ? { output: failedAudit } : (passed?.(sent) ?? { output: null })),
    })
    expect(stays(commands)).toEqual(['researching', 'drafting', 'verifying', 'drafting', 'verifying'])
    expect(stepsSent(commands).filter((step) => step === 'drafting.outlining')).toHaveLength(1)
    expect(state.result).toMatchObject({ outcome: 'completed', revision_count: 1 })
  })

  test('are revised three times and then reviewed by a person, who may deliver', () => {
    const { state, commands } = run({ 'research.verify': () => ({ output: failedAudit }) }, () => ({
      decision: 'approve',
      decidedBy: 'ann',
    }))
    expect(stays(commands).filter((step) => step === 'verifying')).toHaveLength(4)
    expect(commands.find(({ type }) => type === 'OpenGate')).toMatchObject({
      gate: 'human_review',
      shown: { revision_count: 3, verification_report: { passed: false } },
    })
    expect(state.result).toMatchObject({ outcome: 'completed', reviewedBy: 'ann', revision_count: 3 })
  })

  test('may be rejected by the person', () => {
    const { state } = run({ 'research.verify': () => ({ output: failedAudit }) }, () => ({ decision: 'reject' }))
    expect(state.result).toMatchObject({ outcome: 'rejected' })
  })
})
