/** A vitest reporter that writes down counts and reasons, for whoever started vitest to print as the very last lines. */
import fs from 'node:fs'

/** Given to vitest by its path. */
export default class SummaryReporter {
  /**
   * @param {ReadonlyArray<import('vitest/node').TestModule>} modules
   * @param {ReadonlyArray<unknown>} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    /** @type {import('./test-summary.mjs').TestSummary} */
    const summary = { passed: 0, failed: unhandledErrors.length, skips: [] }
    for (const module of modules) {
      let failedHere = 0
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed') summary.passed += 1
        else if (result.state === 'failed') failedHere += 1
        else
          summary.skips.push({ test: test.fullName, reason: result.state === 'skipped' ? (result.note ?? null) : null })
      }
      // A file that cannot be loaded, or whose set-up fails, has no failed test to show for it.
      if (failedHere === 0 && module.state() === 'failed') failedHere = 1
      summary.failed += failedHere
    }
    const file = process.env.FLOTILLA_TEST_SUMMARY
    if (file) fs.writeFileSync(file, JSON.stringify(summary))
  }
}
