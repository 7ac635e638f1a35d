import { describe, expect, test } from 'vitest'
import { makeTokenBuckets } from './token-bucket.js'

describe('makeTokenBuckets', () => {
  test('gives the burst, then one token per interval, and says how long to wait', () => {
    const buckets = makeTokenBuckets({ burst: 2, perSecond: 4 })
    expect([buckets.take('a', 0), buckets.take('a', 0), buckets.take('a', 0)]).toEqual([0, 0, 0.25])
    expect(buckets.take('a', 250)).toBe(0)
    expect(buckets.take('a', 250)).toBe(0.25)
    expect(buckets.take('b', 250)).toBe(0)
  })
  test('never holds more than the burst, and looking takes nothing', () => {
    const buckets = makeTokenBuckets({ burst: 1, perSecond: 10 })
    buckets.take('a', 0)
    expect([buckets.peek('a', 10_000), buckets.peek('a', 10_000), buckets.take('a', 10_000)]).toEqual([0, 0, 0])
    expect(buckets.take('a', 10_000)).toBeGreaterThan(0)
  })
  test('forgets the name that was used longest ago', () => {
    const buckets = makeTokenBuckets({ burst: 1, perSecond: 0.001, namesMax: 2 })
    for (const name of ['a', 'b', 'c']) buckets.take(name, 0)
    expect(buckets.peek('a', 0)).toBe(0)
    expect(buckets.peek('b', 0)).toBeGreaterThan(0)
  })
})
