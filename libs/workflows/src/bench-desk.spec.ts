import { simulate } from '@flotilla/engine/testing'
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

test('an object that its contract has wrapped is not wrapped again', () => {
  const { commands } = simulate(benchDesk, {}, { input: { payload: { any: 'object' } } })
  const first = commands.find((command) => command.type === 'Dispatch')
  expect(first?.input).toEqual({ payload: { any: 'object' } })
})
