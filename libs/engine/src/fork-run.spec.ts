import { expect, test } from 'vitest'
import type { StateDefinition } from './definition.js'
import type { RunState } from './state.js'
import { aDefinition, anAgent, anEnd } from './testing/a-definition.js'
import { aRun } from './testing/a-run.js'

const branch = (name: string) => ({
  name,
  initial: name,
  states: [
    anAgent({ name, input: { amount: 'input.amount' }, transitions: [{ on: 'done', to: `${name}_end` }] }),
    anEnd({ name: `${name}_end`, result: { [name]: 'input.amount' } }),
  ],
})
const fan: StateDefinition = {
  kind: 'parallel',
  name: 'fan',
  join: { policy: 'until', deadlineMs: 5_000, min: 2 },
  onBranchFailure: 'fail-fast',
  branches: [branch('a'), branch('b')],
  transitions: [{ on: 'done', to: 'review' }],
}
const review: StateDefinition = {
  kind: 'human',
  name: 'review',
  weight: 60,
  shows: { amount: 'input.amount', first: 'data.first' },
  deadlineMs: 10_000,
  transitions: [{ on: 'approve', to: 'end' }],
}
const desk = aDefinition(
  [
    anAgent({
      name: 'first',
      weight: 40,
      artifacts: [{ name: 'note', type: 'note', mediaType: 'text/plain', content: 'output' }],
      transitions: [{ on: 'done', to: 'fan', assign: [{ to: 'first', from: 'input.amount' }] }],
    }),
    fan,
    review,
    anEnd({ result: { amount: 'input.amount', first: 'data.first' } }),
  ],
  { deadlineMs: 60_000 },
)
const forked = (restored: RunState | undefined, amount = 7) => {
  const from = { runId: 'r', checkpoint: restored ? 1 : null }
  const input = { amount }
  return aRun(desk, null, { type: 'RunForked', by: 'op', from, input, ...(restored ? { restored } : {}) })
}
const dispatches = (run: ReturnType<typeof aRun>) =>
  run.commands.flatMap((command) => (command.type === 'Dispatch' ? [command] : []))

test('F2 what was in flight is sent out for the fork with the changed input, and what was done is not', () => {
  const parent = aRun(desk, { amount: 1 }).later(50).succeed('first').start('a')
  const run = forked(parent.state)
  expect(dispatches(run).map(({ step, input }) => [step, input])).toEqual([
    ['a', { amount: 7 }],
    ['b', { amount: 7 }],
  ])
  expect(run.state).toMatchObject({ runId: 'f', status: 'running', progress: 0.4, openings: 0, startedAt: 1_000 })
  expect(run.step('first')).toMatchObject({ status: 'done', visits: 1, attempts: 1 })
  expect(run.step('a')).toMatchObject({ status: 'waiting', visits: 1, attempts: 0, startedAt: null, enteredAt: 1_000 })
  run.start('a').succeed('a').start('b').succeed('b')
  const [gate] = Object.values(run.state.gates)
  expect(gate).toMatchObject({ shown: { amount: 7, first: 1 } })
  const decided = { decision: 'approve', values: null, comment: null, decidedBy: 'p' }
  run.give({ type: 'GateDecided', gateId: gate?.gateId ?? '', ...decided })
  expect(run.state).toMatchObject({ status: 'completed', result: { amount: 7, first: 1 } })
})

test('F1 the stream begins at 1 with where it comes from, and dispatch, gate and checkpoint numbers go on', () => {
  const parent = aRun(desk, { amount: 1 }).succeed('first')
  const run = forked(parent.state)
  expect(run.commands.find(({ type }) => type === 'Publish')).toMatchObject({
    seq: 1,
    event: { type: 'run.started', meta: { forkedFrom: { runId: 'r', checkpoint: 1 } } },
  })
  expect(run.commands.find(({ type }) => type === 'SaveCheckpoint')).toMatchObject({ number: 1, label: 'forked' })
  expect(run.published).toEqual(['run.started', 'checkpoint.saved'])
  expect(dispatches(run).map(({ dispatch }) => dispatch)).toEqual([4, 5])
})

test('an open gate opens anew under an id of the fork, with its whole time', () => {
  const parent = aRun(desk, { amount: 1 }).succeed('first').succeed('a').succeed('b').later(9_000)
  const run = forked(parent.state, 1)
  expect(Object.values(run.state.gates)).toMatchObject([{ gateId: 'f.review.2', since: 1_000, dueAt: 11_000 }])
  expect(run.state.status).toBe('waiting')
})

test('F2 the time of a join runs from the fork', () => {
  const parent = aRun(desk, { amount: 1 }).later(1_000).succeed('first').later(4_000)
  expect(parent.step('fan').dueAt).toBe(7_000)
  expect(forked(parent.state).step('fan').dueAt).toBe(6_000)
})

test('a run that failed is forked where it failed: what stopped is taken up again', () => {
  const parent = aRun(desk, { amount: 1 }).succeed('first').succeed('a').fail('b')
  expect(parent.state.status).toBe('failed')
  const run = forked(parent.state)
  expect(dispatches(run).map(({ step }) => step)).toEqual(['b'])
  expect(run.state).toMatchObject({ status: 'running', error: null })
})

test('without a checkpoint the fork begins at the start with its own input', () => {
  const run = forked(undefined, 3)
  expect(dispatches(run)).toMatchObject([{ step: 'first', dispatch: 1 }])
  expect(run.state.scopes).toEqual({ '': { input: { amount: 3 }, data: {} } })
  expect(run.published).toEqual(['run.started'])
})

test('artifacts of before the checkpoint are kept', () => {
  const parent = aRun(desk, { amount: 1 }).succeed('first', 'text')
  expect(forked(parent.state).state.artifacts).toEqual({ note: { id: 'r.note.v1', version: 1 } })
})

test('a run that had ended, or was being cancelled, is not forked there', () => {
  const cancel = { type: 'CancelRequested', by: 'op', reason: null } as const
  const cancelling = aRun(desk, { amount: 1 }).start('first').give(cancel)
  expect(forked(cancelling.state).last.ignored).toBe('nothing-to-fork')
  const done = aRun(aDefinition([anEnd()], { initial: 'end' }))
  expect(forked(done.state).last.ignored).toBe('nothing-to-fork')
})

test('F3 a fork that fails undoes what it did itself, not what the other run did', () => {
  const book = (name: string, to: string) =>
    anAgent({
      name,
      compensate: { agent: 'bench.cancel', input: { of: 'input.amount' } },
      transitions: [{ on: 'done', to }],
    })
  const trip = aDefinition([book('flight', 'hotel'), book('hotel', 'pay'), anAgent({ name: 'pay' })])
  const parent = aRun(trip, { amount: 1 }).succeed('flight')
  const from = { runId: 'r', checkpoint: 1 }
  const event = { type: 'RunForked', by: 'op', from, input: { amount: 2 }, restored: parent.state } as const
  const run = aRun(trip, null, event).succeed('hotel').fail('pay')
  expect(dispatches(run).map(({ step }) => step)).toEqual(['undo!hotel'])
  run.succeed('undo!hotel')
  expect(run.state.status).toBe('failed')
  const undoing = parent.succeed('hotel').fail('pay').state
  expect(aRun(trip, null, { ...event, restored: undoing }).last.ignored).toBe('nothing-to-fork')
})

test('a run is forked once, at its beginning', () => {
  const from = { runId: 'other', checkpoint: null }
  const run = aRun(desk, { amount: 1 }).give({ type: 'RunForked', by: 'op', from, input: {} })
  expect(run.last.ignored).toBe('already-started')
})

test('an expression that the changed input breaks fails the fork at that step, and a resume finds it there', () => {
  const strict = aDefinition([
    anAgent({ name: 'first', transitions: [{ on: 'done', to: 'last' }] }),
    anAgent({ name: 'last', input: { half: 'input.amount / 2.0' } }),
  ])
  const parent = aRun(strict, { amount: 4.5 }).succeed('first')
  const from = { runId: 'r', checkpoint: 1 }
  const input = { amount: 'four' }
  const run = aRun(strict, null, { type: 'RunForked', by: 'op', from, input, restored: parent.state })
  expect(run.state).toMatchObject({ status: 'failed', error: { code: 'EXPRESSION_FAILED', step: 'last' } })
  expect(run.step('first').status).toBe('done')
  expect(run.step('last')).toMatchObject({ status: 'failed', stopped: true, visits: 1 })
})
