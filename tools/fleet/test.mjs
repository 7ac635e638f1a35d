/** `npm test`: installs and builds what is missing, then runs every test. */
import { build } from './build.mjs'
import { installIfNeeded } from './install.mjs'
import { runTests } from './run-tests.mjs'
import { StartError } from './start-error.mjs'
import { closingLines } from './test-summary.mjs'

/** @param {string[]} args */
const test = async (args) => {
  try {
    installIfNeeded()
    await build()
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    console.error(error.message)
    return { passed: 0, failed: 1, skips: [] }
  }
  return runTests(args)
}

/** @param {string[]} args given to vitest */
export const run = async (args) => {
  const summary = await test(args)
  console.log(`\n${closingLines(summary).join('\n')}`)
  return summary.failed === 0 ? 0 : 1
}
