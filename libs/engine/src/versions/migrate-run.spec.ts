import { describe, expect, test } from 'vitest'
import { advance } from '../advance.js'
import type { StateDefinition, WorkflowDefinition } from '../definition.js'
import type { RunState } from '../state.js'
import { aDefinition, anAgent, anEnd } from '../testing/a-definition.js'
import { aRun, type TestRun } from '../testing/a-run.js'
import { checkInvariants } from '../testing/check-invariants.js'
import { carryOver } from './migrate-run.js'
import { planMigration } from './plan-migration.js'
import type { StepMapping } from './rename-steps.js'

const review = (name: string, given: Partial<Extract<StateDefinition, { kind: 'human' }>> = {}): StateDefinition => ({
  kind: 'human',
  name,
  shows: { amount: 'input.amount' },
  deadlineMs: 10_000,
  transitions: [{ on: 'approve', to: 'end' }],
  ...given,
})
const desk = (states: readonly StateDefinition[], version = 1): WorkflowDefinition =>
  aDefinition([...states, anEnd({ result: { amount: 'input.amount' } })], { version })
const first = anAgent({ name: 'first', transitions: [{ on: 'done', to: 'review' }] })
const one = desk([first, review('review')])
const migrated = (run: TestRun, to: WorkflowDefinition, mapping: StepMapping = {}, from = one) => {
  const event = {
    type: 'RunMigrated',
    at: run.now,
    by: 'op',
    from: { version: from.version, hash: 'h1' },
    to: { version: to.version, hash: 'h2' },
    mapping,
    definition: to,
  } as const
  const result = advance(from, run.state, event)
  checkInvariants(run.state, event, result)
  return result
}
const codes = (from: WorkflowDefinition, to: WorkflowDefinition, state: RunState, mapping: StepMapping = {}) => {
  const { verdict, findings } = planMigration([from, to], state, mapping)
  return [verdict, ...findings.map(({ step, code }) => `${step ?? 'run'} ${code}`)]
}

describe('a plan', () => {
  test('is safe where the step that goes on stands in the new version as it was', () => {
    const to = desk([anAgent({ ...first, title: 'Other' }), anAgent({ name: 'more' }), review('review')], 2)
    expect(codes(one, to, aRun(one).state)).toEqual(['safe'])
    expect(codes(one, to, aRun(one).succeed('first').state)).toEqual(['safe'])
  })

  test('needs a mapping for a step that is gone, and is safe with it', () => {
    const to = desk([first, review('sign_off')], 2)
    const { state } = aRun(one).succeed('first')
    expect(codes(one, to, state)).toEqual(['needs-mapping', 'review STEP_GONE'])
    expect(codes(one, to, state, { review: 'sign_off' })).toEqual(['safe'])
    expect(codes(one, to, state, { review: 'nope' })).toEqual(['blocked', 'review TARGET_UNKNOWN'])
    expect(codes(one, to, state, { review: 'sign_off', typo: 'first' })).toEqual(['blocked', 'typo STEP_UNKNOWN'])
    expect(codes(one, to, aRun(one).state)).toEqual(['safe'])
  })

  test('is blocked where what comes back would be strange to the new version', () => {
    const { state } = aRun(one)
    const other = (given: object) => desk([anAgent({ ...first, ...given }), review('review')], 2)
    expect(codes(one, other({ outputContract: 'new.v2' }), state)).toEqual(['blocked', 'first CONTRACT_CHANGED'])
    expect(codes(one, other({ agent: 'else' }), state)).toEqual(['blocked', 'first AGENT_CHANGED'])
    const wait: StateDefinition = { kind: 'wait', name: 'first', signal: 'go', transitions: [{ on: 'go', to: 'end' }] }
    expect(codes(one, desk([wait], 2), state)).toEqual(['needs-mapping', 'first KIND_CHANGED'])
    expect(codes(desk([wait]), desk([{ ...wait, signal: 'no' }], 2), aRun(desk([wait])).state)).toEqual([
      'blocked',
      'first WAIT_CHANGED',
    ])
  })

  test('is blocked by an open gate whose outcomes the new version does not have', () => {
    const minor = desk([review('review', { outcomes: ['minor'] })])
    expect(codes(minor, desk([review('review')], 2), aRun(minor).state)).toEqual(['blocked', 'review OUTCOMES_CHANGED'])
    expect(codes(minor, desk([review('review', { outcomes: ['minor', 'major'] })], 2), aRun(minor).state)).toEqual([
      'safe',
    ])
  })

  test('is blocked where a branch is gone, or a step stands in another compound', () => {
    const fan = (names: readonly string[]): StateDefinition => ({
      kind: 'parallel',
      name: 'fan',
      join: { policy: 'all' },
      onBranchFailure: 'fail-fast',
      branches: names.map((name) => ({
        name,
        initial: name,
        states: [anAgent({ name, transitions: [{ on: 'done', to: `${name}_end` }] }), anEnd({ name: `${name}_end` })],
      })),
      transitions: [{ on: 'done', to: 'end' }],
    })
    const from = desk([fan(['a', 'b'])])
    const { state } = aRun(from)
    expect(codes(from, desk([fan(['a', 'c'])], 2), state)).toEqual(['blocked', 'fan BRANCHES_CHANGED', 'b STEP_GONE'])
    const flat = desk([anAgent({ name: 'a' }), anAgent({ name: 'b' })], 2)
    expect(codes(from, flat, state)).toContain('a MOVED')
  })

  test('is blocked by a rename of a step that may have recorded effects', () => {
    const pay = (name: string) => anAgent({ name, agent: 'pay', effects: 'irreversible' })
    const from = desk([pay('pay')])
    expect(codes(from, desk([pay('settle')], 2), aRun(from).state, { pay: 'settle' })).toEqual([
      'blocked',
      'pay EFFECTS_AT_RISK',
    ])
  })

  test('is blocked for a run that has ended or is being cancelled', () => {
    const cancel = { type: 'CancelRequested', by: 'op', reason: null } as const
    expect(codes(one, one, aRun(one).start('first').give(cancel).state)).toEqual(['blocked', 'run CANCELLING'])
    expect(codes(one, one, aRun(one).give(cancel).state)).toEqual(['blocked', 'run RUN_FINISHED'])
  })

  test('looks at what a resume would take up in a failed run', () => {
    const { state } = aRun(one).fail('first')
    expect(codes(one, desk([review('review')], 2), state)).toEqual(['needs-mapping', 'first STEP_GONE'])
  })
})

describe('a migration', () => {
  test('leaves what is in flight as it is, and the new version says what comes after', () => {
    const to = desk([anAgent({ ...first, transitions: [{ on: 'done', to: 'more' }] }), anAgent({ name: 'more' })], 2)
    const run = aRun(one)
    const result = migrated(run, to)
    expect(result.commands).toMatchObject([
      { type: 'Publish', event: { type: 'run.migrated', meta: { from: 1, to: 2 } } },
    ])
    const reply = { type: 'StepSucceeded', at: 2_000, step: 'first', dispatch: 1, attempt: 1, output: {} } as const
    const next = advance(to, result.state, { ...reply, usage: null })
    expect(next.commands).toContainEqual(expect.objectContaining({ type: 'Dispatch', step: 'more' }))
  })

  test('sends a renamed step out under its new name and fences the old one out', () => {
    const to = desk([anAgent({ name: 'begin', agent: 'first', transitions: [{ on: 'done', to: 'end' }] })], 2)
    const { state, commands } = migrated(aRun(one), to, { first: 'begin' })
    expect(
      commands.flatMap((command) =>
        'step' in command ? [[command.type, command.step, 'dispatch' in command && command.dispatch]] : [],
      ),
    ).toEqual([
      ['CancelJob', 'first', 1],
      ['Dispatch', 'begin', 2],
    ])
    expect(Object.keys(state.steps)).toEqual(['begin'])
    const late = { type: 'StepSucceeded', at: 2_000, step: 'first', dispatch: 1, attempt: 1, output: {} } as const
    expect(advance(to, state, { ...late, usage: null }).ignored).toBe('stale-dispatch')
  })

  test('opens the gate of a renamed step anew with what it showed and its old deadline', () => {
    const to = desk([first, review('sign_off')], 2)
    const run = aRun(one, { amount: 4 }).succeed('first').later(2_000)
    const { state, commands } = migrated(run, to, { review: 'sign_off' })
    expect(commands).toContainEqual({ type: 'CloseGate', gateId: 'r.review.1', status: 'changed' })
    expect(state.gates).toMatchObject({ 'r.sign_off.2': { shown: { amount: 4 }, dueAt: 11_000, step: 'sign_off' } })
    expect(Object.keys(state.gates)).toHaveLength(1)
    expect(state.steps['sign_off']).toMatchObject({ status: 'waiting', visits: 1, gateId: 'r.sign_off.2' })
  })

  test('is ignored where the run has moved on to where it cannot be migrated', () => {
    const run = aRun(one).succeed('first')
    const result = migrated(run, desk([first], 2))
    expect(result).toMatchObject({ ignored: 'not-migratable', commands: [] })
    expect(result.state).toBe(run.state)
  })

  test('of a failed run publishes nothing: its end stays the last event', () => {
    expect(migrated(aRun(one).fail('first'), one).commands).toEqual([])
  })

  test('carries a checkpoint of before it over into the new version', () => {
    const to = desk([first, review('sign_off')], 2)
    const { state } = aRun(one).succeed('first')
    const mapping = { review: 'sign_off' }
    expect(carryOver(state, [{ from: one, to, mapping }])?.steps).toMatchObject({ sign_off: { status: 'waiting' } })
    expect(carryOver(state, [{ from: one, to, mapping: {} }])).toBeNull()
  })
})
