import { expect, test } from 'vitest'
import { deadQueueOf, isAgentName, jobIdOf, parseJobId, queueOfAgent, queueOfDead } from './queue-names.js'

test('an agent is served by the queue of the first part of its name', () => {
  expect(queueOfAgent('kyc')).toBe('agent.kyc')
  expect(queueOfAgent('risk.pd')).toBe('agent.risk')
})
test('an agent queue and its dead-letter queue name each other', () => {
  expect(deadQueueOf('agent.bench-kyc')).toBe('dead.bench-kyc')
  expect(queueOfDead(deadQueueOf('agent.kyc'))).toBe('agent.kyc')
})
test('a job id is read back, also where the step holds points', () => {
  const key = { runId: '0189-7', step: 'risk_ensemble.pd', dispatch: 12 }
  expect(parseJobId(jobIdOf(key))).toEqual(key)
})
test.each(['', 'a', 'a.b', 'a.b.c', '12', 'reply-1-0'])('%j is not a job id', (id) => {
  expect(parseJobId(id)).toBeNull()
})
test.each(['KYC', 'kyc:1', '', 'a..b', '-a', 'a b'])('%j cannot name an agent', (name) => {
  expect(isAgentName(name)).toBe(false)
})
