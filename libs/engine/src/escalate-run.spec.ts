import { describe, expect, test } from 'vitest'
import type { StateDefinition } from './definition.js'
import { acceptsDecision } from './gate-events.js'
import { aDefinition, anAgent, anEnd } from './testing/a-definition.js'
import { aRun } from './testing/a-run.js'
import { waitingFor } from './waiting-for.js'

const escalate = { type: 'ResumeRequested', by: 'op', checkpoint: null, mode: 'escalate' } as const
const fan: StateDefinition = {
  kind: 'parallel',
  name: 'fan',
  join: { policy: 'all' },
  deadlineMs: 500,
  onBranchFailure: 'fail-fast',
  branches: ['a', 'b', 'c'].map((name) => ({
    name,
    initial: name,
    states: [anAgent({ name, transitions: [{ on: 'done', to: `${name}_end` }] }), anEnd({ name: `${name}_end` })],
  })),
  transitions: [{ on: 'done', to: 'last' }],
}
const desk = {
  ...aDefinition([
    anAgent({ name: 'first', transitions: [{ on: 'done', to: 'fan' }] }),
    fan,
    anAgent({ name: 'last' }),
    anEnd(),
  ]),
  deadlineMs: 60_000,
}
type Run = ReturnType<typeof aRun>
const failedInFan = () => aRun(desk).succeed('first').succeed('a', 1).start('b').fail('c')
const gateOf = (run: Run) => Object.values(run.state.gates)[0]
const decided = (run: Run, decision: string) =>
  ({
    type: 'GateDecided',
    gateId: gateOf(run)?.gateId ?? '',
    decision,
    values: null,
    comment: null,
    decidedBy: 'person',
  }) as const
const dispatched = (run: Run) => run.commands.flatMap((command) => (command.type === 'Dispatch' ? [command.step] : []))

describe('a failed run that is put before a person', () => {
  test('waits at the step that failed, with what failed, and nothing else is taken up', () => {
    const run = failedInFan().give(escalate)
    expect(run.published).toEqual(['run.resumed', 'hitl.requested', 'waiting'])
    expect(dispatched(run)).toEqual([])
    expect(run.state).toMatchObject({ status: 'waiting', dueAt: null, error: null })
    expect(run.step('c')).toMatchObject({ status: 'waiting' })
    expect(run.step('b')).toMatchObject({ stopped: true })
    expect(run.step('fan')).toMatchObject({ status: 'running', dueAt: null })
    expect(gateOf(run)).toMatchObject({
      gate: 'c',
      outcomes: ['retry', 'abandon'],
      shown: { failed: 'c', error: { code: 'BROKEN', step: 'c' } },
    })
    expect(waitingFor(run.state)).not.toBeNull()
  })

  test('goes on with all that had stopped when it is to be tried again, and its times run from then', () => {
    const run = failedInFan().give(escalate)
    run.give(decided(run, 'retry'))
    expect(dispatched(run)).toEqual(['b', 'c'])
    expect(run.state.gates).toEqual({})
    expect(run.step('fan').dueAt).toBe(run.now + 500)
    expect(run.state.dueAt).toBe(run.now + 60_000)
    run.succeed('b', 2).succeed('c', 3).succeed('last')
    expect(run.state).toMatchObject({ status: 'completed', progress: 1 })
  })

  test('is given up for good, and keeps why it had failed', () => {
    const run = failedInFan().give(escalate)
    run.give(decided(run, 'abandon'))
    expect(run.state).toMatchObject({ status: 'cancelled', error: { code: 'BROKEN', step: 'c' }, gates: {} })
  })

  test('is cancelled like any other while it waits', () => {
    const run = failedInFan().give(escalate)
    run.give({ type: 'CancelRequested', by: 'op', reason: null })
    expect(run.state).toMatchObject({ status: 'cancelled', gates: {} })
  })

  test('takes no other decision', () => {
    const run = failedInFan().give(escalate)
    const at = run.now
    expect(acceptsDecision(desk, run.state, { ...decided(run, 'approve'), at })).toBe(false)
    expect(acceptsDecision(desk, run.state, { ...decided(run, 'retry'), at })).toBe(true)
    expect(run.give(decided(run, 'approve')).last.ignored).toBe('decision-not-accepted')
    expect(run.state.status).toBe('waiting')
  })

  test('can be put before a person again after it failed again', () => {
    const run = aRun(desk).fail('first').give(escalate)
    run.give(decided(run, 'retry')).fail('first').give(escalate)
    expect(gateOf(run)?.shown).toMatchObject({ failed: 'first' })
  })

  test('what goes on is not escalated', () => {
    expect(aRun(desk).give(escalate).last.ignored).toBe('not-failed')
  })
})
