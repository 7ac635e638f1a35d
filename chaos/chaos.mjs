/**
 * Breaks a fleet of its own while it works, and has it judged.
 *
 *   npm run chaos -- --seed 7 --minutes 3 --faults all
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { repoDir } from '../tools/fleet/paths.mjs'
import { runCampaign } from './campaign.mjs'
import { lanes } from './dense.mjs'
import { faults, groups } from './faults/index.mjs'

const usage = `npm run chaos -- [options]
  --seed S         of every choice; default 1
  --minutes M      of faults; default 3
  --faults a,b,c   names or groups to draw from; default all
  --plan a,b,c     injected first, in this order
  --rate R         runs a second; default 12
  --every MS       between two faults on average; default 2000, of a soak 60000
  --single         one fault at a time, each recovered from before the next: for recovery times
  --soak           a fault a minute (--every), and nothing may grow: for an hour
  --dense          faults of every room at once, short runs, every reply twice: for counts
  --lanes a,b      of the dense mode; default all: ${Object.keys(lanes).join(', ')}
  --dir PATH       records; default .local/chaos/<seed>-<time>
  --json FILE      writes the summary there
  --append FILE    appends the summary as one line; default chaos/results.ndjson, "none" for none
groups: ${Object.keys(groups).join(', ')}
faults: ${Object.keys(faults).join(', ')}`

const text = /** @type {const} */ ({ type: 'string' })
const { values: given } = parseArgs({
  options: {
    seed: { ...text, default: '1' },
    minutes: { ...text, default: '3' },
    faults: { ...text, default: 'all' },
    plan: { ...text, default: '' },
    rate: { ...text, default: '12' },
    every: text,
    single: { type: 'boolean', default: false },
    dense: { type: 'boolean', default: false },
    soak: { type: 'boolean', default: false },
    lanes: { ...text, default: Object.keys(lanes).join(',') },
    ...{ dir: text, json: text, append: { ...text, default: path.join(repoDir, 'chaos/results.ndjson') } },
    help: { type: 'boolean', default: false },
  },
})
if (given.help) {
  console.log(usage)
  process.exit(0)
}
const namesOf = (/** @type {string} */ list) => {
  const names = list
    .split(',')
    .filter((name) => name !== '')
    .flatMap((name) => groups[name] ?? [name])
  const unknown = names.filter((name) => faults[name] === undefined)
  if (unknown.length > 0) {
    console.error(`unknown: ${unknown.join(', ')}\n${usage}`)
    process.exit(2)
  }
  return names
}
const seed = Number(given.seed)
const stamp = new Date().toISOString().replaceAll(/[-:]|\..*/g, '')
const dir = path.resolve(given.dir ?? path.join(repoDir, `.local/chaos/${seed}-${stamp}`))
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'flotilla-chaos-'))
fs.mkdirSync(dir, { recursive: true })

// Told to stop in the middle of it, it leaves nothing running.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => {
    const env = { ...process.env, FLOTILLA_HOME: home }
    const stop = [path.join(repoDir, 'tools/fleet.mjs'), 'stop']
    spawn(process.execPath, stop, { env, stdio: 'ignore', detached: true }).unref()
    process.exit(1)
  })
}

const summary = await runCampaign({
  ...{
    seed,
    dir,
    home,
    minutes: Number(given.minutes),
    rate: Number(given.rate),
    everyMs: Number(given.every ?? (given.soak ? 60_000 : 2_000)),
  },
  ...{
    faults: namesOf(given.faults),
    plan: namesOf(given.plan),
    single: given.single,
    dense: given.dense,
    soak: given.soak,
  },
  lanes: given.lanes.split(','),
  say: (line) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`),
})
fs.rmSync(home, { recursive: true, force: true })

const show = (/** @type {any} */ spread) => (spread === null ? '' : `${spread.p50} / ${spread.p95} / ${spread.max}`)
console.table(
  Object.fromEntries(
    Object.entries(summary.recovery).map(([name, { count, unrecovered, firstProgress, backlog }]) => [
      name,
      {
        ...{ count, 'first progress s (p50/p95/max)': show(firstProgress), 'backlog s (p50/p95/max)': show(backlog) },
        unrecovered,
      },
    ]),
  ),
)
if (summary.soak) console.table(summary.soak)
const { violations } = summary
console.log(JSON.stringify({ ...summary, recovery: undefined, soak: undefined, violations: undefined }, null, 1))
for (const violation of violations.slice(0, 40)) console.log(`VIOLATION ${violation}`)
if (summary.checker) console.log(fs.readFileSync(path.join(dir, 'verdict.txt'), 'utf8').slice(0, 8_000))
console.log(`${violations.length} violations; records in ${dir}`)
fs.writeFileSync(path.join(dir, 'summary.json'), JSON.stringify(summary, null, 1))
if (given.json !== undefined) fs.writeFileSync(given.json, JSON.stringify(summary))
if (given.append !== 'none') fs.appendFileSync(given.append, `${JSON.stringify(summary)}\n`)
process.exit(violations.length > 0 || (summary.checker?.status ?? 0) !== 0 ? 1 : 0)
