/**
 * Runs real loan applications through the running fleet and sets each decision beside what the bank came to know.
 * Prints the table of docs/credit-desk.md.
 *
 *   node bench/decide-applications.mjs [path of applications.jsonl]     (a fleet must be running: npm start -- --background)
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const repoDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const home = process.env.FLOTILLA_HOME ?? path.join(repoDir, '.local')
const dataDir = process.env.FLOTILLA_DATA_DIR ?? path.join(repoDir, '../shared/data')
const file = process.argv[2] ?? path.join(dataDir, 'loans/applications.jsonl')
const fleet = JSON.parse(readFileSync(path.join(home, 'fleet.json'), 'utf8'))
const applications = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line))

const call = async (method, where, body) => {
  const response = await fetch(new URL(where, fleet.gatewayUrl), {
    method,
    headers: {
      authorization: `Bearer ${fleet.keys.submitter}`,
      accept: 'text/event-stream, application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${where}: ${response.status} ${await response.text()}`)
  return response
}

/** Waits on the run's own stream until it has ended or waits at its gate. */
const settled = async (runId) => {
  const abort = new AbortController()
  const response = await fetch(new URL(`/runs/${runId}/events`, fleet.gatewayUrl), {
    headers: { authorization: `Bearer ${fleet.keys.submitter}`, accept: 'text/event-stream' },
    signal: abort.signal,
  })
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (/"type":"(run\.completed|run\.failed|run\.cancelled|hitl\.requested)"/.test(text)) break
  }
  abort.abort()
}

const startedAt = performance.now()
const decided = []
let next = 0
await Promise.all(
  Array.from({ length: 8 }, async () => {
    for (let n = next++; n < applications.length; n = next++) {
      const application = applications[n]
      const { runId } = await (await call('POST', '/runs', { workflow: 'credit-desk', input: application })).json()
      await settled(runId)
      const run = await (await call('GET', `/runs/${runId}`)).json()
      const outcome = run.waitingFor ? run.waitingFor.shown.proposed : run.result
      decided.push({
        status: run.status,
        decision: outcome?.decision ?? run.status,
        pd: outcome?.pd ?? null,
        good: application.outcome?.good ?? null,
        reasons: (outcome?.reasons ?? []).map((reason) => reason.code),
      })
    }
  }),
)
const seconds = (performance.now() - startedAt) / 1000

const decisions = ['approve', 'refer', 'decline', 'failed', 'parked', 'cancelled']
const count = (decision, good) => decided.filter((one) => one.decision === decision && one.good === good).length
console.log('| decision | loans that were repaid or run fine | loans that were not | all |')
console.log('|---|---|---|---|')
for (const decision of decisions) {
  const [good, bad] = [count(decision, true), count(decision, false)]
  const all = decided.filter((one) => one.decision === decision).length
  if (all > 0) console.log(`| ${decision} | ${good} | ${bad} | ${all} |`)
}
const scored = decided.filter((one) => one.pd !== null && one.good !== null)
const bads = scored.filter((one) => !one.good)
const goods = scored.filter((one) => one.good)
const wins = bads.reduce(
  (sum, bad) => sum + goods.reduce((won, good) => won + (bad.pd > good.pd ? 1 : bad.pd === good.pd ? 0.5 : 0), 0),
  0,
)
console.log(
  `\n${decided.length} applications in ${seconds.toFixed(1)} s; area under the ROC curve of the PDs given ${(wins / (bads.length * goods.length)).toFixed(3)}`,
)
