/** Which services there are, and how many processes of each. */
import fs from 'node:fs'
import path from 'node:path'
import { StartError } from './start-error.mjs'

/** Started first to last; stopped last to first but for the gateway, which closes the door before all others. */
const coreServices = ['orchestrator', 'gateway']
const processesMax = 64

/**
 * Names of the apps that are services, built or not.
 * @param {string} appsDir
 */
export const listApps = (appsDir) =>
  fs.readdirSync(appsDir).filter((name) => coreServices.includes(name) || name.startsWith('agent-'))

/**
 * Names of the services that are built below `appsDir`.
 * @param {string} appsDir
 * @returns {string[]}
 */
export const discoverServices = (appsDir) => {
  const built = fs.readdirSync(appsDir).filter((name) => fs.existsSync(path.join(appsDir, name, 'dist/main.js')))
  const agents = built.filter((name) => name.startsWith('agent-')).sort()
  return [...coreServices.filter((name) => built.includes(name)), ...agents]
}

/**
 * Reads `kyc=3,fraud=2` or several such words. Throws a `StartError` for anything else.
 * @param {readonly string[]} words
 * @returns {Record<string, number>} by agent, without `agent-`
 */
export const parseAgentCounts = (words) => {
  /** @type {Record<string, number>} */
  const counts = {}
  for (const word of words.flatMap((given) => given.split(',')).filter((given) => given !== '')) {
    const [, name, count] = /^(?:agent-)?([a-z][a-z0-9-]*)=(\d{1,3})$/.exec(word) ?? []
    if (name === undefined || Number(count) > processesMax) {
      throw new StartError(`${JSON.stringify(word)} is not like kyc=3 (0 to ${processesMax} processes)`, 78)
    }
    counts[name] = Number(count)
  }
  return counts
}

/**
 * Refuses names that no built agent has.
 * @param {Record<string, number>} counts
 * @param {readonly string[]} services
 */
export const checkAgentNames = (counts, services) => {
  const agents = services.filter((name) => name.startsWith('agent-')).map((name) => name.slice('agent-'.length))
  const unknown = Object.keys(counts).filter((name) => !agents.includes(name))
  if (unknown.length === 0) return
  throw new StartError(`no agent is named ${unknown.join(', ')}: there are ${agents.join(', ')}`, 78)
}
