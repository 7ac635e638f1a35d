import { parseContract, RetryableError } from '@flotilla/contracts'
import { IsOptional, IsString } from 'class-validator'
import { describe, expect, test } from 'vitest'
import type { AgentContext } from './agent-context.js'
import { defineAgent } from './define-agent.js'
import { callAgent } from './testing/call-agent.js'
import { aWorld } from './testing/world.js'

class Trip {
  @IsString() to!: string
}
class Booked {
  @IsOptional() @IsString() id!: string | null
}

/** A provider that honours no keys: every call books. */
const aProvider = () => {
  const booked: string[] = []
  return { booked, book: () => booked.push(`b${booked.length + 1}`) }
}
const booking = (call: () => Promise<string>, before?: (context: AgentContext) => Promise<unknown>) =>
  defineAgent('book', {
    input: Trip,
    output: Booked,
    run: async (_input, context) => {
      await before?.(context)
      return { id: await context.effect('book', 'seat', call, { honoursKeys: false }) }
    },
  })
const input = parseContract(Trip, { to: 'here' })

describe('an effect at a provider that does not honour keys', () => {
  /** Does it, and dies before the outcome is recorded. */
  const aKilledCall = async () => {
    const provider = aProvider()
    const world = aWorld()
    const dies = booking(() => {
      provider.book()
      return Promise.reject(new Error('killed'))
    })
    await expect(callAgent(dies, input, { world })).rejects.toThrow('killed')
    const lives = booking(() => Promise.resolve(`b${provider.book()}`))
    return { provider, world, lives }
  }

  test('is not called again while nobody knows whether it happened: a person is asked', async () => {
    const { provider, world, lives } = await aKilledCall()
    const { asked, output } = await callAgent(lives, input, { world, attempt: 2 })
    expect(output).toBeNull()
    expect(asked?.payload).toMatchObject({ effect: 'book', key: 'seat', begunAt: expect.stringMatching(/^\d{4}-.*Z$/) })
    expect(provider.booked).toEqual(['b1'])
  })

  test('has the outcome that the person found out', async () => {
    const { provider, world, lives } = await aKilledCall()
    await callAgent(lives, input, { world, attempt: 2 })
    const decision = { decision: 'approve', values: { outcome: 'b1' } }
    expect((await callAgent(lives, input, { world, dispatch: 2, decision })).output).toEqual({ id: 'b1' })
    // A retry of the same dispatch finds it in the ledger.
    expect((await callAgent(lives, input, { world, dispatch: 2, attempt: 2, decision })).output).toEqual({ id: 'b1' })
    expect(provider.booked).toEqual(['b1'])
  })

  test('is called again when the person found out that it did not happen, and asked about again when it dies again', async () => {
    const { provider, world, lives } = await aKilledCall()
    const asked = await callAgent(lives, input, { world, attempt: 2 })
    const decision = { decision: 'reject' }
    const dies = booking(() => Promise.reject(new Error('killed')))
    await expect(callAgent(dies, input, { world, dispatch: 2, decision })).rejects.toThrow('killed')
    // The decision was about the first call: the second attempt of the dispatch does not take it for the second one.
    const again = await callAgent(lives, input, { world, dispatch: 2, attempt: 2, decision })
    expect(again.asked?.payload['begunAt']).toBeDefined()
    expect(asked.output ?? again.output).toBeNull()
    expect((await callAgent(lives, input, { world, dispatch: 3, decision })).output).toEqual({ id: 'b2' })
    expect(provider.booked).toEqual(['b1', 'b2'])
  })

  test('is called again without a question when its own error says that nothing happened', async () => {
    const world = aWorld()
    const busy = booking(() => Promise.reject(new RetryableError('BUSY', 10)))
    await expect(callAgent(busy, input, { world })).rejects.toThrow('BUSY')
    const lives = booking(() => Promise.resolve('b1'))
    expect((await callAgent(lives, input, { world, attempt: 2 })).output).toEqual({ id: 'b1' })
  })

  test("does not take the agent's own question for its own", async () => {
    const { provider, world } = await aKilledCall()
    const lives = booking(
      () => Promise.resolve(`b${provider.book()}`),
      ({ requestHitl }) => requestHitl({ ask: 'may I?' }),
    )
    const first = await callAgent(lives, input, { world, attempt: 2 })
    expect(first.asked?.payload).toEqual({ ask: 'may I?' })
    const mine = { decision: 'approve', values: { a: 1 } }
    const second = await callAgent(lives, input, { world, dispatch: 2, decision: mine })
    expect(second.asked?.payload).toMatchObject({ effect: 'book' })
    const retried = await callAgent(lives, input, { world, dispatch: 2, attempt: 2, decision: mine })
    expect(retried.asked?.payload).toMatchObject({ effect: 'book' })
    const found = { decision: 'approve', values: { outcome: 'b1' } }
    expect((await callAgent(lives, input, { world, dispatch: 3, decision: found })).output).toEqual({ id: 'b1' })
  })
})

test('an effect whose provider honours keys is called again with the same key', async () => {
  const world = aWorld()
  const keys: string[] = []
  const agent = (dies: boolean) =>
    defineAgent('book', {
      input: Trip,
      output: Booked,
      run: async (_input, { effect }) => ({
        id: await effect('book', 'seat', ({ idempotencyKey }) => {
          keys.push(idempotencyKey)
          return dies ? Promise.reject(new Error('killed')) : Promise.resolve('b1')
        }),
      }),
    })
  await expect(callAgent(agent(true), input, { world })).rejects.toThrow('killed')
  await callAgent(agent(false), input, { world, attempt: 2, dispatch: 2 })
  expect(keys).toHaveLength(2)
  expect(new Set(keys).size).toBe(1)
})
