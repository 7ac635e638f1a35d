/** `npm run verify`: the whole of CI. Every phase runs, so that one look shows everything that is wrong. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import { build } from './build.mjs'
import { installIfNeeded } from './install.mjs'
import { binDir, nodeBinary, repoDir, toolEnv } from './paths.mjs'
import { ended } from './processes.mjs'
import { runTests } from './run-tests.mjs'
import { StartError } from './start-error.mjs'
import { closingLines } from './test-summary.mjs'

/**
 * @param {string} program one of node_modules/.bin, or `node`
 * @param {string[]} args
 */
const tool = (program, args) => async () => {
  const command = program === 'node' ? nodeBinary() : path.join(binDir, program)
  const child = spawn(command, args, { cwd: repoDir, env: toolEnv(), stdio: ['ignore', 'inherit', 'inherit'] })
  const { code, error } = await ended(child)
  if (code !== 0) throw new StartError(error?.message ?? `${program} found something`)
}

/** @type {[string, () => Promise<void>][]} */
const phases = [
  ['format', tool('prettier', ['--check', '--log-level=warn', '.'])],
  ['lint', tool('oxlint', ['--deny-warnings'])],
  ['types and build', build],
  ['types of specs and tools', tool('node', ['node_modules/typescript-7/bin/tsc', '-p', 'tools/tsconfig.json'])],
  ['boundaries', tool('node', ['tools/boundaries.mjs'])],
  ['lock', tool('node', ['tools/complete-lock.mjs', '--check'])],
]

/** Extra arguments select tests. @param {string[]} args */
export const run = async (args) => {
  installIfNeeded()
  /** @type {string[]} */
  const lines = []
  let failedPhases = 0
  /** @param {string} name @param {() => Promise<boolean>} work resolves with whether all is well */
  const timed = async (name, work) => {
    console.log(`\n--- ${name}`)
    const startedAt = Date.now()
    const good = await work()
    if (!good) failedPhases += 1
    lines.push(`${good ? 'ok    ' : 'FAILED'} ${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${name}`)
  }
  for (const [name, work] of phases) {
    await timed(name, async () => {
      try {
        await work()
        return true
      } catch (error) {
        if (!(error instanceof StartError)) throw error
        console.error(error.message)
        return false
      }
    })
  }
  const beforeTests = failedPhases
  /** @type {import('./test-summary.mjs').TestSummary} */
  let summary = { passed: 0, failed: 1, skips: [] }
  await timed('tests', async () => {
    summary = await runTests(args)
    return summary.failed === 0
  })
  // Whoever reads only the last line must see a phase that failed.
  const closing = closingLines({ ...summary, failed: summary.failed + beforeTests })
  console.log(`\n${lines.join('\n')}\n\n${closing.join('\n')}`)
  return failedPhases === 0 ? 0 : 1
}
