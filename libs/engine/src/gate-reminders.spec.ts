import { describe, expect, test } from 'vitest'
import { dueDeadlines, nextDeadlineAt } from './deadline-events.js'
import type { HumanState } from './definition.js'
import { aDefinition } from './testing/a-definition.js'
import { aRun, type TestRun } from './testing/a-run.js'

const gate: HumanState = {
  kind: 'human',
  name: 'sign_off',
  title: 'Sign-off',
  shows: { amount: 'input.amount' },
  deadlineMs: 1_000,
  remindEveryMs: 300,
  escalate: { afterMs: 500, channel: 'head-of-desk' },
  transitions: ['approve', 'reject', 'adjust', 'timeout'].map((on) => ({ on, to: 'end' })),
}
const run = () => aRun(aDefinition([gate]), { amount: 9 })
/** Lets time pass and gives what is due; what was published on the way. */
const pass = (it: TestRun, ms: number): string[] => {
  it.later(ms)
  return dueDeadlines(it.state, it.now).flatMap((event) => [...it.give(event).published])
}

describe('reminders', () => {
  test('come again and again until the gate is over', () => {
    const it = run()
    expect(nextDeadlineAt(it.state)).toBe(1_300)
    expect(pass(it, 300)).toEqual(['hitl.reminded'])
    expect(it.commands.find(({ type }) => type === 'Notify')).toEqual({
      type: 'Notify',
      channel: 'deciders',
      message: 'Sign-off: a decision is still needed',
      step: 'sign_off',
    })
    expect(it.state.gates['r.sign_off.1']).toMatchObject({ reminders: 1, remindAt: 1_600 })
    expect(it.state.status).toBe('waiting')
  })

  test('that were missed while nobody looked are left out, and none comes for a gate that is over', () => {
    const it = run()
    expect(pass(it, 650)).toEqual(['hitl.reminded', 'hitl.escalated'])
    expect(it.state.gates['r.sign_off.1']?.remindAt).toBe(1_900)
    const late = run()
    const published = pass(late, 1_000)
    expect([published[0], published.at(-1)]).toEqual(['hitl.resolved', 'run.completed'])
    expect(published.some((type) => /remind|escalat/.test(type))).toBe(false)
  })

  test('are not repeated for the same moment', () => {
    const it = run().later(300)
    const [event] = dueDeadlines(it.state, it.now)
    if (!event) throw new Error('nothing was due')
    it.give(event)
    expect(it.give(event).last.ignored).toBe('not-due')
  })
})

test('somebody else is told once, by the channel that the gate names, and nothing personal', () => {
  const it = run()
  pass(it, 300)
  expect(pass(it, 200)).toEqual(['hitl.escalated'])
  expect(it.commands.filter(({ type }) => type === 'Notify')).toMatchObject([{ channel: 'head-of-desk' }])
  expect(JSON.stringify(it.commands)).not.toContain('amount')
  expect(it.state.gates['r.sign_off.1']?.escalateAt).toBeUndefined()
  expect(nextDeadlineAt(it.state)).toBe(1_600)
})

test('a gate that opens again goes on being reminded as before', () => {
  const it = run()
  pass(it, 300)
  const decided = { gateId: 'r.sign_off.1', values: null, comment: null, decidedBy: 'ann' }
  it.give({ type: 'GateDecided', ...decided, decision: 'magic' })
  expect(it.state.gates['r.sign_off.2']).toMatchObject({ reminders: 1, remindAt: 1_600, escalateAt: 1_500 })
})
