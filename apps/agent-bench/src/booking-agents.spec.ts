import { agentLaws, aWorld, callAgent } from '@flotilla/agent-sdk/testing'
import { describe, expect, test } from 'vitest'
import { makeBookingAgents } from './booking-agents.js'

describe.each(makeBookingAgents().map((agent) => [agent.name, agent] as const))('%s', (name, agent) => {
  for (const law of agentLaws(agent, [{ booking: 'seat-1' }]))
    test(`law: ${law.name}`, () => expect(law.check()).resolves.toBeUndefined())

  test('does it once over attempts and dispatches', async () => {
    const world = aWorld()
    const first = await callAgent(agent, { booking: 'seat-1' }, { world })
    const again = await callAgent(agent, { booking: 'seat-1' }, { world, attempt: 2, dispatch: 2 })
    expect(first.emitted).toHaveLength(1)
    expect(again.emitted).toEqual([])
    expect(again.output).toEqual(first.output)
  })

  test('does nothing where there is no room', async () => {
    const world = aWorld()
    await expect(callAgent(agent, { booking: 'seat-1', full: true }, { world })).rejects.toThrow('FULLY_BOOKED')
    expect(name).toMatch(/^bench\./)
  })
})
