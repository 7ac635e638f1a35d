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
 * @property {number} [gatewayFd] its bound socket, so that two gateways can take turns in it
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
  const { names, commandOf, gatewayPort, gatewayFd, logsDir, onChange, onWrongConfiguration, log } = options
  /** @type {import('./service.mjs').Service[]} */
  let running = []
  let closing = false
  /** @type {WeakSet<import('./service.mjs').Service>} */
  const wasReady = new WeakSet()

  /** @param {string} name @param {{ replaces?: boolean }} [how] one that replaces another may be wrong without an end of the fleet */
  const add = async (name, { replaces = false } = {}) => {
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
      ...(name === 'gateway' && gatewayFd !== undefined ? { listenFd: gatewayFd } : {}),
      onChange,
      onWrongConfiguration: (failed) => {
        if (!replaces || wasReady.has(failed)) onWrongConfiguration(failure(failed, 'is configured wrongly', 78))
      },
      log,
    })
    running = [...running, service]
    onChange()
    return service
  }

  /** @param {readonly import('./service.mjs').Service[]} services @param {{ hurried?: boolean }} [how] */
  const remove = async (services, how) => {
    await Promise.all(services.map((service) => service.stop(how)))
    running = running.filter((service) => !services.includes(service))
    onChange()
  }

  /** @param {import('./service.mjs').Service} service */
  const awaitReady = async (service) => {
    const until = Date.now() + readyTimeoutMs
    while (!(await service.isReady())) {
      if (closing) throw new StartError('the fleet is stopping')
      if (service.isMisconfigured()) throw failure(service, 'is configured wrongly', 78)
      if (service.endings() >= endingsMax) throw failure(service, 'keeps ending')
      if (Date.now() > until) throw failure(service, `is not ready after ${readyTimeoutMs / 1000} s`)
      await pause(50)
    }
    wasReady.add(service)
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
   * Puts a new process in the place of another: it is ready before the other is told to end.
   * @param {import('./service.mjs').Service} old
   */
  const replace = async (old) => {
    // Without a socket that can be handed over a port has one owner: the other must have left it.
    const oneAtATime = old.name === 'gateway' && gatewayFd === undefined
    if (oneAtATime) await remove([old])
    const added = await add(old.name, { replaces: true })
    try {
      await awaitReady(added)
    } catch (error) {
      await remove([added])
      throw error
    }
    if (!oneAtATime) await remove([old])
  }

  /** Orders that change processes, one after the other. @type {Promise<unknown>} */
  let orders = Promise.resolve()
  /** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  const inTurn = (work) => {
    const done = orders.then(work)
    orders = done.catch(() => {})
    return done
  }

  const countAll = () =>
    Object.fromEntries(names.map((name) => [name, running.filter((service) => service.name === name).length]))

  /**
   * Restarts every process, or those of one service, one at a time: agents, then orchestrators, then the gateway. Resolves
   * with how many were replaced by service; rejects with a `StartError` when a new one does not become ready: the one that
   * it was to replace goes on, and so do the rest.
   * @param {string | null} name
   */
  const restart = async (name) => {
    if (name !== null && !names.includes(name))
      throw new StartError(`there is no service ${name}: one of ${names.join(', ')}`)
    const order = (/** @type {string} */ of) => (of === 'gateway' ? 2 : of === 'orchestrator' ? 1 : 0)
    const olds = running
      .filter((service) => name === null || service.name === name)
      .toSorted((a, b) => order(a.name) - order(b.name))
    /** @type {Record<string, number>} */
    const replaced = {}
    for (const old of olds) {
      await replace(old)
      replaced[old.name] = (replaced[old.name] ?? 0) + 1
      log(`${old.name} restarted`)
    }
    return replaced
  }

  /**
   * Sets the number of processes of agents; resolves when the new ones are ready and the others gone.
   * @param {Record<string, number>} counts by agent, without `agent-`
   */
  const scale = async (counts) => {
    checkAgentNames(counts, names)
    await inTurn(() => Promise.all(Object.entries(counts).map(([name, count]) => resize(`agent-${name}`, count))))
    return countAll()
  }

  return {
    scale,
    restart: (/** @type {string | null} */ name) => inTurn(() => restart(name)),
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
      await remove(
        running.filter(({ name }) => name === 'gateway'),
        { hurried: true },
      )
      await remove(running.filter(({ name }) => name.startsWith('agent-')))
      await remove(running)
    },
    list: () => running,
  }
}
