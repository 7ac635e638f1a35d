import { expect, test } from 'vitest'
import type { HumanState } from './definition.js'
import { aDefinition, anEnd } from './testing/a-definition.js'
import { aRun } from './testing/a-run.js'

const gate: HumanState = {
  kind: 'human',
  name: 'sign_off',
  shows: { amount: 'input.amount' },
  deadlineMs: 1_000,
  deciders: { needed: 2, scope: 'managers' },
  transitions: [
    { on: 'approve', to: 'end', assign: [{ to: 'by', from: 'event.deciders' }] },
    { on: 'reject', to: 'end', assign: [{ to: 'by', from: 'event.decidedBy' }] },
    { on: 'timeout', to: 'end' },
  ],
}
const run = () => aRun(aDefinition([gate, anEnd({ result: { by: 'data.by' } })]), { amount: 9 })
const vote = (votedBy: string, decision = 'approve', gateId = 'r.sign_off.1') =>
  ({ type: 'GateVoted', gateId, decision, values: null, comment: 'because of Mrs Doe', votedBy }) as const

test('a gate says how many must give the same decision, and what their keys must hold', () => {
  expect(run().commands.find(({ type }) => type === 'OpenGate')).toMatchObject({ needed: 2, scope: 'managers' })
})

test('a vote is kept with who gave it, and leaves the gate open', () => {
  const it = run().later(10).give(vote('ann'))
  expect(it.state.status).toBe('waiting')
  expect(it.state.gates['r.sign_off.1']?.votes).toEqual([{ by: 'ann', decision: 'approve', at: 1_010 }])
  expect(it.published).toEqual(['hitl.voted'])
})

test('the stream tells that somebody voted, not who, for what or why', () => {
  const it = run().give(vote('ann'))
  const told = it.commands.flatMap((command) => (command.type === 'Publish' ? [command.event] : []))
  expect(told[0]?.meta).toEqual({ gate: 'sign_off', gateId: 'r.sign_off.1', votes: 1, needed: 2 })
  expect(JSON.stringify(told)).not.toMatch(/ann|approve|Doe/)
})

test('each person votes once', () => {
  const it = run().give(vote('ann'))
  expect(it.give(vote('ann', 'reject')).last.ignored).toBe('duplicate')
  expect(it.give(vote('ben', 'approve', 'r.sign_off.9')).last.ignored).toBe('gate-not-open')
})

test('the decision carries everybody whose it is', () => {
  const deciders = [
    { by: 'ann', at: 1_000, comment: null },
    { by: 'ben', at: 1_005, comment: 'fine' },
  ]
  const decided = { gateId: 'r.sign_off.1', decision: 'approve', values: null, comment: 'fine', deciders }
  const it = run()
    .give(vote('ann'))
    .give({ type: 'GateDecided', ...decided, decidedBy: 'ann, ben' })
  expect(it.state).toMatchObject({ status: 'completed', result: { by: ['ann', 'ben'] }, gates: {} })
  expect(it.give(vote('cat')).last.ignored).toBe('finished')
})
