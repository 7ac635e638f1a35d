import { describe, expect, test } from 'vitest'
import type { HumanState, ParallelState } from './definition.js'
import { aDefinition, anAgent, anEnd } from './testing/a-definition.js'
import { aRun } from './testing/a-run.js'

const review: HumanState = {
  kind: 'human',
  name: 'review',
  shows: { quote: 'data.quote' },
  deadlineMs: 1_000,
  deciders: { needed: 2 },
  transitions: ['approve', 'reject', 'adjust', 'timeout'].map((on) => ({ on, to: 'reviewed' })),
}
const sides: ParallelState = {
  kind: 'parallel',
  name: 'sides',
  join: { policy: 'all' },
  onBranchFailure: 'fail-fast',
  branches: [
    { name: 'people', initial: 'review', states: [review, anEnd({ name: 'reviewed' })] },
    {
      name: 'market',
      initial: 'ask',
      states: [
        anAgent({
          name: 'ask',
          transitions: [{ on: 'done', to: 'asked', assign: [{ to: 'quote', from: 'output.quote' }] }],
        }),
        anEnd({ name: 'asked' }),
      ],
    },
  ],
  transitions: [{ on: 'done', to: 'end' }],
}
const run = () => aRun(aDefinition([sides]))
const vote = { type: 'GateVoted', decision: 'approve', values: null, comment: null, votedBy: 'ann' } as const
const decided = {
  type: 'GateDecided',
  decision: 'approve',
  values: null,
  comment: null,
  decidedBy: 'ann, ben',
} as const

describe('when another branch changes what an open gate shows', () => {
  const changed = () =>
    run()
      .give({ ...vote, gateId: 'r.review.1' })
      .later(100)
      .succeed('ask', { quote: 7 })

  test('it closes, and another opens with the same deadline', () => {
    const it = changed()
    expect(it.commands).toContainEqual({ type: 'CloseGate', gateId: 'r.review.1', status: 'changed' })
    expect(it.published).toEqual(expect.arrayContaining(['hitl.changed', 'hitl.requested']))
    expect(Object.values(it.state.gates)).toMatchObject([
      { gateId: 'r.review.2', shown: { quote: 7 }, dueAt: 2_000, needed: 2 },
    ])
  })

  test('its votes start anew', () => {
    expect(changed().state.gates['r.review.2']?.votes).toBeUndefined()
  })

  test('a decision on the one before is not about what is shown, and ignored', () => {
    const it = changed()
    expect(it.give({ ...decided, gateId: 'r.review.1' }).last.ignored).toBe('gate-not-open')
    expect(it.give({ ...decided, gateId: 'r.review.2' }).state.status).toBe('completed')
  })
})

test('a change that leaves what is shown as it is leaves the gate', () => {
  const it = run().succeed('ask', { quote: null })
  expect(Object.keys(it.state.gates)).toEqual(['r.review.1'])
})

test('what an agent put before a person is the agent’s, and stays', () => {
  const asking = aDefinition([
    {
      ...sides,
      branches: [
        {
          name: 'people',
          initial: 'asks',
          states: [anAgent({ name: 'asks', transitions: [{ on: 'done', to: 'told' }] }), anEnd({ name: 'told' })],
        },
        ...sides.branches.slice(1),
      ],
    },
  ])
  const it = aRun(asking).give({
    type: 'StepAskedHuman',
    step: 'asks',
    dispatch: 1,
    attempt: 1,
    payload: { quote: 1 },
    deadlineMs: null,
  })
  expect(Object.keys(it.succeed('ask', { quote: 7 }).state.gates)).toEqual(['r.asks.1'])
})
