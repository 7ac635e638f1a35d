/** `npm run checkpoint`: checkpoints of the running fleet as files, and new runs from them. */
import { readFile, writeFile } from 'node:fs/promises'
import { readFleet } from './fleet-file.mjs'
import { localDir } from './paths.mjs'
import { StartError } from './start-error.mjs'

const usage = `npm run checkpoint -- export RUN NUMBER-OR-LABEL FILE.json
npm run checkpoint -- import FILE.json`

/** @param {string} problem */
const refuse = (problem) => new StartError(`${problem}\n${usage}`, 78)

/**
 * @param {{ gatewayUrl: string, key: string }} fleet
 * @param {string} path
 * @param {RequestInit} [init]
 */
const ask = async ({ gatewayUrl, key }, path, init = {}) => {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const answer = await fetch(new URL(path, gatewayUrl), { ...init, headers })
  const body = await answer.text()
  if (answer.ok) return body
  const { code, detail } = JSON.parse(body)
  throw new StartError(`${answer.status} ${code}: ${detail}`, 1)
}

/**
 * Writes a checkpoint of a run into a file, which only its owner may read: it holds what the run knows of people.
 * @param {{ gatewayUrl: string, key: string }} fleet
 * @param {{ runId: string, checkpoint: string, file: string }} what
 */
export const exportCheckpoint = async (fleet, { runId, checkpoint, file }) => {
  const path = `/runs/${encodeURIComponent(runId)}/checkpoints/${encodeURIComponent(checkpoint)}`
  const document = JSON.parse(await ask(fleet, path))
  await writeFile(file, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
}

/**
 * Makes a new run from such a file.
 * @param {{ gatewayUrl: string, key: string }} fleet
 * @param {string} file
 * @returns {Promise<string>} the new run's id
 */
export const importCheckpoint = async (fleet, file) =>
  JSON.parse(await ask(fleet, '/runs/import', { method: 'POST', body: await readFile(file, 'utf8') })).runId

/** @param {string[]} args */
export const run = async (args) => {
  const [action, ...rest] = args
  const complete = (action === 'export' && rest.length === 3) || (action === 'import' && rest.length === 1)
  if (!complete) throw refuse('what shall be done with which checkpoint?')
  const found = readFleet(localDir)
  if (found === null) throw new StartError('no fleet is running: npm start')
  const fleet = { gatewayUrl: found.gatewayUrl, key: found.keys.admin }
  const [first = '', checkpoint = '', file = ''] = rest
  if (action === 'export') await exportCheckpoint(fleet, { runId: first, checkpoint, file })
  else console.log(await importCheckpoint(fleet, first))
  return 0
}
