import { explore, lawsOf, simulate } from '@flotilla/engine/testing'
import { expect, test } from 'vitest'
import { benchDesk } from './bench-desk.js'

test('the bench desk approves', () => {
  const { state, commands } = simulate(benchDesk, {}, { input: { any: 'object' } })
  expect(state.result).toEqual({ decision: 'approve' })
  const dispatched = commands.flatMap((command) => (command.type === 'Dispatch' ? [command] : []))
  expect(dispatched.map(({ queue }) => queue)).toEqual([
    'agent.bench-kyc',
    'agent.bench-fraud',
    'agent.bench-income',
    'agent.bench-risk',
  ])
  expect(dispatched[0]?.input).toEqual({ payload: { any: 'object' } })
})

for (const { fact, check } of lawsOf(benchDesk, { agents: {} })) test(fact, check)

test('every reachable state keeps the invariants', () => {
  expect(explore(benchDesk, { badDays: { resume: false } }).complete).toBe(true)
})
