import { agentLaws } from '@flotilla/agent-sdk/testing'
import { describe, expect, test } from 'vitest'
import { answerBenchStep, benchQueueOf, makeBenchAgents } from './bench-agents.js'

describe('the benchmark', () => {
  test('has one agent for each of its queues', () => {
    expect(makeBenchAgents().map(({ name }) => name)).toEqual([
      'bench.kyc',
      'bench.fraud',
      'bench.income',
      'bench.risk',
    ])
  })

  test('serves each agent from a queue of its own', () => {
    expect(makeBenchAgents().map(({ name }) => benchQueueOf(name))).toEqual([
      'agent.bench-kyc',
      'agent.bench-fraud',
      'agent.bench-income',
      'agent.bench-risk',
    ])
  })

  for (const agent of makeBenchAgents())
    for (const law of agentLaws(agent, [{ id: 1, nested: { list: [1] } }, { payload: { id: 1 } }]))
      test(`law: ${law.name}`, () => expect(law.check()).resolves.toBeUndefined())

  test.each([[{}], [{ filler: 'ž'.repeat(1_000) }]])('answers %j in 300 bytes', (payload) => {
    for (const { name } of makeBenchAgents()) {
      const answer = answerBenchStep(name as Parameters<typeof answerBenchStep>[0], payload) // a name from the same list
      expect(Buffer.byteLength(JSON.stringify(answer))).toBe(300)
    }
  })

  test('answers differ when the payload does', () => {
    expect(answerBenchStep('bench.kyc', { a: 1 }).digest).not.toBe(answerBenchStep('bench.kyc', { a: 2 }).digest)
  })
})
