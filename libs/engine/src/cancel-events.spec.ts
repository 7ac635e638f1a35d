import { describe, expect, test } from 'vitest'
import { dueDeadlines, nextDeadlineAt } from './deadline-events.js'
import type { StateDefinition } from './definition.js'
import { aDefinition, anAgent, anEnd } from './testing/a-definition.js'
import { aRun, type TestRun } from './testing/a-run.js'

const cancel = { type: 'CancelRequested', by: 'op', reason: 'no longer wanted' } as const
const two: StateDefinition = {
  kind: 'parallel',
  name: 'both',
  join: { policy: 'all' },
  onBranchFailure: 'fail-fast',
  branches: ['a', 'b'].map((name) => ({
    name,
    initial: name,
    states: [anAgent({ name, transitions: [{ on: 'done', to: `${name}_end` }] }), anEnd({ name: `${name}_end` })],
  })),
  transitions: [{ on: 'done', to: 'end' }],
}
const gate: StateDefinition = {
  kind: 'human',
  name: 'gate',
  shows: {},
  deadlineMs: 1_000,
  transitions: [{ on: 'approve', to: 'end' }],
}

test('a run whose work only waits in line is cancelled at once', () => {
  const run = aRun(aDefinition([two])).give(cancel)
  expect(run.state.status).toBe('cancelled')
  expect(run.commands.filter(({ type }) => type === 'CancelJob')).toHaveLength(2)
  expect(run.step('a').status).toBe('cancelled')
  expect(run.published).toEqual(['run.cancelled'])
  expect(run.commands.at(-1)).toMatchObject({ type: 'Finish', status: 'cancelled' })
})

test('agents at work are told to stop and have time to clean up', () => {
  const run = aRun(aDefinition([two], { cleanUpMs: 700 }))
    .start('a')
    .give(cancel)
  expect(run.state).toMatchObject({ status: 'running', cancel: { by: 'op', waitUntil: 1_700 } })
  expect(run.commands.filter(({ type }) => type === 'CancelJob')).toHaveLength(2)
  expect(run.step('b').status).toBe('cancelled')
  run.give({ type: 'StepCheckpointed', step: 'a', dispatch: 1, attempt: 1, id: 'c', label: 'partial', data: {} })
  expect(run.commands[0]).toMatchObject({ type: 'SaveCheckpoint', label: 'partial' })
  expect(run.give(cancel).last.ignored).toBe('already-cancelling')
  run.fail('a', 'CANCELLED')
  expect(run.state.status).toBe('cancelled')
  expect(run.commands.some(({ type }) => type === 'DeadLetter')).toBe(false)
})

test('a reply that comes while cancelling does not carry the run on', () => {
  const run = aRun(
    aDefinition([anAgent({ name: 'a', transitions: [{ on: 'done', to: 'b' }] }), anAgent({ name: 'b' })]),
  )
  run.start('a').give(cancel).succeed('a')
  expect(run.state.status).toBe('cancelled')
  expect(run.step('b').status).toBe('skipped')
})

test('the wait for clean-up ends at its limit', () => {
  const run = aRun(aDefinition([two]))
    .start('a')
    .give(cancel)
  expect(nextDeadlineAt(run.state)).toBe(31_000)
  expect(dueDeadlines(run.state, 30_999)).toEqual([])
  run.give({ type: 'DeadlineReached', deadline: 'clean-up', step: null, dispatch: null, gateId: null })
  expect(run.last.ignored).toBe('not-due')
  run.later(30_000)
  for (const event of dueDeadlines(run.state, run.now)) run.give(event)
  expect(run.state.status).toBe('cancelled')
})

test('a run at a gate is cancelled at once, and the gate closes', () => {
  const run = aRun(aDefinition([gate])).give(cancel)
  expect(run.state).toMatchObject({ status: 'cancelled', gates: {} })
  expect(run.commands).toContainEqual({ type: 'CloseGate', gateId: 'r.gate.1', status: 'cancelled' })
})

test('cancelled is final', () => {
  const run = aRun(aDefinition([gate])).give(cancel)
  for (const event of [
    cancel,
    { type: 'ResumeRequested', by: 'op', checkpoint: null },
    { type: 'GateDecided', gateId: 'r.gate.1', decision: 'approve', values: null, comment: null, decidedBy: 'ann' },
  ] as const)
    expect(run.give(event).last.ignored).toBe('finished')
})

describe('what a run saved', () => {
  const artifacts = [{ name: 'draft', type: 'text', mediaType: 'text/plain', content: 'output.text' }]
  const drafts = anAgent({ name: 'draft', artifacts, transitions: [{ on: 'done', to: 'send' }] })
  const onCancel = [
    { do: 'notify', channel: 'submitter', message: 'Cancelled; what was written is kept' },
    { do: 'log', message: 'cancelled' },
  ] as const
  const definition = aDefinition([drafts, anAgent({ name: 'send' })], { onCancel })
  const run = () => aRun(definition).succeed('draft', { text: 'so far' })
  const marks = (it: TestRun) => it.commands.filter(({ type }) => type === 'MarkArtifacts')

  test('before it was cancelled is marked incomplete, and somebody is told, once it has cleaned up', () => {
    const it = run().start('send').give({ type: 'CancelRequested', by: 'op', reason: null })
    expect(it.commands.map(({ type }) => type)).not.toContain('MarkArtifacts')
    it.fail('send', 'CANCELLED')
    expect(it.state.status).toBe('cancelled')
    expect(marks(it)).toEqual([{ type: 'MarkArtifacts', incomplete: true }])
    expect(it.commands.filter(({ type }) => type === 'Notify')).toMatchObject([{ channel: 'submitter', step: '' }])
    expect(it.commands.filter(({ type }) => type === 'Log')).toHaveLength(1)
  })

  test('before it failed is marked incomplete until it is resumed', () => {
    const it = run().fail('send')
    expect(marks(it)).toEqual([{ type: 'MarkArtifacts', incomplete: true }])
    expect(it.commands.filter(({ type }) => type === 'Notify')).toEqual([])
    it.give({ type: 'ResumeRequested', by: 'op', checkpoint: null })
    expect(marks(it)).toEqual([{ type: 'MarkArtifacts', incomplete: false }])
    expect(marks(it.succeed('send'))).toEqual([])
  })
})
