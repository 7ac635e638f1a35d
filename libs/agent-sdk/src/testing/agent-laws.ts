import assert from 'node:assert/strict'
import type { Agent } from '../define-agent.js'
import { callAgent } from './call-agent.js'
import { aWorld, type KnownFact } from './world.js'

/** A law with the check that proves it: `for (const law of agentLaws(...)) test(law.name, law.check)`. */
export interface Law {
  readonly name: string
  readonly check: () => Promise<void>
}

/**
 * What every agent must obey, over the given valid inputs: it answers by its contract, the same every time; it leaves its
 * input alone (`callAgent` freezes it); a second attempt repeats no effect and answers the same.
 */
export const agentLaws = <I extends object, O extends object>(
  agent: Agent<I, O>,
  inputs: readonly unknown[],
  facts: readonly KnownFact[] = [],
): readonly Law[] => {
  const each = (check: (input: unknown) => Promise<void>) => async (): Promise<void> => {
    assert.ok(inputs.length > 0, 'laws without inputs prove nothing')
    for (const input of inputs) await check(input)
  }
  return [
    {
      name: `${agent.name} gives the same output when called twice`,
      check: each(async (input) => {
        const first = await callAgent(agent, input, { facts })
        const second = await callAgent(agent, input, { facts })
        assert.deepEqual(second.output, first.output)
        assert.deepEqual(second.asked, first.asked)
      }),
    },
    {
      name: `${agent.name} repeats no effect on a second attempt and answers the same`,
      check: each(async (input) => {
        const world = aWorld(facts)
        const first = await callAgent(agent, input, { world })
        const second = await callAgent(agent, input, { world, attempt: 2 })
        assert.deepEqual(second.effects, [])
        assert.deepEqual(second.output, first.output)
      }),
    },
  ]
}
