import { describe, expect, test } from 'vitest'
import { dueDeadlines } from './deadline-events.js'
import type { Branch, HumanState, ParallelState } from './definition.js'
import { aDefinition, anAgent, anEnd } from './testing/a-definition.js'
import { aRun } from './testing/a-run.js'
import { acceptsDecision } from './gate-events.js'
import { waitingFor } from './waiting-for.js'

const gate: HumanState = {
  kind: 'human',
  name: 'sign_off',
  title: 'Manager sign-off',
  shows: { amount: 'input.amount' },
  outcomes: ['minor_changes'],
  deadlineMs: 1_000,
  transitions: [
    { on: 'approve', to: 'end', assign: [{ to: 'by', from: 'event.decidedBy' }] },
    {
      on: 'adjust',
      when: 'event.values.amount > 0',
      to: 'end',
      assign: [{ to: 'amount', from: 'event.values.amount' }],
    },
    { on: 'timeout', to: 'end', assign: [{ to: 'by', from: 'event.decidedBy' }] },
  ],
}
const end = anEnd({ result: { by: 'data.by', amount: 'data.amount' } })
const decide = (decision: string, values: { amount: number } | null = null, gateId = 'r.sign_off.1') =>
  ({ type: 'GateDecided', gateId, decision, values, comment: null, decidedBy: 'ann' }) as const
const run = (given: Partial<HumanState> = {}) => aRun(aDefinition([{ ...gate, ...given }, end]), { amount: 9 })

test('a gate shows what it declares, and the run waits for it', () => {
  const it = run()
  expect(it.commands.find(({ type }) => type === 'OpenGate')).toEqual({
    type: 'OpenGate',
    gateId: 'r.sign_off.1',
    gate: 'sign_off',
    step: 'sign_off',
    visit: 1,
    shown: { amount: 9 },
    outcomes: ['approve', 'reject', 'adjust', 'minor_changes'],
    openedAt: 1_000,
    dueAt: 2_000,
  })
  expect(it.state.status).toBe('waiting')
  expect(it.published).toEqual(['run.started', 'hitl.requested', 'waiting'])
  expect(waitingFor(it.state)).toMatchObject({ gates: [{ gate: 'sign_off', since: 1_000, dueAt: 2_000 }], waits: [] })
})

test('the stream does not tell what a gate shows', () => {
  const told = run().commands.flatMap((command) => (command.type === 'Publish' ? [command.event] : []))
  expect(JSON.stringify(told)).not.toContain('amount')
})

test('a decision is applied once, with who took it, and its pause is measured', () => {
  const it = run().later(300).give(decide('approve'))
  expect(it.state).toMatchObject({ status: 'completed', result: { by: 'ann' }, gates: {} })
  expect(it.published.slice(0, 2)).toEqual(['hitl.resolved', 'step.completed'])
  expect(it.commands.find((c) => c.type === 'EndSpan' && c.span === 'gate')).toMatchObject({
    key: 'gate:r.sign_off.1',
    parentKey: 'step:sign_off:1',
    startedAt: 1_000,
    endedAt: 1_300,
    attributes: { 'flotilla.gate.pause_ms': 300 },
  })
  expect(it.give(decide('approve')).last.ignored).toBe('finished')
})

test('a decision on a gate that is not open is ignored', () => {
  expect(run().give(decide('approve', null, 'r.sign_off.9')).last.ignored).toBe('gate-not-open')
})

const notAccepted = [
  ['a guard that does not hold', decide('adjust', { amount: 0 })],
  ['no values', decide('adjust')],
  ['a guard that fails on the values', decide('adjust', { amount: 'lots' } as never)],
  ['an outcome without transition', decide('reject')],
  ['an outcome that it does not have', decide('magic')],
  ['timeout, which only time can say', decide('timeout')],
] as const

describe('whether a decision would be accepted is known before it is given', () => {
  const definition = aDefinition([gate, end])
  const accepts = (decision: ReturnType<typeof decide>) =>
    acceptsDecision(definition, run().state, { ...decision, at: 1_300 })

  test.each(notAccepted)('%s', (_, decision) => expect(accepts(decision)).toBe(false))
  test('what a transition takes', () => {
    expect(accepts(decide('approve'))).toBe(true)
    expect(accepts(decide('adjust', { amount: 4 }))).toBe(true)
  })
  test('a gate that is not open', () => expect(accepts(decide('approve', null, 'r.sign_off.9'))).toBe(false))
  test('asking changes nothing', () => {
    const { state } = run()
    const before = structuredClone(state)
    acceptsDecision(definition, state, { ...decide('approve'), at: 1_300 })
    expect(state).toEqual(before)
  })
  test('every outcome of what an agent asked for', () => {
    const agents = aDefinition([anAgent({ name: 'asks' })])
    const asked = aRun(agents).give({
      type: 'StepAskedHuman',
      step: 'asks',
      dispatch: 1,
      attempt: 1,
      payload: {},
      deadlineMs: null,
    })
    const of = (decision: string) =>
      acceptsDecision(agents, asked.state, { ...decide(decision, null, 'r.asks.1'), at: 1_300 })
    expect([of('approve'), of('reject'), of('magic')]).toEqual([true, true, false])
  })
})

describe('a decision that nothing accepts opens the gate again', () => {
  test.each(notAccepted)('%s', (_, decision) => {
    const it = run().later(300).give(decision)
    expect(it.state.status).toBe('waiting')
    expect(it.published).toEqual(['hitl.resolved', 'hitl.requested'])
    expect(Object.keys(it.state.gates)).toEqual(['r.sign_off.2'])
    expect(it.state.gates['r.sign_off.2']).toMatchObject({ dueAt: 2_000, shown: { amount: 9 } })
    it.give(decide('adjust', { amount: 4 }, 'r.sign_off.2'))
    expect(it.state.result).toEqual({ by: null, amount: 4 })
  })
})

test('an assignment that fails on the values fails the run, whose gate opens again when it is resumed', () => {
  const transitions = [{ on: 'approve', to: 'end', assign: [{ to: 'x', from: 'event.values.amount + 1' }] }]
  const it = run({ transitions }).give(decide('approve', { amount: 'lots' } as never))
  expect(it.state).toMatchObject({
    status: 'failed',
    gates: {},
    error: { code: 'EXPRESSION_FAILED', step: 'sign_off' },
  })
  it.give({ type: 'ResumeRequested', by: 'op', checkpoint: null })
  expect(Object.keys(it.state.gates)).toEqual(['r.sign_off.2'])
  expect(it.give(decide('approve', { amount: 1 }, 'r.sign_off.2')).state.status).toBe('completed')
})

describe('the deadline', () => {
  const expire = (it: ReturnType<typeof run>) => {
    it.later(1_000)
    for (const event of dueDeadlines(it.state, it.now)) it.give(event)
    return it
  }

  test('takes the timeout transition, decided by timeout', () => {
    const it = expire(run())
    expect(it.state).toMatchObject({ status: 'completed', result: { by: 'timeout' } })
    expect(it.commands).toContainEqual({ type: 'CloseGate', gateId: 'r.sign_off.1', status: 'expired' })
  })

  test('fails the run with GATE_TIMEOUT where there is none', () => {
    const it = expire(run({ transitions: [{ on: 'approve', to: 'end' }] }))
    expect(it.state).toMatchObject({ status: 'failed', error: { code: 'GATE_TIMEOUT', step: 'sign_off' } })
  })

  test('of a gate that was decided is void', () => {
    const [event] = dueDeadlines(run().state, 5_000)
    if (!event) throw new Error('nothing was due')
    const open = run()
      .give(decide('adjust', { amount: 0 }))
      .later(1_000)
    expect(open.give(event).last.ignored).toBe('gate-not-open')
  })
})

test('several open gates are resolved independently, each with who gave what and when', () => {
  const side = (name: string): Branch => ({
    name,
    initial: name,
    states: [
      {
        ...gate,
        name,
        transitions: [
          { on: 'approve', to: `${name}_end`, assign: [{ to: name, from: 'event' }] },
          { on: 'timeout', to: `${name}_end` },
        ],
      },
      anEnd({ name: `${name}_end` }),
    ],
  })
  const both: ParallelState = {
    kind: 'parallel',
    name: 'both',
    join: { policy: 'all' },
    onBranchFailure: 'fail-fast',
    branches: [side('legal'), side('finance')],
    transitions: [{ on: 'done', to: 'end' }],
  }
  const it = aRun(aDefinition([both, anEnd({ result: { legal: 'data.legal', finance: 'data.finance' } })]), {
    amount: 9,
  })
  expect(
    waitingFor(it.state)
      ?.gates.map(({ gate: name }) => name)
      .sort(),
  ).toEqual(['finance', 'legal'])
  it.later(100).give({ ...decide('approve', { amount: 1 }, 'r.finance.2'), decidedBy: 'ben' })
  expect(it.state.status).toBe('waiting')
  expect(Object.keys(it.state.gates)).toEqual(['r.legal.1'])
  it.later(100).give({ ...decide('approve', null, 'r.legal.1'), comment: 'fine' })
  expect(it.state).toMatchObject({
    status: 'completed',
    result: {
      legal: { decision: 'approve', values: null, comment: 'fine', decidedBy: 'ann', deciders: ['ann'], at: 1_200 },
      finance: { decision: 'approve', values: { amount: 1 }, decidedBy: 'ben', at: 1_100 },
    },
  })
})
