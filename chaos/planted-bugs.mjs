/**
 * `node chaos/planted-bugs.mjs [name ...]`: plants one bug after the other into the product and runs the checks that should
 * notice, until one does. Without names all bugs. `--count=8 --seed=1` draws some; `--write` writes the table beside this
 * file; `--keep=file` keeps what was found there and goes on where an earlier campaign stopped; `--trust` leaves out to see
 * that a check which fails passes without the bug. Exits 1 where a bug survives that is not known to.
 */
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { bugs } from './planted-bugs/bugs.mjs'
import { nearestCheck, runCheck } from './planted-bugs/checks.mjs'
import { survivors } from './planted-bugs/survivors.mjs'
import { writeTable } from './planted-bugs/write-table.mjs'

/** @typedef {{ name: string, check: string | null, test: string | null, seconds: number }} Found */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'string' },
    trust: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})

/** Every n-th bug from one that the seed gives, so that each room is met. @param {number} count @param {number} seed */
const draw = (count, seed) => {
  const stride = Math.max(1, Math.floor(bugs.length / count))
  return Array.from({ length: Math.min(count, bugs.length) }, (_, index) => bugs[(seed + index * stride) % bugs.length])
}

const unknown = positionals.filter((name) => !bugs.some((bug) => bug.name === name))
if (unknown.length > 0) throw new Error(`there is no bug ${unknown.join(', ')}`)
const chosen =
  positionals.length > 0
    ? bugs.filter(({ name }) => positionals.includes(name))
    : values.count === undefined
      ? bugs
      : draw(Number(values.count), Number(values.seed)).filter((bug) => bug !== undefined)

/** @type {Map<string, Found>} */
const found = new Map()
if (values.keep !== undefined && fs.existsSync(values.keep))
  for (const line of fs.readFileSync(values.keep, 'utf8').split('\n').filter(Boolean)) {
    const one = /** @type {Found} */ (JSON.parse(line))
    found.set(one.name, one)
  }

/** A check that fails without any bug says nothing. @type {Map<string, Promise<string | null>>} */
const sound = new Map()
/** @param {string} check */
const expectSound = async (check) => {
  const known = sound.get(check) ?? runCheck(check, '')
  sound.set(check, known)
  const failed = await known
  if (failed !== null) throw new Error(`${check} fails without a bug: ${failed}`)
}

/** @param {import('./planted-bugs/bugs.mjs').Bug} bug @returns {Promise<Found>} */
const tryBug = async ({ name, file, checks }) => {
  const startedAt = performance.now()
  const seconds = () => Math.round((performance.now() - startedAt) / 1_000)
  for (const check of [...nearestCheck(file), ...checks]) {
    const test = await runCheck(check, name)
    if (test === null) continue
    if (!values.trust) await expectSound(check)
    return { name, check, test, seconds: seconds() }
  }
  return { name, check: null, test: null, seconds: seconds() }
}

// One pair of servers for all checks: starting them takes longer than most checks.
/** @type {import('../tools/test-servers.js').TestServers | undefined} */
let servers
const module = await import(new URL('../tools/test-servers.ts', import.meta.url).href)
const startServers = /** @type {typeof import('../tools/test-servers.js').default} */ (module.default)
const stopServers = await startServers({
  provide: (/** @type {string} */ name, /** @type {unknown} */ value) => {
    if (name === 'servers') servers = /** @type {typeof servers} */ (value)
  },
})
process.env['TEST_SERVERS'] = JSON.stringify(servers)

for (const bug of chosen) {
  if (found.has(bug.name)) continue
  const one = await tryBug(bug)
  found.set(bug.name, one)
  if (values.keep !== undefined) fs.appendFileSync(values.keep, `${JSON.stringify(one)}\n`)
  console.log(`${one.check === null ? 'survived' : 'caught  '} ${bug.name} (${one.seconds} s): ${one.test ?? bug.what}`)
}

await stopServers()

const surviving = chosen.filter(({ name }) => found.get(name)?.check === null).map(({ name }) => name)
const unexplained = surviving.filter((name) => !(name in survivors))
console.log(
  `${chosen.length - surviving.length} of ${chosen.length} caught; survivors: ${surviving.join(', ') || 'none'}`,
)
if (values.write) writeTable(path.join(import.meta.dirname, 'planted-bugs.md'), bugs, found)
process.exitCode = unexplained.length === 0 ? 0 : 1
