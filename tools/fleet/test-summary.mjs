/** What a test run comes to, in the two lines with which `npm test` ends. */

/** @typedef {{ passed: number, failed: number, skips: { test: string, reason: string | null }[] }} TestSummary */

/** Reasons for which a machine may lack what a test needs. Anything else that is skipped in CI is a mistake. */
const expectedReasons = [
  /real data|FLOTILLA_DATA_DIR/i,
  /TEST_INFRA|docker/i,
  /macOS|only on Linux/i,
  /chromium|browser/i,
]

/** @param {TestSummary['skips'][number]} skip */
const reasonOf = ({ test, reason }) => reason ?? `no reason given (${test})`

/** @param {TestSummary} summary */
export const unexpectedSkips = ({ skips }) =>
  skips.filter(({ test, reason }) => !expectedReasons.some((expected) => expected.test(`${reason ?? ''} ${test}`)))

/**
 * @param {TestSummary} summary
 * @returns {[string, string]} `N skipped: reasons` and `N passed, N failed`
 */
export const closingLines = (summary) => {
  const { passed, failed, skips } = summary
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const skip of skips) counts.set(reasonOf(skip), (counts.get(reasonOf(skip)) ?? 0) + 1)
  const reasons = [...counts].map(([reason, count]) => (count === 1 ? reason : `${reason} (${count})`))
  return [`${skips.length} skipped: ${reasons.join('; ') || 'none'}`, `${passed} passed, ${failed} failed`]
}
