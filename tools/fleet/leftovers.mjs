import { readLeftProcesses } from './fleet-file.mjs'
import { endProcess } from './processes.mjs'
import { stopLeftoverServers } from './servers.mjs'

/**
 * Ends everything that a killed supervisor left running: services first, then the servers that they use.
 * @param {string} dir
 * @returns {Promise<string[]>} names of the services that were still there
 */
export const stopLeftovers = async (dir) => {
  const left = readLeftProcesses(dir)
  await Promise.all(left.map(({ pid }) => endProcess(pid)))
  await stopLeftoverServers(dir)
  return left.map(({ name }) => name)
}
