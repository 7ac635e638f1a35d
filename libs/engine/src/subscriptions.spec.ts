import { describe, expect, test } from 'vitest'
import { checkDefinition } from './check-definition.js'
import { dueDeadlines } from './deadline-events.js'
import type { WaitState } from './definition.js'
import { aDefinition, anEnd } from './testing/a-definition.js'
import { aRun } from './testing/a-run.js'
import { explore } from './testing/explore.js'
import { waitingFor } from './waiting-for.js'

const aWait = (given: Partial<WaitState> = {}): WaitState => ({
  kind: 'wait',
  name: 'payment',
  signal: 'paid',
  correlate: 'input.invoice',
  deadlineMs: 1_000,
  transitions: [
    { on: 'paid', to: 'end', assign: [{ to: 'paid', from: 'event.amount' }] },
    { on: 'timeout', to: 'end' },
  ],
  ...given,
})
const definition = aDefinition([aWait(), anEnd({ result: { paid: 'data.paid' } })])
const paid = (key?: string, amount = 5) =>
  ({
    type: 'SignalReceived',
    name: 'paid',
    payload: { amount },
    by: 'bank',
    ...(key === undefined ? {} : { key }),
  }) as const
const subscriptions = ({ commands }: { readonly commands: readonly { readonly type: string }[] }) =>
  commands.filter(({ type }) => type === 'Subscribe' || type === 'Unsubscribe')
const left = { type: 'Unsubscribe', step: 'payment', visit: 1 }

test('a wait subscribes to its event under the key that its run gives it, and nothing of the key is shown', () => {
  const it = aRun(definition, { invoice: 'INV-7' })
  expect(subscriptions(it)).toEqual([{ type: 'Subscribe', step: 'payment', visit: 1, name: 'paid', key: 'INV-7' }])
  expect(waitingFor(it.state)?.waits).toEqual([{ step: 'payment', since: 1_000, dueAt: 2_000, signal: 'paid' }])
  expect(
    JSON.stringify([it.last.commands.filter(({ type }) => type === 'Publish'), waitingFor(it.state)]),
  ).not.toContain('INV')
})

test('the event under its key ends the wait, one under another is ignored and not kept', () => {
  const it = aRun(definition, { invoice: 7 })
  expect(it.give(paid('8')).last.ignored).toBe('nobody-waits')
  expect(it.state.signals).toEqual({})
  it.give(paid('7'))
  expect(it.state).toMatchObject({ status: 'completed', result: { paid: 5 } })
  expect(subscriptions(it)).toEqual([left])
  expect(it.give(paid('7')).last.ignored).toBe('finished')
})

test('a signal to the run itself ends the wait whatever its key, also one that was early', () => {
  const direct = aRun(definition, { invoice: 'x' }).give(paid())
  expect([direct.state.status, subscriptions(direct)]).toEqual(['completed', [left]])
})

describe('every way out of the wait ends the subscription', () => {
  test('its deadline', () => {
    const it = aRun(definition, { invoice: 'x' }).later(1_000)
    for (const event of dueDeadlines(it.state, it.now)) it.give(event)
    expect([it.state.status, subscriptions(it)]).toEqual(['completed', [left]])
  })
  test('a cancellation', () => {
    const it = aRun(definition, { invoice: 'x' }).give({ type: 'CancelRequested', by: 'ann', reason: null })
    expect([it.state.status, subscriptions(it)]).toEqual(['cancelled', [left]])
  })
  test("the run's own deadline, and a resume subscribes anew", () => {
    const it = aRun({ ...definition, deadlineMs: 500 }, { invoice: 'x' }).later(500)
    for (const event of dueDeadlines(it.state, it.now)) it.give(event)
    expect([it.state.status, subscriptions(it)]).toEqual(['failed', [left]])
    it.give({ type: 'ResumeRequested', by: 'ann', checkpoint: null })
    expect(it.state.status).toBe('waiting')
    expect(subscriptions(it)).toMatchObject([{ type: 'Subscribe', step: 'payment', key: 'x' }])
  })
})

test('branches that wait for the same event under different keys get their own', () => {
  const branch = (name: string, correlate: string) => ({
    name,
    initial: `wait_${name}`,
    states: [
      aWait({
        name: `wait_${name}`,
        correlate,
        transitions: [
          { on: 'paid', to: `end_${name}` },
          { on: 'timeout', to: `end_${name}` },
        ],
      }),
      anEnd({ name: `end_${name}` }),
    ],
  })
  const both = aDefinition([
    {
      kind: 'parallel',
      name: 'both',
      branches: [branch('a', 'input.a'), branch('b', 'input.b')],
      join: { policy: 'all' },
      onBranchFailure: 'fail-fast',
      transitions: [{ on: 'done', to: 'end' }],
    },
  ])
  const it = aRun(both, { a: 'A', b: 'B' }).give(paid('B'))
  expect([it.step('wait_a').status, it.step('wait_b').status]).toEqual(['waiting', 'done'])
  expect(it.give(paid('A')).state.status).toBe('completed')
})

test('a key that is no text and no number fails the step with its reason', () => {
  const it = aRun(definition, { invoice: null })
  expect(it.state).toMatchObject({ status: 'failed', error: { code: 'CORRELATION_MISSING' } })
  expect(subscriptions(it)).toEqual([])
})

test('a workflow that waits for correlated events is sound, and a key without a signal is found', () => {
  expect(checkDefinition(definition)).toEqual([])
  const { signal: _signal, ...rest } = aWait({ forMs: '5' })
  expect(checkDefinition(aDefinition([rest])).map(({ code }) => code)).toContain('CORRELATE_ALONE')
})

test('every reachable state keeps the invariants', () => {
  expect(explore(definition, { input: { invoice: 'x' } }).statuses.completed).toBeGreaterThan(0)
})
