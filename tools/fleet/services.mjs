/** All service processes of a fleet: starting, scaling, waiting until they are ready, stopping in order. */
import path from 'node:path'
import { checkAgentNames } from './agents.mjs'
import { pause } from './processes.mjs'
import { freePort } from './ports.mjs'
import { startService } from './service.mjs'
import { StartError } from './start-error.mjs'

/**
 * @typedef {object} ServicesOptions
 * @property {string[]} names of all services that may be started
 * @property {(name: string) => { command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv }} commandOf
 * @property {number} gatewayPort
 * @property {string} logsDir
 * @property {() => void} onChange
 * @property {(problem: StartError) => void} onWrongConfiguration
 * @property {(text: string) => void} log
 */
/** @typedef {ReturnType<typeof makeServices>} Services */

/** One that ended this often before it was ever ready will not become ready. */
const endingsMax = 4
const readyTimeoutMs = 90_000

/** @param {import('./service.mjs').Service} service @param {string} what */
const failure = (service, what, exitCode = 1) =>
  new StartError(`${service.name} ${what}; its last log lines:\n${service.lastLines()}`, exitCode)

/** @param {ServicesOptions} options */
export const makeServices = (options) => {
  const { names, commandOf, gatewayPort, logsDir, onChange, onWrongConfiguration, log } = options
  /** @type {import('./service.mjs').Service[]} */
  let running = []
  let closing = false

  /** @param {string} name */
  const add = async (name) => {
    const port = name === 'gateway' ? gatewayPort : await freePort()
    // Nothing may be started behind the back of a stop that is already going on.
    if (closing) throw new StartError('the fleet is stopping')
    const { command, args, cwd, env } = commandOf(name)
    const service = startService({
      name,
      command,
      args,
      cwd,
      env: { ...env, PORT: `${port}` },
      healthUrl: `http://127.0.0.1:${port}`,
      logFile: path.join(logsDir, `${name}.log`),
      onChange,
      onWrongConfiguration: (failed) => onWrongConfiguration(failure(failed, 'is configured wrongly', 78)),
      log,
    })
    running = [...running, service]
    onChange()
    return service
  }

  /** @param {readonly import('./service.mjs').Service[]} services */
  const remove = async (services) => {
    await Promise.all(services.map((service) => service.stop()))
    running = running.filter((service) => !services.includes(service))
    onChange()
  }

  /** @param {import('./service.mjs').Service} service */
  const awaitReady = async (service) => {
    const until = Date.now() + readyTimeoutMs
    while (!(await service.isReady())) {
      if (closing) throw new StartError('the fleet is stopping')
      if (service.endings() >= endingsMax) throw failure(service, 'keeps ending')
      if (Date.now() > until) throw failure(service, `is not ready after ${readyTimeoutMs / 1000} s`)
      await pause(50)
    }
  }

  /** @param {string} name @param {number} count */
  const resize = async (name, count) => {
    const present = running.filter((service) => service.name === name)
    await remove(present.slice(count))
    const added = []
    for (let index = present.length; index < count; index += 1) added.push(await add(name))
    await Promise.all(added.map(awaitReady))
  }

  /**
   * Sets the number of processes of agents; resolves when the new ones are ready and the others gone.
   * @param {Record<string, number>} counts by agent, without `agent-`
   */
  const scale = async (counts) => {
    checkAgentNames(counts, names)
    await Promise.all(Object.entries(counts).map(([name, count]) => resize(`agent-${name}`, count)))
    return Object.fromEntries(names.map((name) => [name, running.filter((service) => service.name === name).length]))
  }

  return {
    scale,
    /**
     * Starts one process of every service, or as many as told, and resolves when all are ready.
     * @param {Record<string, number>} counts by agent, without `agent-`
     */
    start: async (counts) => {
      checkAgentNames(counts, names)
      await Promise.all(names.map((name) => resize(name, counts[name.replace(/^agent-/, '')] ?? 1)))
    },
    /** The door first, then who works, then who decides: what is finished on the way out is still taken in. */
    stop: async () => {
      closing = true
      await remove(running.filter(({ name }) => name === 'gateway'))
      await remove(running.filter(({ name }) => name.startsWith('agent-')))
      await remove(running)
    },
    list: () => running,
  }
}
