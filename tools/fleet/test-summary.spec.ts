import { describe, expect, test } from 'vitest'
import { closingLines, unexpectedSkips } from './test-summary.mjs'

const skips = [
  { test: 'scores > the real applications', reason: 'no real data: set FLOTILLA_DATA_DIR' },
  { test: 'scores > the real names', reason: 'no real data: set FLOTILLA_DATA_DIR' },
  { test: 'a lazy test', reason: null },
]

describe('the closing lines', () => {
  test('count and give each reason once', () => {
    expect(closingLines({ passed: 12, failed: 1, skips })).toEqual([
      '3 skipped: no real data: set FLOTILLA_DATA_DIR (2); no reason given (a lazy test)',
      '12 passed, 1 failed',
    ])
    expect(closingLines({ passed: 0, failed: 0, skips: [] })).toEqual(['0 skipped: none', '0 passed, 0 failed'])
  })

  test('a skip without an expected reason is unexpected', () => {
    expect(unexpectedSkips({ passed: 0, failed: 0, skips })).toEqual([skips[2]])
  })
})
