import { randomBytes } from 'node:crypto'
import { ConfigError, integer } from '@flotilla/runtime'
import { expect, test } from 'vitest'
import { readAgentConfig } from './agent-settings.js'

const key = randomBytes(32).toString('base64')
const env = {
  DATABASE_URL: 'postgresql://u:p@127.0.0.1/db',
  REDIS_URL: 'redis://127.0.0.1:6379',
  SEALING_KEYS: JSON.stringify({ current: 'k1', keys: { k1: key } }),
  HASHING_KEY: key,
}

const problemsOf = (given: Record<string, string>): readonly string[] => {
  try {
    readAgentConfig(given, {})
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems
  }
}

test('a queue’s own setting wins over the process’, and that over the code’s', () => {
  const { serving } = readAgentConfig({ ...env, AGENT_CONCURRENCY: '8', AGENT_BENCH_KYC_CONCURRENCY: '32' }, {})
  expect(serving('agent.bench-kyc').concurrency).toBe(32)
  expect(serving('agent.kyc', { concurrency: 2 }).concurrency).toBe(8)
  expect(readAgentConfig(env, {}).serving('agent.kyc', { concurrency: 2 }).concurrency).toBe(2)
  expect(readAgentConfig(env, {}).serving('agent.kyc').concurrency).toBe(4)
})
test('a queue has no rate limit unless one is set', () => {
  expect(readAgentConfig(env, {}).serving('agent.kyc').rate).toBeNull()
  const { serving } = readAgentConfig({ ...env, AGENT_RATE_MAX: '10', AGENT_KYC_RATE_DURATION_MS: '500' }, {})
  expect(serving('agent.kyc').rate).toEqual({ max: 10, durationMs: 500 })
  expect(serving('agent.fraud').rate).toEqual({ max: 10, durationMs: 1_000 })
})
test('a queue with a name of its own is set like any other, also how many jobs all processes take at once', () => {
  const defaults = { concurrency: 3, totalConcurrency: 1 }
  expect(readAgentConfig(env, {}).serving('lms_exports', defaults)).toEqual({
    concurrency: 3,
    totalConcurrency: 1,
    rate: null,
  })
  const given = { ...env, AGENT_LMS_EXPORTS_CONCURRENCY: '2', AGENT_LMS_EXPORTS_TOTAL_CONCURRENCY: '5' }
  expect(readAgentConfig(given, {}).serving('lms_exports', defaults)).toMatchObject({
    concurrency: 2,
    totalConcurrency: 5,
  })
  expect(readAgentConfig(given, {}).serving('agent.kyc').totalConcurrency).toBeNull()
})
test('the app’s own settings are read along', () => {
  expect(readAgentConfig({ ...env, OWN: '3' }, { OWN: integer({ min: 1, max: 5 }) }).config.OWN).toBe(3)
})
test('every problem is told at once, and no secret is repeated', () => {
  const broken = {
    ...env,
    HASHING_KEY: 'c2hvcnQ=',
    AGENT_KYC_CONCURRENCY: '0',
    SEALING_KEYS: '{"current":"c2hvcnQ"}',
    PORT: 'x',
  }
  const found = problemsOf(broken)
  const names = found.map((problem) => problem.split(' ')[0]).sort()
  expect(names).toEqual(['AGENT_KYC_CONCURRENCY', 'HASHING_KEY', 'PORT', 'SEALING_KEYS'])
  expect(found.join()).not.toContain('c2hvcnQ')
})

test('production refuses secrets of development', () => {
  const wrong = { ...env, NODE_ENV: 'production', REDIS_URL: 'redis://redis:6379' }
  const problems = problemsOf(wrong).join('\n')
  expect(problems).toMatch(
    /^HASHING_KEY holds a key that SEALING_KEYS holds already\nDATABASE_URL has .*\nREDIS_URL has no/,
  )
  expect(problems).not.toContain(key)
  expect(problemsOf({ ...wrong, DEVELOPMENT_SECRETS: 'allowed' })).toEqual([])
})
