import { describe, expect, test } from 'vitest'
import type { StateDefinition } from './definition.js'
import type { RunState } from './state.js'
import { aDefinition, anAgent, anEnd } from './testing/a-definition.js'
import { aRun } from './testing/a-run.js'

const resume = { type: 'ResumeRequested', by: 'op', checkpoint: null } as const
const branches = (names: readonly string[]) =>
  names.map((name) => ({
    name,
    initial: name,
    states: [
      anAgent({ name, transitions: [{ on: 'done', to: `${name}_end`, assign: [{ to: name, from: 'output' }] }] }),
      anEnd({ name: `${name}_end` }),
    ],
  }))
const fan: StateDefinition = {
  kind: 'parallel',
  name: 'fan',
  join: { policy: 'all' },
  onBranchFailure: 'fail-fast',
  branches: branches(['a', 'b', 'c']),
  transitions: [{ on: 'done', to: 'last' }],
}
const desk = aDefinition([
  anAgent({ name: 'first', transitions: [{ on: 'done', to: 'fan' }] }),
  fan,
  anAgent({ name: 'last', artifacts: [{ name: 'note', type: 'note', mediaType: 'text/plain', content: 'output' }] }),
  anEnd({ result: { a: 'data.a', b: 'data.b', c: 'data.c' } }),
])
const dispatched = (run: ReturnType<typeof aRun>) =>
  run.commands.flatMap((command) => (command.type === 'Dispatch' ? [command.step] : []))

describe('resume without a checkpoint', () => {
  test('takes up the failed step and what its failure had stopped, and nothing that was done', () => {
    const run = aRun(desk).succeed('first').succeed('a', 1).start('b').fail('c')
    expect(run.state.status).toBe('failed')
    const { progress, published } = run.state
    run.give(resume)
    expect(dispatched(run)).toEqual(['b', 'c'])
    expect(run.published).toEqual(['run.resumed'])
    expect(run.state).toMatchObject({ status: 'running', error: null, finishedAt: null, openings: 1, progress })
    expect(run.state.published).toBe(published + 1)
    expect(run.step('c')).toMatchObject({ visits: 1, dispatch: 6, error: null })
    run.succeed('b', 2).succeed('c', 3).succeed('last')
    expect(run.state).toMatchObject({ status: 'completed', progress: 1, result: { a: 1, b: 2, c: 3 } })
  })

  test('works again after a second failure', () => {
    const run = aRun(desk).fail('first').give(resume).fail('first').give(resume)
    expect(run.step('first')).toMatchObject({ status: 'waiting', dispatch: 3 })
  })

  test('keeps the shared state of a sub-workflow', () => {
    const sub: StateDefinition = {
      kind: 'workflow',
      name: 'sub',
      workflow: 'w',
      version: 1,
      input: {},
      body: {
        initial: 'one',
        states: [
          anAgent({ name: 'one', transitions: [{ on: 'done', to: 'two', assign: [{ to: 'x', from: 'output' }] }] }),
          anAgent({ name: 'two', input: { x: 'data.x' } }),
          anEnd(),
        ],
      },
      transitions: [{ on: 'done', to: 'end' }],
    }
    const run = aRun(aDefinition([sub]))
      .succeed('sub.one', 7)
      .fail('sub.two')
      .give(resume)
    expect(run.commands.find(({ type }) => type === 'Dispatch')).toMatchObject({ step: 'sub.two', input: { x: 7 } })
    expect(run.succeed('sub.two').state.status).toBe('completed')
  })

  test('does not take up what was cancelled or handled before the failure', () => {
    const any: StateDefinition = { ...fan, join: { policy: 'any' } }
    const run = aRun(aDefinition([any, anAgent({ name: 'last' })]))
    run.fail('a').succeed('b').fail('last').give(resume)
    expect(dispatched(run)).toEqual(['last'])
  })

  test('opens a gate again that the failure had closed', () => {
    const gate: StateDefinition = {
      kind: 'human',
      name: 'gate',
      shows: {},
      deadlineMs: 500,
      transitions: [{ on: 'approve', to: 'gate_end' }],
    }
    const both: StateDefinition = {
      ...fan,
      branches: [...branches(['a']), { name: 'g', initial: 'gate', states: [gate, anEnd({ name: 'gate_end' })] }],
    }
    const run = aRun(aDefinition([both, anAgent({ name: 'last' })])).fail('a')
    expect(run.state.gates).toEqual({})
    run.later(10_000).give(resume)
    expect(Object.values(run.state.gates)).toMatchObject([{ gateId: 'r.gate.2', dueAt: 11_500 }])
  })

  test('is ignored unless the run has failed', () => {
    expect(aRun(desk).give(resume).last.ignored).toBe('not-failed')
    expect(
      aRun(aDefinition([anAgent({ name: 'w' })]))
        .succeed('w')
        .give(resume).last.ignored,
    ).toBe('finished')
  })

  test('is ignored where the definition itself ended in failure', () => {
    const run = aRun(aDefinition([anAgent({ name: 'w' }), anEnd({ status: 'failed' })])).succeed('w')
    expect(run.state.status).toBe('failed')
    expect(run.give(resume).last.ignored).toBe('nothing-to-resume')
  })
})

describe('resume from a checkpoint', () => {
  const fromThen = (restored: RunState) => ({ type: 'ResumeRequested', by: 'op', checkpoint: 1, restored }) as const

  test('sends out anew what was in flight then; numbers and progress do not go back', () => {
    const run = aRun(desk).succeed('first')
    const then = run.state
    run.succeed('a', 1).succeed('b', 2).succeed('c', 3).fail('last')
    const now = run.state
    run.give(fromThen(then))
    expect(dispatched(run)).toEqual(['a', 'b', 'c'])
    expect(run.state).toMatchObject({ status: 'running', progress: now.progress, openings: 1, error: null })
    expect(run.state.scopes['']?.data).toEqual({})
    expect(run.step('a')).toMatchObject({ dispatch: now.dispatchCount + 1, dispatches: 1, status: 'waiting' })
    expect(run.step('last').status).toBe('pending')
    run.give({ type: 'StepSucceeded', step: 'a', dispatch: 2, attempt: 1, output: 9, usage: null })
    expect(run.last.ignored).toBe('stale-dispatch')
    run.succeed('a', 4).succeed('b', 5).succeed('c', 6).succeed('last')
    expect(run.state.result).toEqual({ a: 4, b: 5, c: 6 })
  })

  test('stops what is in flight now: a parked run is not failed', () => {
    const run = aRun(desk)
    const then = run.state
    run.succeed('first').give(fromThen(then))
    expect(run.commands.filter(({ type }) => type === 'CancelJob')).toHaveLength(3)
    expect(dispatched(run)).toEqual(['first'])
  })

  test('a new version of an artifact takes no id that was given before', () => {
    const twice = aDefinition([
      anAgent({
        name: 'w',
        maxVisits: 9,
        artifacts: [{ name: 'note', type: 'note', mediaType: 'text/plain', content: 'output' }],
        transitions: [{ on: 'done', to: 'v' }],
      }),
      anAgent({ name: 'v' }),
    ])
    const run = aRun(twice)
    const then = run.state
    run.succeed('w').fail('v').give(fromThen(then)).succeed('w')
    expect(run.commands.find(({ type }) => type === 'SaveArtifact')).toMatchObject({
      version: 2,
      artifactId: 'r.note.v2',
    })
  })

  test('a checkpoint of a finished run is ignored', () => {
    const done = aRun(aDefinition([anAgent({ name: 'first' })])).succeed('first').state
    expect(aRun(desk).fail('first').give(fromThen(done)).last.ignored).toBe('nothing-to-resume')
  })

  test('a checkpoint saved as the run failed takes up the failed step', () => {
    const failed = aRun(desk).fail('first')
    failed.give(fromThen(failed.state))
    expect(dispatched(failed)).toEqual(['first'])
  })
})

describe('a replayed dead letter', () => {
  const replay = (step: string, dispatch: number) => ({ type: 'DeadLetterReplayed', step, dispatch, by: 'op' }) as const

  test('reopens the failed run at that step', () => {
    const run = aRun(desk).fail('first', 'POISON')
    run.give(replay('first', 1))
    expect(dispatched(run)).toEqual(['first'])
    expect(run.state.status).toBe('running')
    expect(run.give(replay('first', 1)).last.ignored).toBe('stale-dispatch')
  })

  test('opens the branch again in a run that still goes on', () => {
    const effort: StateDefinition = { ...fan, onBranchFailure: 'best-effort' }
    const run = aRun(aDefinition([effort, anAgent({ name: 'last' })])).fail('b')
    expect(run.state.status).toBe('running')
    run.give(replay('b', 2))
    expect(dispatched(run)).toEqual(['b'])
    expect(run.step('fan').branches).toEqual({ a: 'open', b: 'open', c: 'open' })
    run.succeed('a').succeed('c').succeed('b')
    expect(run.step('last').status).toBe('waiting')
  })

  test('is ignored for another dispatch, a step that did not fail, a failure that was handled', () => {
    expect(aRun(desk).fail('first').give(replay('first', 9)).last.ignored).toBe('stale-dispatch')
    expect(aRun(desk).give(replay('first', 1)).last.ignored).toBe('not-failed')
    const transitions = [
      { on: 'failed', to: 'b' },
      { on: 'done', to: 'end' },
    ]
    const handled = aRun(aDefinition([anAgent({ name: 'a', transitions }), anAgent({ name: 'b' })])).fail('a')
    expect(handled.give(replay('a', 1)).last.ignored).toBe('not-failed')
  })
})

describe('abandoning', () => {
  const abandon = { ...resume, mode: 'abandon' } as const

  test('ends a failed run for good, and keeps why it had failed', () => {
    const run = aRun(desk).fail('first')
    run.give(abandon)
    expect(run.published).toEqual(['run.cancelled'])
    expect(run.state).toMatchObject({ status: 'cancelled', error: { code: 'BROKEN', step: 'first' } })
    expect(run.give(resume).last.ignored).toBe('finished')
  })

  test('is for failed runs alone: what goes on is cancelled instead', () => {
    expect(aRun(desk).give(abandon).last.ignored).toBe('not-failed')
  })
})
