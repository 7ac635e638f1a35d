import { expect, test } from 'vitest'
import { attemptPausesMs, retryAfterMs } from './retry-after-ms.js'

test('ten attempts are made within three days and some hours', () => {
  expect(attemptPausesMs).toHaveLength(10)
  const hours = attemptPausesMs.reduce((sum, pause) => sum + pause, 0) / 3_600_000
  expect(hours).toBeCloseTo(75.6, 1)
})

test('each pause is that of the schedule, and a fifth more at most', () => {
  for (const attempts of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    const pause = attemptPausesMs[attempts] ?? 0
    expect(retryAfterMs(attempts, null, () => 0)).toBe(pause)
    expect(retryAfterMs(attempts, null, () => 1)).toBe(Math.round(pause * 1.2))
  }
  expect(retryAfterMs(10)).toBeNull()
})

test('an endpoint that says when to come back is not asked before, within a day', () => {
  expect(retryAfterMs(1, 60_000, () => 0)).toBe(60_000)
  expect(retryAfterMs(3, 60_000, () => 0)).toBe(1_800_000)
  expect(retryAfterMs(1, 1e12, () => 0)).toBe(86_400_000)
})
