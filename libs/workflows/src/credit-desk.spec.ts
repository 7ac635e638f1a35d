import { contractById, parseContract } from '@flotilla/contracts'
import { checkDefinition, stepsOf } from '@flotilla/engine'
import { explore, simulate, type Decision, type SimulatedAgents } from '@flotilla/engine/testing'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { benchDesk } from './bench-desk.js'
import { creditDesk } from './credit-desk.js'
import { application, outputsFor } from './testing/credit-desk-world.js'

const seed = Number(process.env['SEED'] ?? 20_261_121)

const agentsFor = (outcome: string): SimulatedAgents =>
  Object.fromEntries(Object.entries(outputsFor(outcome)).map(([step, output]) => [step, () => ({ output })]))

const run = (outcome: string, ...decisions: readonly Decision[]) => {
  const left = [...decisions]
  return simulate(creditDesk, agentsFor(outcome), {
    input: application,
    decide: () => left.shift() ?? null,
  })
}

const { kyc, fraud, income } = outputsFor('approve')
const checks = { kyc, fraud, income }

describe('decisions', () => {
  test('an approval by policy has the complete result', () => {
    const { state } = run('approve')
    expect(state.status).toBe('completed')
    expect(state.result).toEqual({
      decision: 'approve',
      reasons: [{ code: 'LOW_RISK', text: 'a reason' }],
      pd: 0.031,
      score: 712,
      checks: { ...checks, risk: expect.objectContaining({ outcome: 'approve', pd: 0.031 }) },
      decidedBy: 'policy',
      letterArtifactId: 'run-1.letter.v1',
      approvedAmount: 30_276,
    })
    expect(state.steps['review']?.status).toBe('skipped')
  })

  test('a decline by policy needs no person', () => {
    expect(run('decline').state.result).toMatchObject({
      decision: 'decline',
      decidedBy: 'policy',
      approvedAmount: null,
    })
  })

  test('a borderline case waits at a gate that shows the complete result as refer', () => {
    const { commands } = run('refer', { decision: 'reject' })
    const gate = commands.find((command) => command.type === 'OpenGate')
    expect(gate).toMatchObject({
      gate: 'review',
      shown: {
        applicationId: 'A-1',
        loan: application.loan,
        proposed: { decision: 'refer', decidedBy: 'policy', letterArtifactId: null, pd: 0.031, score: 712 },
      },
    })
    expect(gate?.dueAt).toBe((gate?.openedAt ?? 0) + 48 * 3_600_000)
  })

  test.each([
    [
      'approve',
      { decision: 'approve', decidedBy: 'ann' },
      { decision: 'approve', decidedBy: 'ann', approvedAmount: 30_276 },
    ],
    [
      'reject',
      { decision: 'reject', decidedBy: 'ann' },
      { decision: 'decline', decidedBy: 'ann', approvedAmount: null },
    ],
    [
      'adjust',
      { decision: 'adjust', values: { amount: 20_000 }, decidedBy: 'ann' },
      { decision: 'approve', decidedBy: 'ann', approvedAmount: 20_000 },
    ],
  ])('a person can %s', (_, decision, expected) => {
    const { state } = run('refer', decision)
    expect(state.result).toMatchObject({
      ...expected,
      reasons: [{ code: 'LOW_RISK' }],
      letterArtifactId: 'run-1.letter.v1',
    })
  })

  test('nobody deciding for 48 hours declines', () => {
    expect(run('refer').state.result).toMatchObject({ decision: 'decline', decidedBy: 'timeout' })
  })

  test.each([
    ['no values', null],
    ['no amount', {}],
    ['a negative amount', { amount: -1 }],
    ['zero', { amount: 0 }],
    ['a text', { amount: '100' }],
    ['a null', { amount: null }],
    ['an enormous amount', { amount: 1e300 }],
  ])('an adjustment with %s opens the gate again', (_, values) => {
    const { state, commands } = run('refer', { decision: 'adjust', values }, { decision: 'approve', decidedBy: 'bob' })
    expect(commands.filter((command) => command.type === 'OpenGate')).toHaveLength(2)
    expect(state.result).toMatchObject({ decision: 'approve', decidedBy: 'bob', approvedAmount: 30_276 })
  })

  test('the letter is told the adjusted amount', () => {
    const { commands } = run('refer', { decision: 'adjust', values: { amount: 20_000 }, decidedBy: 'ann' })
    const letter = commands.find((command) => command.type === 'Dispatch' && command.step === 'letter')
    expect(letter).toMatchObject({ input: { decision: 'approve', adjustedAmount: 20_000, decidedBy: 'ann' } })
  })
})

describe('contracts', () => {
  const parse = (id: string, value: unknown) => {
    const type = contractById(id)
    if (!type) throw new Error(`no contract ${id}`)
    return parseContract(type, value)
  }

  test('every contract that the definition names is registered', () => {
    const known = (id: string) => contractById(id) !== undefined
    expect(checkDefinition(creditDesk, { resolveContract: known })).toEqual([])
    expect(checkDefinition(benchDesk, { resolveContract: known })).toEqual([])
  })

  test.each(['approve', 'decline', 'refer'])('inputs fit where the outcome is %s, given outputs that do', (outcome) => {
    const outputs = outputsFor(outcome)
    const { commands } = run(outcome, { decision: 'adjust', values: { amount: 5 } })
    const dispatched = commands.flatMap((command) => (command.type === 'Dispatch' ? [command] : []))
    expect(dispatched).toHaveLength(9)
    for (const { step, input, inputContract, outputContract } of dispatched) {
      expect(() => parse(String(outputContract), outputs[step]), `output of ${step}`).not.toThrow()
      expect(() => parse(String(inputContract), input), `input of ${step}`).not.toThrow()
    }
  })

  test('an application of nothing but what is required fits the first step', () => {
    const { applicant: _, account: __, ...bare } = application
    const { commands } = simulate(creditDesk, {}, { input: bare, eventsMax: 1 })
    const intake = commands.find((command) => command.type === 'Dispatch')
    expect(() => parse('intake.parse.input.v1', intake?.input)).not.toThrow()
  })
})

describe('progress', () => {
  test('the first of three risk steps gives a third of the phase', () => {
    const event = run('approve').published.find(({ message, type }) => type === 'progress' && /PD/.test(message))
    expect(event).toMatchObject({
      phase: 'risk_ensemble',
      message: 'Risk PD model complete',
      stepProgress: 0.33,
      progress: 0.5433,
      status: 'running',
    })
  })

  test('weights are those of the interface and add up to 100', () => {
    const weights = Object.fromEntries(creditDesk.states.map(({ name, weight }) => [name, weight ?? 0]))
    expect(weights).toMatchObject({ intake: 6, checks: 32, extract: 4, features: 5, risk_ensemble: 22 })
    expect(Object.values(weights).reduce((a, b) => a + b)).toBe(100)
  })
})

test('steps are listed in the order of the definition', () => {
  expect(stepsOf(creditDesk).map(({ path }) => path)).toEqual([
    'intake',
    'extract',
    'checks',
    'kyc',
    'fraud',
    'income',
    'features',
    'risk_ensemble',
    'risk_ensemble.pd',
    'risk_ensemble.affordability',
    'risk_ensemble.policy',
    'decision',
    'review',
    'letter',
  ])
})

test('a check that fails for good leaves the others to finish, and its replay repeats only it', () => {
  let broken = true
  const agents: SimulatedAgents = {
    ...agentsFor('approve'),
    fraud: () => (broken ? { failed: { code: 'POISON', message: 'poison' } } : { output: fraud ?? null }),
  }
  let replays = 0
  const { state, commands } = simulate(creditDesk, agents, {
    interfere: (_, event, { state: after }) => {
      if (after.status !== 'failed' || replays > 0) return []
      replays += 1
      broken = false
      const dispatch = after.steps['fraud']?.dispatch ?? 0
      return [{ type: 'DeadLetterReplayed', at: event.at + 1, step: 'fraud', dispatch, by: 'an-operator' }]
    },
  })
  expect(replays).toBe(1)
  expect(state.status).toBe('completed')
  const count = (step: string) => commands.filter((c) => c.type === 'Dispatch' && c.step === step).length
  expect([count('kyc'), count('fraud'), count('income'), count('intake')]).toEqual([1, 2, 1, 1])
})

test('every step is entered by some run', () => {
  const outputs = (step: string) =>
    step === 'risk_ensemble.policy'
      ? ['approve', 'decline', 'refer'].map((outcome) => outputsFor(outcome)[step] ?? {})
      : [outputsFor('approve')[step] ?? {}]
  const values = (_: string, decision: string) => (decision === 'adjust' ? { amount: 5 } : null)
  const walked = explore(creditDesk, { outputs, values, badDays: { deadlines: false } })
  expect(walked.complete).toBe(true)
  expect([...walked.entered].sort()).toEqual(
    stepsOf(creditDesk)
      .map(({ path }) => path)
      .sort(),
  )
  expect(Object.keys(walked.statuses).sort()).toEqual(['cancelled', 'completed', 'failed', 'running', 'waiting'])
})

test('the order in which agents answer does not change the result', () => {
  const inOrder = run('approve').state.result
  fc.assert(
    fc.property(fc.array(fc.nat(7), { minLength: 40, maxLength: 40 }), (choices) => {
      let next = 0
      const { state } = simulate(creditDesk, agentsFor('approve'), {
        input: application,
        choose: () => choices[next++ % choices.length] ?? 0,
      })
      expect(state.result).toEqual(inOrder)
    }),
    { seed, numRuns: 200 },
  )
})
