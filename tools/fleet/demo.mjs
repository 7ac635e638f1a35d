/** The demonstration: submits applications as any client would, and shows what becomes of them. */
import { demoApplications } from './demo-applications.mjs'
import { readEvents } from './event-stream.mjs'
import { makeBoard } from './progress-board.mjs'

/** @typedef {{ name: string, story: string, runId: string }} DemoRun */

/** Longer than every retry of the demonstration together. */
const followMs = 180_000

/** @param {Response} response */
const problemOf = async (response) => `${response.status} ${(await response.text()).slice(0, 500)}`

/**
 * Submits the applications. Rejects when one is not accepted.
 * @param {import('./fleet-file.mjs').Fleet} fleet
 * @returns {Promise<DemoRun[]>}
 */
export const submitDemo = async ({ gatewayUrl, keys }) => {
  const serial = Math.floor(Date.now() / 1000) % 1_000_000_000
  /** @type {DemoRun[]} */
  const runs = []
  for (const { name, story, input } of demoApplications(serial)) {
    const response = await fetch(`${gatewayUrl}/runs`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${keys.submitter}`,
        'content-type': 'application/json',
        'idempotency-key': `${input.applicationId}`,
      },
      body: JSON.stringify({ workflow: 'credit-desk', input, tags: ['demo'] }),
    })
    if (response.status !== 202) throw new Error(`POST /runs (${name}) answered ${await problemOf(response)}`)
    runs.push({ name, story, runId: /** @type {any} */ (await response.json()).runId })
  }
  return runs
}

/** @param {any} run as `GET /runs/{id}` gives it */
const describeRun = (run) => {
  if (run.waitingFor?.kind === 'gate') return `waits for a decision at gate ${run.waitingFor.gate}`
  if (run.status !== 'completed') return `${run.status}${run.error?.code ? `: ${run.error.code}` : ''}`
  const { decision, reasons = [], pd } = run.result ?? {}
  const codes = reasons.map((/** @type {{ code: string }} */ { code }) => code).join(', ')
  return `${decision}${typeof pd === 'number' ? `, PD ${(pd * 100).toFixed(1)} %` : ''}${codes ? ` (${codes})` : ''}`
}

/**
 * Shows the progress of the runs until each has ended or waits for a person, then the decisions.
 * @param {import('./fleet-file.mjs').Fleet} fleet
 * @param {readonly DemoRun[]} runs
 * @param {{ signal: AbortSignal, output?: NodeJS.WriteStream }} options
 */
export const followDemo = async ({ gatewayUrl, keys }, runs, { signal, output = process.stdout }) => {
  output.write('\nDemonstration\n')
  const board = makeBoard(
    runs.map(({ name }) => name),
    output,
  )
  const until = AbortSignal.any([signal, AbortSignal.timeout(followMs)])
  await Promise.all(
    runs.map(async ({ name, runId }) => {
      const url = `${gatewayUrl}/runs/${runId}/events`
      for await (const event of readEvents({ url, key: keys.submitter, signal: until })) {
        board.show({ name, progress: event.progress, text: event.message ?? event.type })
        // A person decides, perhaps tomorrow.
        if (event.type === 'hitl.requested') return
      }
    }),
  )
  if (signal.aborted) return
  output.write('\nDecisions\n')
  for (const { name, story, runId } of runs) {
    const response = await fetch(`${gatewayUrl}/runs/${runId}`, {
      headers: { authorization: `Bearer ${keys.submitter}` },
      signal,
    })
    const outcome = response.ok ? describeRun(await response.json()) : await problemOf(response)
    output.write(`  ${name}: ${outcome}\n    ${story}; run ${runId}\n`)
  }
}
