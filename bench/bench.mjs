/**
 * Measures the product as an outside client sees it, on a fleet of its own from the built code, beside two yardsticks in the
 * same run: the bare BullMQ transport, and DBOS on the same Postgres. Absolute figures hold for one machine and hour; the
 * ratios are what counts. Prints the settings that the fleet really runs with, medians with their spread, and writes JSON.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { makeClient } from './client.mjs'
import { summarise } from './figures.mjs'
import { repoDir, settingsOf, startFleet } from './fleet.mjs'
import { measureGrowth } from './measures/growth.mjs'
import { measureLatency, measureOpenLoop } from './measures/latency.mjs'
import { measureScale } from './measures/scale.mjs'
import { measureMap, measureSequence } from './measures/shapes.mjs'
import { measureSse } from './measures/sse.mjs'
import { measureTelemetry } from './measures/telemetry.mjs'
import { measureThroughput } from './measures/throughput.mjs'
import { measureWaiting } from './measures/waiting.mjs'
import { measurePeer, measureTransport } from './yardsticks.mjs'

/**
 * @typedef {object} Measuring
 * @property {import('./fleet.mjs').BenchFleet} fleet
 * @property {import('./client.mjs').Client extends Promise<infer C> ? C : never} client
 * @property {number} runs
 * @property {number} inFlight
 * @property {number} repeats
 * @property {number} stored finished runs for `growth`
 * @property {number} queued runs in line for `growth`
 * @property {number} waiting runs at a gate for `waiting`
 * @property {number} streams for `sse`
 * @property {number} single runs one at a time, for `latency`
 * @property {number} loop turns of the long loop of `sequence`
 * @property {number} width items for `map`
 * @property {number} processes at most, for `scale`
 */

/** @type {Record<string, { measure: (measuring: Measuring) => Promise<Record<string, number>>, once?: boolean }>} */
const measures = {
  throughput: { measure: measureThroughput },
  latency: { measure: measureLatency },
  'open-loop': { measure: measureOpenLoop },
  sequence: { measure: measureSequence },
  map: { measure: measureMap },
  sse: { measure: measureSse, once: true },
  scale: { measure: measureScale, once: true },
  telemetry: { measure: measureTelemetry, once: true },
  waiting: { measure: measureWaiting, once: true },
  growth: { measure: measureGrowth, once: true },
}
const usual = ['throughput', 'latency', 'open-loop', 'sequence', 'map']

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: usual.join(',') },
    runs: { type: 'string', default: '2000' },
    'in-flight': { type: 'string', default: '200' },
    repeats: { type: 'string', default: '3' },
    stored: { type: 'string', default: '100000' },
    queued: { type: 'string', default: '1000000' },
    waiting: { type: 'string', default: '100000' },
    streams: { type: 'string', default: '2000' },
    width: { type: 'string', default: '10000' },
    single: { type: 'string', default: '200' },
    loop: { type: 'string', default: '1000' },
    processes: { type: 'string', default: '8' },
    'no-yardsticks': { type: 'boolean', default: false },
    json: { type: 'string', default: path.join(repoDir, '.local/bench.json') },
    help: { type: 'boolean', default: false },
  },
})
const asked = values.only.split(',')
const unknown = asked.filter((name) => !(name in measures))
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.log(`there is no ${unknown.join(', ')}`)
  console.log(`npm run bench -- [--only ${Object.keys(measures).join(',')}] [--runs 2000] [--in-flight 200]
  [--repeats 3] [--stored 100000] [--queued 1000000] [--waiting 100000] [--streams 2000] [--width 10000] [--single 200] [--loop 1000] [--processes 8] [--no-yardsticks] [--json FILE]`)
  process.exit(values.help ? 0 : 78)
}
const numbers = {
  runs: Number(values.runs),
  inFlight: Number(values['in-flight']),
  repeats: Number(values.repeats),
  stored: Number(values.stored),
  queued: Number(values.queued),
  waiting: Number(values.waiting),
  streams: Number(values.streams),
  width: Number(values.width),
  single: Number(values.single),
  loop: Number(values.loop),
  processes: Number(values.processes),
}

/** @type {Record<string, Record<string, number>[]>} */
const results = {}
const fleet = await startFleet()
// A fleet outlives whoever started it.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => void fleet.stop().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143)))
/** @type {unknown} */
let settings
try {
  const client = await makeClient(fleet)
  const measuring = { fleet, client, ...numbers }
  // JIT, pools, prepared statements: until some thousand runs are stored each run costs a third more.
  await client.many(1_500, 100, client.bench)
  settings = await settingsOf(fleet)
  console.log(JSON.stringify(settings, null, 2))
  // Growth last: what it stores would weigh on the others.
  for (const name of Object.keys(measures).filter((one) => asked.includes(one))) {
    const { measure, once = false } = /** @type {(typeof measures)[string]} */ (measures[name])
    const rows = []
    for (let turn = 0; turn < (once ? 1 : numbers.repeats); turn += 1) rows.push(await measure(measuring))
    results[name] = rows
    console.log(`\n${name}`)
    console.table(summarise(rows))
  }
  if (!values['no-yardsticks'] && asked.some((name) => name === 'throughput' || name === 'latency')) {
    results['bare BullMQ'] = await measureTransport(measuring)
    results['DBOS, steps in process'] = await measurePeer(measuring)
    for (const name of ['bare BullMQ', 'DBOS, steps in process']) {
      console.log(`\n${name}`)
      console.table(summarise(results[name] ?? []))
    }
  }
  client.close()
} finally {
  await fleet.stop()
}

const middle = (/** @type {string} */ name, /** @type {string} */ figure) => {
  const sorted = (results[name] ?? []).map((row) => row[figure] ?? Number.NaN).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
/** @type {Record<string, Record<string, string>>} */
const ratios = {}
for (const yardstick of ['bare BullMQ', 'DBOS, steps in process'])
  if (results[yardstick])
    ratios[`of ${yardstick}`] = {
      'runs/s': (middle('throughput', 'runs/s') / middle(yardstick, 'runs/s')).toFixed(2),
      'CPU per run': (middle('throughput', 'CPU ms/run') / middle(yardstick, 'CPU ms/run')).toFixed(2),
      'p50 alone': (middle('latency', 'p50 ms') / middle(yardstick, 'alone p50 ms')).toFixed(2),
      'p99 alone': (middle('latency', 'p99 ms') / middle(yardstick, 'alone p99 ms')).toFixed(2),
    }
if (Object.keys(ratios).length > 0) console.table(ratios)
mkdirSync(path.dirname(values.json), { recursive: true })
writeFileSync(
  values.json,
  `${JSON.stringify({ at: new Date().toISOString(), settings, numbers, results, ratios }, null, 2)}\n`,
)
console.log(`written to ${values.json}`)
process.exit(0)
