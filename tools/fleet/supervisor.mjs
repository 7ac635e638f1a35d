/**
 * The process that owns a fleet.
 *
 * V1  One supervisor per folder: the second finds the first and leaves.
 * V2  What a killed supervisor left behind is ended before anything is started.
 * V3  Whatever stops it (a signal, an order, a failure), all of it stops: door, agents, orchestrator, Redis, Postgres.
 * V5  The gateway's port is this process': gateways are handed its socket, so that no connection is lost between two of them.
 * V4  `fleet.json` exists only while every process of it was ready at least once.
 */
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { parseAgentCounts } from './agents.mjs'
import { startControl } from './control.mjs'
import { claimSupervisor, releaseSupervisor, removeFleet, writeFleet, writeProcesses } from './fleet-file.mjs'
import { stopLeftovers } from './leftovers.mjs'
import { holdPort } from './ports.mjs'
import { loadSecrets } from './secrets.mjs'
import { startServers } from './servers.mjs'
import { makeServices } from './services.mjs'
import { StartError } from './start-error.mjs'

/**
 * @typedef {object} SupervisorOptions
 * @property {string} dir local data
 * @property {NodeJS.ProcessEnv} env
 * @property {() => Promise<number>} chooseGatewayPort asked when nothing of an earlier fleet holds a port any more
 * @property {string} agents as given on the command line: `kyc=3,fraud=2`
 * @property {typeof import('./prepare-database.mjs').prepareDatabase} prepareDatabase
 * @property {() => Promise<void>} build runs beside the start of the servers
 * @property {(context: import('./service-command.mjs').ServiceContext) => { names: string[], commandOf: (name: string) => import('./service-command.mjs').ServiceCommand }} describeServices
 * called when all is built
 * @property {AbortSignal} signal stops the fleet when aborted, at whatever point
 * @property {string} mark part of this process' command line
 * @property {(text: string) => void} say
 */
/** @typedef {{ fleet: import('./fleet-file.mjs').Fleet, stop: (exitCode?: number) => Promise<void>, stopped: Promise<number>, onStop: (tell: () => void) => void }} Supervisor */

/**
 * Two halves that are independent: when one fails, the other is waited for, so that nothing starts behind our back.
 * @template A, B
 * @param {Promise<A>} one
 * @param {Promise<B>} other
 * @returns {Promise<[A, B]>}
 */
const both = async (one, other) => {
  await Promise.allSettled([one, other])
  return Promise.all([one, other])
}

/**
 * Starts the fleet and resolves when it is ready, with null when another supervisor has this folder. Rejects with a
 * `StartError` after stopping what was started.
 * @param {SupervisorOptions} options
 * @returns {Promise<Supervisor | null>}
 */
export const startSupervisor = async (options) => {
  const { dir, env, say, mark } = options
  const counts = parseAgentCounts([options.agents])
  const startedAt = Date.now()
  const token = randomBytes(24).toString('hex')
  /** @type {import('./servers.mjs').Servers | null} */
  let servers = null
  /** @type {import('./services.mjs').Services | null} */
  let services = null
  /** @type {import('./fleet-file.mjs').Fleet | null} */
  let fleet = null
  /** @type {ReturnType<typeof holdPort>} */
  let door = null
  /** @type {StartError | null} */
  let problem = null
  /** @type {Promise<void> | null} */
  let stopping = null
  let tellStopping = () => {}
  /** @type {(exitCode: number) => void} */
  let tellStopped = () => {}
  const stopped = /** @type {Promise<number>} */ (new Promise((resolve) => (tellStopped = resolve)))

  const control = await startControl(token, {
    '/scale': async (given) => {
      if (services === null || fleet === null) throw new StartError('the fleet is still starting')
      return services.scale(given)
    },
    '/restart': async ({ service = null }) => {
      if (services === null || fleet === null) throw new StartError('the fleet is still starting')
      return services.restart(service)
    },
    // Answered at once: whoever asked waits for the process to be gone.
    '/stop': async () => void stop(),
  })
  if (!claimSupervisor(dir, { pid: process.pid, mark, port: control.port, token })) {
    control.close()
    return null
  }

  const refresh = () => {
    if (services === null) return
    const entries = services.list().flatMap((service) => {
      const pid = service.pid()
      return pid === null ? [] : [{ name: service.name, pid, healthUrl: service.healthUrl, mark: service.mark }]
    })
    writeProcesses(
      dir,
      entries.map(({ name, pid, mark: part }) => ({ name, pid, mark: part })),
    )
    if (fleet === null || stopping !== null) return
    fleet = { ...fleet, services: entries.map(({ name, pid, healthUrl }) => ({ name, pid, healthUrl })) }
    writeFleet(dir, fleet)
  }

  const goOn = () => {
    if (stopping !== null) throw problem ?? new StartError('the fleet was stopped while it started')
  }

  const start = async () => {
    const left = await stopLeftovers(dir)
    if (left.length > 0) say(`ended what an earlier fleet left running: ${left.join(', ')}`)
    // A given port that is taken is told at once; which one it is is decided when all is built.
    await options.chooseGatewayPort()
    const secrets = loadSecrets(dir)
    const logsDir = path.join(dir, 'logs')
    fs.mkdirSync(logsDir, { recursive: true, mode: 0o755 })

    const openDatabase = async () => {
      const opened = await startServers({ dir, secrets, env, log: say })
      servers = opened
      goOn()
      await options.prepareDatabase(opened.databaseUrl, secrets)
      return opened
    }
    say('building, starting Postgres and Redis')
    const [opened] = await both(openDatabase(), options.build())
    goOn()
    const { databaseUrl, redisUrl, redisUrlFor } = opened
    const { names, commandOf } = options.describeServices({ dir, env, databaseUrl, redisUrl, redisUrlFor, secrets })
    const gatewayPort = await options.chooseGatewayPort()
    door = holdPort(gatewayPort, env.HOST || undefined)
    services = makeServices({
      names,
      commandOf,
      gatewayPort,
      ...(door === null ? {} : { gatewayFd: door.fd }),
      logsDir,
      onChange: refresh,
      onWrongConfiguration: (found) => {
        problem ??= found
        if (fleet !== null) say(found.message)
        void stop(found.exitCode)
      },
      log: say,
    })
    say(`starting ${names.length} services`)
    await services.start(counts)
    goOn()
    const gatewayUrl = `http://127.0.0.1:${gatewayPort}`
    fleet = {
      gatewayUrl,
      consoleUrl: null,
      queuesUrl: `${gatewayUrl}/ops/queues`,
      jaegerUrl: null,
      databaseUrl,
      redisUrl,
      pid: process.pid,
      services: [],
      keys: secrets.keys,
    }
    refresh()
    say(`ready after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
  }

  const starting = start()

  /** @param {number} exitCode */
  const stop = (exitCode = 0) => {
    stopping ??= (async () => {
      tellStopping()
      removeFleet(dir)
      await services?.stop()
      await starting.catch(() => {})
      // Services that were added while the start was still going on.
      await services?.stop()
      door?.close()
      await servers?.stop()
      control.close()
      releaseSupervisor(dir)
      tellStopped(exitCode)
    })()
    return stopping
  }

  if (options.signal.aborted) void stop()
  else options.signal.addEventListener('abort', () => void stop(), { once: true })

  try {
    await starting
  } catch (error) {
    await stop(1)
    throw problem ?? error
  }
  return {
    fleet: /** @type {any} set at the end of start */ (fleet),
    stop,
    stopped,
    onStop: (tell) => (tellStopping = tell),
  }
}
