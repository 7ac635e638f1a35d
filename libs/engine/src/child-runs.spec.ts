import { describe, expect, test } from 'vitest'
import type { SubWorkflowState } from './definition.js'
import { aDefinition, anAgent, anEnd } from './testing/a-definition.js'
import { aRun } from './testing/a-run.js'
import { explore } from './testing/explore.js'
import { lawsOf } from './testing/laws.js'
import { simulate } from './testing/simulate.js'

const aChild = (given: Partial<SubWorkflowState> = {}): SubWorkflowState => ({
  kind: 'workflow',
  name: 'research',
  workflow: 'research-desk',
  version: 2,
  detached: true,
  input: { topic: 'input.topic' },
  transitions: [{ on: 'done', to: 'end', assign: [{ to: 'sources', from: 'output.sources' }] }],
  ...given,
})
const definition = aDefinition([aChild(), anEnd({ result: { sources: 'data.sources' } })])
const input = { topic: 'tides' }
const finished = {
  type: 'ChildFinished',
  step: 'research',
  dispatch: 1,
  runId: 'c',
  output: null,
  error: null,
} as const

describe('a detached sub-workflow', () => {
  test('starts a run of its own and goes on with its result', () => {
    const run = aRun(definition, input)
    expect(run.commands).toContainEqual({
      ...{ type: 'StartChild', step: 'research', visit: 1, dispatch: 1 },
      ...{ workflow: 'research-desk', version: 2, input },
    })
    expect(run.state.status).toBe('running')
    run.give({ ...finished, status: 'completed', output: { sources: ['a'] } })
    expect(run.state).toMatchObject({ status: 'completed', result: { sources: ['a'] } })
  })

  test('fails with its child, and a resume starts another', () => {
    const run = aRun(definition, input).give({
      ...finished,
      status: 'failed',
      error: { code: 'GONE', message: 'gone' },
    })
    expect(run.state).toMatchObject({ status: 'failed', error: { code: 'CHILD_FAILED', step: 'research' } })
    run.give({ type: 'ResumeRequested', by: 'an-operator', checkpoint: null })
    expect(run.commands).toContainEqual(expect.objectContaining({ type: 'StartChild', dispatch: 2 }))
    expect(run.give({ ...finished, status: 'completed' }).last.ignored).toBe('stale-dispatch')
    expect(run.give({ ...finished, dispatch: 2, status: 'completed', output: { sources: [] } }).state.status).toBe(
      'completed',
    )
  })

  test('is cancelled with its parent, which waits for its end', () => {
    const run = aRun(definition, input).give({ type: 'CancelRequested', by: 'someone', reason: null })
    expect(run.commands).toContainEqual({ type: 'CancelChild', step: 'research', dispatch: 1 })
    expect(run.state.status).toBe('running')
    expect(run.give({ ...finished, status: 'cancelled' }).state.status).toBe('cancelled')
  })

  test('is cancelled when its deadline passes', () => {
    const timed = aDefinition([aChild({ deadlineMs: 50 }), anEnd()])
    const run = aRun(timed, input).later(60)
    run.give({ type: 'DeadlineReached', deadline: 'step', step: 'research', dispatch: 1, gateId: null })
    expect(run.commands).toContainEqual({ type: 'CancelChild', step: 'research', dispatch: 1 })
    expect(run.state).toMatchObject({ status: 'failed', error: { code: 'STEP_DEADLINE' } })
  })

  test('stands beside agents and in maps', () => {
    const many = aDefinition([
      anAgent({ name: 'plan', transitions: [{ on: 'done', to: 'each' }] }),
      {
        kind: 'map',
        name: 'each',
        items: '["a", "b", "c"]',
        concurrency: 2,
        itemsMax: 3,
        onItemFailure: 'fail-fast',
        initial: 'research',
        states: [aChild({ input: { topic: 'input.item' } }), anEnd({ result: { of: 'input.item' } })],
        transitions: [{ on: 'done', to: 'end', assign: [{ to: 'all', from: 'output' }] }],
      },
      anEnd({ result: { all: 'data.all' } }),
    ])
    const { state } = simulate(many, {}, { child: () => ({ output: { sources: [] } }) })
    expect(state.result).toEqual({ all: [{ of: 'a' }, { of: 'b' }, { of: 'c' }] })
  })
})

describe('the laws of a detached sub-workflow', () => {
  const options = { input, child: () => ({ output: { sources: [] } }) }
  test.each(lawsOf(definition, { agents: {}, options }).map(({ fact, check }) => [fact, check] as const))(
    '%s',
    (_, check) => expect(check).not.toThrow(),
  )

  test('every reachable state keeps the invariants', () => {
    const { complete, statuses } = explore(
      aDefinition([aChild({ transitions: [{ on: 'done', to: 'end' }] }), anEnd()]),
      { input },
    )
    expect(complete).toBe(true)
    expect(statuses.completed).toBeGreaterThan(0)
  })
})
