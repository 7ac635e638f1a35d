import { expect, test } from 'vitest'
import { backoffMs, backoffOption, backoffStrategy } from './backoff.js'

const policy = { delayMs: 100, multiplier: 3, maxMs: 1_000, jitter: 0.5 }
const atMost = { random: () => 1 }
const atLeast = { random: () => 0 }

test('the pause grows by the multiplier up to its limit', () => {
  expect([1, 2, 3, 4, 400].map((made) => backoffMs(policy, made, atMost))).toEqual([100, 300, 900, 1_000, 1_000])
})
test('the jitter share is random, the rest is certain', () => {
  expect(backoffMs(policy, 1, atLeast)).toBe(50)
  expect(backoffMs({ ...policy, jitter: 0 }, 1, atLeast)).toBe(100)
})
test('a provider that asks for a longer pause gets it', () => {
  expect(backoffMs(policy, 1, { ...atMost, afterMs: 5_000 })).toBe(5_000)
  expect(backoffMs(policy, 4, { ...atMost, afterMs: 5 })).toBe(1_000)
})
test('the strategy takes the policy from the job and a computed delay from the error', () => {
  const job = { opts: { backoff: backoffOption({ ...policy, jitter: 0 }) } }
  expect(backoffStrategy(2, 'flotilla', new Error('X'), job)).toBe(300)
  expect(backoffStrategy(2, 'flotilla', Object.assign(new Error('X'), { afterMs: 42 }), job)).toBe(42)
  expect(backoffStrategy(1, 'flotilla', new Error('X'), { opts: {} })).toBeGreaterThan(0)
})
