/**
 * Adds up the campaigns of `chaos/results.ndjson` (or of the file given): `node chaos/report.mjs [file]`. Prints Markdown, as it stands in
 * RELIABILITY.md. Spreads of several campaigns are not mixed: of each fault the median of the medians and the worst are shown, and only of
 * campaigns with one fault at a time.
 */
import fs from 'node:fs'
import path from 'node:path'
import { repoDir } from '../tools/fleet/paths.mjs'

const file = process.argv[2] ?? path.join(repoDir, 'chaos/results.ndjson')
/** @type {any[]} */
const campaigns = fs
  .readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line))

/** @param {(campaign: any) => number} of */
const sum = (of) => campaigns.reduce((total, campaign) => total + (of(campaign) ?? 0), 0)
/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? null

const singles = campaigns.filter(({ mode }) => mode === 'single')

/** @param {string} fault @param {'firstProgress' | 'backlog' | 'throughput'} what */
const spreadOf = (fault, what) => {
  const spreads = singles.flatMap(({ recovery }) => recovery[fault]?.[what] ?? [])
  if (spreads.length === 0) return ''
  const p50 = median(spreads.map((/** @type {any} */ one) => one.p50))
  return `${p50} / ${Math.max(...spreads.map((/** @type {any} */ one) => one.max))}`
}

const faultsOf = (/** @type {any[]} */ some) =>
  [...new Set(some.flatMap(({ recovery }) => Object.keys(recovery)))].sort()
const kinds = [...new Set(campaigns.flatMap(({ kills }) => Object.keys(kills)))].sort()
/** @param {string} fault @param {'count' | 'injected'} [what] */
const countOf = (fault, what = 'count') => sum(({ recovery }) => recovery[fault]?.[what])

console.log(`${campaigns.length} campaigns, seeds ${campaigns.map(({ seed }) => seed).join(', ')}.\n`)
console.log('| what | count |\n| --- | ---: |')
for (const [what, count] of [
  ['runs under fault', sum((one) => one.runs)],
  ['executions of chaos agents', sum((one) => one.executions)],
  ['dispatches executed more than once', sum((one) => one.doubleExecutions)],
  ['effects performed', sum((one) => one.effects)],
  ['effects asked for again, and not repeated', sum((one) => one.effectsAskedAgain)],
  ['effects repeated', sum((one) => one.effectsRepeated)],
  ['replies injected again, out of order or late', sum((one) => one.injectedReplies)],
  ['poison jobs', countOf('poison', 'injected') + countOf('poison-many', 'injected')],
  ['violations', sum((one) => one.violations.length)],
  ['campaigns that the checker found fault with', campaigns.filter(({ checker }) => checker?.status).length],
])
  console.log(`| ${what} | ${count} |`)
console.log('\n| `kill -9` of | count |\n| --- | ---: |')
for (const kind of kinds) console.log(`| ${kind} | ${sum((one) => one.kills[kind])} |`)
console.log('\n| fault | count |\n| --- | ---: |')
for (const fault of faultsOf(campaigns)) console.log(`| ${fault} | ${countOf(fault)} |`)
console.log(
  '\n| one fault at a time | count | first progress, s | backlog done, s | throughput at 80 %, s |\n| --- | ---: | ---: | ---: | ---: |',
)
for (const fault of faultsOf(singles)) {
  const count = singles.reduce((total, { recovery }) => total + (recovery[fault]?.count ?? 0), 0)
  const spreads = /** @type {const} */ (['firstProgress', 'backlog', 'throughput']).map((what) => spreadOf(fault, what))
  console.log(`| ${fault} | ${count} | ${spreads.join(' | ')} |`)
}
