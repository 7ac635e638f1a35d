import { agentLaws, callAgent } from '@flotilla/agent-sdk/testing'
import { defineAgent } from '@flotilla/agent-sdk'
import { contract, RetryableError } from '@flotilla/contracts'
import { aDefinition, anAgent, aRun, exploreCrashes, lawsOf, simulate } from '@flotilla/engine/testing'
import { IsInt, IsString, Min } from 'class-validator'
import { describe, expect, test } from 'vitest'

class RefundInput {
  @IsString() orderId!: string
  @IsInt() @Min(1) amount!: number
}
class RefundOutput {
  @IsString() receipt!: string
}
contract('refund.input.v1', RefundInput)
contract('refund.output.v1', RefundOutput)

/** The agent of the example: it refunds an order through a bank that knows idempotency keys. */
const bank = { busy: false, paid: new Map<string, number>() }
const refund = defineAgent('refund', {
  input: RefundInput,
  output: RefundOutput,
  run: async ({ orderId, amount }, { effect }) =>
    effect('pay-back', orderId, ({ idempotencyKey }) => {
      if (bank.busy) throw new RetryableError('BANK_BUSY', 1_000)
      bank.paid.set(idempotencyKey, amount)
      return Promise.resolve({ receipt: `paid ${orderId}` })
    }),
})

/** The workflow of the example: a person looks at it first, for two days at most. */
const refunds = aDefinition([
  {
    kind: 'human',
    name: 'look',
    shows: { amount: 'input.amount' },
    deadlineMs: 48 * 3_600_000,
    transitions: [
      { on: 'approve', to: 'pay' },
      { on: 'reject', to: 'refused' },
      { on: 'timeout', to: 'refused' },
    ],
  },
  anAgent({ name: 'pay', agent: 'refund', input: { orderId: 'input.orderId', amount: 'input.amount' } }),
  { kind: 'end', name: 'refused', status: 'failed', error: { code: 'REFUSED', message: 'Nobody approved it' } },
])
const input = { orderId: 'o-1', amount: 20 }
const world = { agents: { pay: () => ({ output: { receipt: 'paid o-1' } }) }, options: { input } }

describe('the agent alone', () => {
  test('pays once, under a key of its own', async () => {
    const { output, effects } = await callAgent(refund, input)
    expect(output).toEqual({ receipt: 'paid o-1' })
    expect(effects.map(({ name }) => name)).toEqual(['pay-back'])
  })
  for (const { name, check } of agentLaws(refund, [input]))
    test(`law: ${name}`, () => expect(check()).resolves.toBeUndefined())
})

describe('the workflow alone, step by step', () => {
  test('two days without an answer refuse it, in no time at all', () => {
    const run = aRun(refunds, input).later(48 * 3_600_000)
    run.give({
      type: 'DeadlineReached',
      deadline: 'gate',
      step: 'look',
      dispatch: null,
      gateId: run.step('look').gateId,
    })
    expect(run.state.error?.code).toBe('REFUSED')
  })
})

describe('the workflow with its agents, in virtual time', () => {
  test('an approval leads to the payment', () => {
    const { state, published } = simulate(refunds, world.agents, world.options)
    expect(state.status).toBe('completed')
    expect(published.map(({ type }) => type)).toContain('hitl.requested')
  })
  test('an agent that never answers is given up at its deadline', () => {
    const { state } = simulate(refunds, { pay: () => ({ silent: true }) }, world.options)
    expect(state.error?.code).toBe('STEP_DEADLINE')
  })
  for (const { fact, check } of lawsOf(refunds, world))
    test(`law: ${fact}`, () => {
      expect(check).not.toThrow()
    })
  test('a crash anywhere changes nothing', () => {
    const stories = exploreCrashes(refunds, world)
    expect(stories.map(({ event }) => event)).toContain('GateDecided')
    expect(stories.every(({ state }) => state.status === 'completed')).toBe(true)
  })
})
