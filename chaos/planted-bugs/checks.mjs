/** What can notice a planted bug: suites of specs, the simulation, and the fault desk on real processes. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const repoDir = path.resolve(import.meta.dirname, '../..')

/** @typedef {{ args: readonly string[], env?: Record<string, string> }} Check */

/** @param {string} room @returns {Check} */
const specsOf = (room) => ({ args: ['--project', 'unit', '--project', 'servers', room] })

const desk = 'chaos/fail-points/fail-points.db.spec.ts'

/** @param {string} failPoint `name:action` @param {number} times @returns {string} the fault at each of its first passings */
const atEach = (failPoint, times) =>
  Array.from({ length: times }, (_, index) => `orchestrator ${failPoint}@${index + 1}`).join(',')

/** By name. @type {Readonly<Record<string, Check>>} */
export const checks = {
  engine: specsOf('libs/engine/'),
  workflows: specsOf('libs/workflows/'),
  contracts: specsOf('libs/contracts/'),
  store: specsOf('libs/store/'),
  vault: specsOf('libs/vault/'),
  queues: specsOf('libs/queues/'),
  'agent-sdk': specsOf('libs/agent-sdk/'),
  gateway: specsOf('apps/gateway/'),
  orchestrator: { args: ['--project', 'servers', 'apps/orchestrator/'] },
  simulation: { args: ['--project', 'unit', 'apps/orchestrator/src/simulation/simulate'] },
  desk: { args: ['--project', 'servers', desk], env: { FAULT_CASES: '4' } },
  'desk-save': { args: ['--project', 'servers', desk], env: { FAULT_ONLY: atEach('tick.save:throw', 12) } },
  'desk-send': { args: ['--project', 'servers', desk], env: { FAULT_ONLY: atEach('relay.send:crash', 2) } },
}

/**
 * The specs beside the file of a bug: cheaper than its whole room, and most often enough.
 * @param {string} file
 * @returns {readonly string[]} at most one, the name of a check
 */
export const nearestCheck = (file) => {
  const stem = file.replace(/\.ts$/, '')
  const isThere = ['.spec.ts', '.db.spec.ts', '.redis.spec.ts'].some((end) =>
    fs.existsSync(path.join(repoDir, stem + end)),
  )
  return isThere ? [`${stem}.`] : []
}

/**
 * Runs a check on the product with a bug, or without one.
 * @param {string} name
 * @param {string} planted name of a bug, or ''
 * @returns {Promise<string | null>} the first test that failed; null: nothing noticed
 */
export const runCheck = async (name, planted) => {
  const check = checks[name] ?? specsOf(name)
  const report = path.join(os.tmpdir(), `planted-${process.pid}.json`)
  fs.rmSync(report, { force: true })
  const child = spawn(
    path.join(repoDir, 'node_modules/.bin/vitest'),
    ['run', '--bail=1', '--reporter=json', `--outputFile=${report}`, ...check.args],
    { cwd: repoDir, env: { ...process.env, ...check.env, PLANTED: planted }, stdio: 'ignore' },
  )
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code === 0) return null
  if (!fs.existsSync(report)) throw new Error(`${name} did not run`)
  const { testResults } = JSON.parse(fs.readFileSync(report, 'utf8'))
  fs.rmSync(report)
  /** @type {readonly { name: string, status: string, assertionResults: readonly { status: string, fullName: string, failureMessages: readonly string[] }[] }[]} */
  const files = testResults
  for (const { name: file, assertionResults } of files) {
    const failed = assertionResults.find((one) => one.status === 'failed')
    if (failed === undefined) continue
    const late = failed.failureMessages.some((text) => text.includes('timed out')) ? ' (timed out)' : ''
    return `${path.relative(repoDir, file)}: ${failed.fullName.trim()}${late}`
  }
  // A file that did not come to its tests; those that were cut short by the first failure look the same.
  const broken = files.find(({ status }) => status === 'failed')
  if (broken !== undefined) return path.relative(repoDir, broken.name)
  return `${name} ended with ${code}`
}
