import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { binDir, repoDir, toolEnv } from './paths.mjs'
import { ended } from './processes.mjs'
import { unexpectedSkips } from './test-summary.mjs'
import { readJson } from './write-private.mjs'

/**
 * Runs vitest on everything, or on what the arguments select.
 * @param {string[]} args
 * @returns {Promise<import('./test-summary.mjs').TestSummary>} skips that CI does not expect count as failures there
 */
export const runTests = async (args) => {
  const file = path.join(os.tmpdir(), `flotilla-tests-${process.pid}.json`)
  const reporter = path.join(repoDir, 'tools/fleet/summary-reporter.mjs')
  const child = spawn(path.join(binDir, 'vitest'), ['run', '--reporter=default', `--reporter=${reporter}`, ...args], {
    cwd: repoDir,
    env: toolEnv({ FLOTILLA_TEST_SUMMARY: file }),
    stdio: 'inherit',
  })
  const { code, error } = await ended(child)
  const summary = readJson(file) ?? { passed: 0, failed: 1, skips: [] }
  fs.rmSync(file, { force: true })
  if (error !== null) console.error(error.message)
  // Something went wrong that no test shows: set-up, tear-down, or vitest itself.
  if (code !== 0 && summary.failed === 0) summary.failed = 1
  if (process.env.CI) {
    const unexpected = unexpectedSkips(summary)
    for (const { test } of unexpected) console.error(`skipped, which CI does not expect: ${test}`)
    summary.failed += unexpected.length
  }
  return summary
}
