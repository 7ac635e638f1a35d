/**
 * What a running fleet leaves in its folder for other programs.
 *
 * `fleet.json` is the public one: written when the fleet is ready and at each change, removed when it stops.
 * `supervisor.json` is between the supervisor and these commands: it exists from the first moment, and its exclusive
 * creation is what keeps a second supervisor out.
 * `processes.json` lists what was started, so that the next start or stop can end what a killed supervisor left behind.
 */
import fs from 'node:fs'
import path from 'node:path'
import { commandLine, isAlive, waitFor } from './processes.mjs'
import { readJson, writePrivate } from './write-private.mjs'

/** @typedef {{ name: string, pid: number, healthUrl: string }} ServiceEntry */
/**
 * @typedef {object} Fleet
 * @property {string} gatewayUrl
 * @property {string | null} consoleUrl
 * @property {string} queuesUrl
 * @property {string | null} jaegerUrl
 * @property {string} databaseUrl
 * @property {string} redisUrl
 * @property {number} pid
 * @property {ServiceEntry[]} services
 * @property {{ admin: string, operator: string, submitter: string, reviewer: string }} keys
 */
/** @typedef {{ pid: number, mark: string, port: number, token: string }} SupervisorEntry `port` is of its control channel */
/** @typedef {{ name: string, pid: number, mark: string }} StartedProcess `mark` is a part of its command line */

/** @param {string} dir */
const files = (dir) => ({
  fleet: path.join(dir, 'fleet.json'),
  supervisor: path.join(dir, 'supervisor.json'),
  processes: path.join(dir, 'processes.json'),
})

/** @param {{ pid: number, mark: string }} entry */
const stillRuns = ({ pid, mark }) => isAlive(pid) && commandLine(pid).includes(mark)

/**
 * The living supervisor of this folder, ready or not; null when there is none.
 * @param {string} dir
 * @returns {SupervisorEntry | null}
 */
export const readSupervisor = (dir) => {
  const entry = readJson(files(dir).supervisor)
  return entry !== null && stillRuns(entry) ? entry : null
}

/**
 * Takes the place of the supervisor. False when another one has it.
 * @param {string} dir
 * @param {SupervisorEntry} entry
 */
export const claimSupervisor = (dir, entry) => {
  if (readSupervisor(dir) !== null) return false
  const { supervisor } = files(dir)
  fs.rmSync(supervisor, { force: true })
  try {
    fs.mkdirSync(dir, { recursive: true, mode: 0o755 })
    fs.writeFileSync(supervisor, JSON.stringify(entry), { mode: 0o600, flag: 'wx' })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** @param {string} dir */
export const releaseSupervisor = (dir) => {
  for (const file of Object.values(files(dir))) fs.rmSync(file, { force: true })
}

/** @param {string} dir @param {Fleet} fleet */
export const writeFleet = (dir, fleet) => writePrivate(files(dir).fleet, fleet)

/** @param {string} dir */
export const removeFleet = (dir) => fs.rmSync(files(dir).fleet, { force: true })

/**
 * The ready fleet of this folder; null when there is none, or what is written is stale.
 * @param {string} dir
 * @returns {Fleet | null}
 */
export const readFleet = (dir) => {
  const fleet = readJson(files(dir).fleet)
  return fleet !== null && readSupervisor(dir)?.pid === fleet.pid ? fleet : null
}

/**
 * Waits while a supervisor is still starting.
 * @param {string} dir
 * @returns {Promise<Fleet | null>} null when it ended instead of becoming ready
 */
export const awaitFleet = async (dir, timeoutMs = 300_000) => {
  await waitFor(() => readFleet(dir) !== null || readSupervisor(dir) === null, { timeoutMs, everyMs: 100 })
  return readFleet(dir)
}

/** @param {string} dir @param {readonly StartedProcess[]} processes */
export const writeProcesses = (dir, processes) => writePrivate(files(dir).processes, processes)

/**
 * Processes of an earlier supervisor that still run.
 * @param {string} dir
 * @returns {StartedProcess[]}
 */
export const readLeftProcesses = (dir) => (readJson(files(dir).processes) ?? []).filter(stillRuns)
