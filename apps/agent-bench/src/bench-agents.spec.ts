import { describe, expect, test } from 'vitest'
import { answerBenchStep, makeBenchAgents } from './bench-agents.js'

describe('the benchmark', () => {
  test('has one agent for each of its queues', () => {
    expect(makeBenchAgents().map(({ name }) => name)).toEqual([
      'bench-kyc',
      'bench-fraud',
      'bench-income',
      'bench-risk',
    ])
  })

  test.each([[{}], [{ filler: 'ž'.repeat(1_000) }]])('answers %j in 300 bytes', (payload) => {
    for (const { name } of makeBenchAgents()) {
      const answer = answerBenchStep(name as Parameters<typeof answerBenchStep>[0], payload) // a name from the same list
      expect(Buffer.byteLength(JSON.stringify(answer))).toBe(300)
    }
  })

  test('answers differ when the payload does', () => {
    expect(answerBenchStep('bench-kyc', { a: 1 }).digest).not.toBe(answerBenchStep('bench-kyc', { a: 2 }).digest)
  })
})
