/** `npm run demo -- policy_brief_v1`: submits a workflow's sample input to the running fleet and shows what becomes of it. */
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { demoApplications } from './demo-applications.mjs'
import { readEvents } from './event-stream.mjs'
import { readFleet } from './fleet-file.mjs'
import { localDir, repoDir } from './paths.mjs'
import { StartError } from './start-error.mjs'

const inputsDir = path.join(repoDir, 'tools/demo-inputs')
/** Longer than a sample with all its retries; a gate does not count, it ends the demonstration. */
const followMs = 300_000

/** Workflows that have a sample input. */
export const demoNames = () => [
  'credit-desk',
  ...fs
    .readdirSync(inputsDir)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort(),
]

/**
 * The sample input of a workflow, or the input in a file. Throws a `StartError` where there is none.
 * @param {string} workflow
 * @param {string | undefined} file
 */
export const readDemoInput = (workflow, file) => {
  if (file === undefined && workflow === 'credit-desk') {
    return demoApplications(Math.floor(Date.now() / 1000) % 1_000_000_000)[0]?.input
  }
  if (file === undefined && !demoNames().includes(workflow)) {
    throw new StartError(`no sample for ${JSON.stringify(workflow)}: one of ${demoNames().join(', ')}`, 78)
  }
  try {
    return JSON.parse(fs.readFileSync(file ?? path.join(inputsDir, `${workflow}.json`), 'utf8'))
  } catch (error) {
    throw new StartError(`${file}: ${error instanceof Error ? error.message : 'cannot be read'}`, 78)
  }
}

/** @param {any} value */
const pretty = (value) => JSON.stringify(value, null, 2)

/** One line of an event. @param {any} event */
export const eventLine = ({ seq, type, message, progress }) =>
  `${`${seq}`.padStart(4)}  ${`${Math.round(progress * 100)}`.padStart(3)} %  ${type.padEnd(16)} ${message ?? ''}`

/** @param {import('./fleet-file.mjs').Fleet} fleet */
const makeCaller = (fleet) => {
  /** @param {'submitter' | 'reviewer'} key @param {string} where @param {unknown} [body] */
  return async (key, where, body) => {
    const response = await fetch(`${fleet.gatewayUrl}${where}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${fleet.keys[key]}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new StartError(`${where} answered ${response.status} ${await response.text()}`)
    return /** @type {Promise<any>} */ (response.json())
  }
}

/** @param {string[]} args */
export const run = async (args) => {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { input: { type: 'string' }, decide: { type: 'string', multiple: true } },
  })
  const [workflow] = positionals
  if (workflow === undefined || positionals.length > 1) {
    throw new StartError(
      `npm run demo -- <workflow> [--input file.json] [--decide approve ...]: one of ${demoNames().join(', ')}`,
      78,
    )
  }
  const fleet = readFleet(localDir)
  if (fleet === null) throw new StartError('no fleet is running: npm start -- --background')
  const call = makeCaller(fleet)
  const { runId } = await call('submitter', '/runs', { workflow, input: readDemoInput(workflow, values.input) })
  console.log(`${workflow}: run ${runId}\n`)
  const decisions = [...(values.decide ?? [])]
  const source = { url: `${fleet.gatewayUrl}/runs/${runId}/events`, key: fleet.keys.submitter }
  for await (const event of readEvents({ ...source, signal: AbortSignal.timeout(followMs) })) {
    console.log(eventLine(event))
    if (event.type !== 'hitl.requested') continue
    const { waitingFor } = await call('reviewer', `/runs/${runId}`)
    console.log(`\nGate ${waitingFor?.gate} shows\n${pretty(waitingFor?.shown)}\n`)
    const decision = decisions.shift()
    if (decision === undefined) {
      console.log(`Decide with POST ${fleet.gatewayUrl}/runs/${runId}/hitl, or run this again with --decide approve`)
      return 0
    }
    await call('reviewer', `/runs/${runId}/hitl`, { decision })
  }
  const ended = await call('submitter', `/runs/${runId}`)
  console.log(`\n${ended.status}\n${pretty(ended.status === 'completed' ? ended.result : ended.error)}`)
  return ended.status === 'completed' ? 0 : 1
}
