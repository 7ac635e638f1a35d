import { initialState, type RunState } from '@flotilla/engine'
import { expect, test } from 'vitest'
import { makeKnownStates, type SavedState } from './known-states.js'

const aSaved = (runId: string, over: Partial<SavedState> = {}, state: Partial<RunState> = {}): SavedState => ({
  runId,
  position: 3,
  state: { ...initialState({ runId, submittedBy: 'x' }), status: 'running', ...state },
  sealed: { isPlain: true, longest: 10 },
  ...over,
})
const at = (runId: string, position = 3) => ({ runId, position })

test('a state is known at its position, and at no other', () => {
  const states = makeKnownStates()
  const saved = aSaved('a')
  states.learn([saved])
  expect(states.of([at('a'), at('b')])).toEqual(new Map([['a', { position: 3, state: saved.state }]]))
  expect(states.of([at('a', 4)]).size).toBe(0)
  states.learn([aSaved('a', { position: 4 })])
  expect(states.of([at('a')]).size).toBe(0)
  expect(states.of([at('a', 4)]).size).toBe(1)
})

test.each([
  ['has ended', aSaved('a', {}, { finishedAt: 1 })],
  ['holds text that Postgres keeps otherwise', aSaved('a', { sealed: { isPlain: false, longest: 10 } })],
  ['is large', aSaved('a', { sealed: { isPlain: true, longest: 20_000 } })],
  ['was not sealed', aSaved('a', { sealed: null })],
])('a state of a run that %s is not kept', (_why, saved) => {
  const states = makeKnownStates()
  states.learn([aSaved('a', { position: 2 })])
  states.learn([saved])
  expect([2, 3].map((position) => states.of([at('a', position)]).size)).toEqual([0, 0])
})

test('the oldest go first', () => {
  const states = makeKnownStates({ runsMax: 2 })
  states.learn(['a', 'b'].map((id) => aSaved(id)))
  states.learn(['a', 'c'].map((id) => aSaved(id)))
  expect([...states.of(['a', 'b', 'c'].map((id) => at(id))).keys()]).toEqual(['a', 'c'])
  states.forget()
  expect(states.of([at('a')]).size).toBe(0)
})
