/**
 * `node chaos/check.mjs <dir> [--json]`: judges the record of a campaign. Exit code 0: no violation, 1: violations, 2: the
 * record cannot be judged. It knows the product only by its formats and imports nothing of it.
 */
import { parseArgs } from 'node:util'
import { checkCampaign } from './checker/check-campaign.mjs'
import { directorySource, InputError } from './checker/sources.mjs'

/** Violations shown in the table; `--json` gives all that were kept. */
const shownMax = 20

/** @param {Awaited<ReturnType<typeof checkCampaign>>} report */
const print = (report) => {
  const { runs, calls, faults, seed } = report
  console.log(`${report.dir}: ${runs} runs, ${calls} calls, ${faults} faults${seed === null ? '' : `, seed ${seed}`}\n`)
  for (const [id, { title, verdict, facts, violations }] of Object.entries(report.invariants)) {
    const count = facts === 0 ? '' : `${facts} facts${violations > 0 ? `, ${violations} violations` : ''}`
    console.log(`${id.padEnd(4)} ${verdict.padEnd(12)} ${title.padEnd(56)} ${count}`)
  }
  for (const [why, count] of Object.entries(report.exempted)) console.log(`\nexempt ${count} times: ${why}`)
  for (const { invariant, rule, run, evidence } of report.violations.slice(0, shownMax))
    console.log(`\n${invariant} ${rule}\n  run ${run ?? '-'}\n  ${JSON.stringify(evidence)}`)
  if (report.violations.length > shownMax) console.log(`\n... and ${report.violations.length - shownMax} more: --json`)
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } })
const [dir] = positionals
if (dir === undefined) {
  console.error('usage: node chaos/check.mjs <dir> [--json]')
  process.exit(2)
}
try {
  const report = await checkCampaign(directorySource(dir))
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`)
  else print(report)
  process.exitCode = report.violations.length > 0 ? 1 : 0
} catch (error) {
  if (!(error instanceof InputError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
