/** Postgres and Redis of a fleet: given by their addresses, or our own and then kept alive on the same port and data. */
import fs from 'node:fs'
import path from 'node:path'
import { listApps } from './agents.mjs'
import { provisionLogins, provisionOwner, urlWith } from './database.mjs'
import { redisDistDir, repoDir } from './paths.mjs'
import { startOnPort } from './ports.mjs'
import { postgresStateDir } from './postgres-home.mjs'
import { startPostgres, stopLeftoverPostgres } from './postgres.mjs'
import { pause } from './processes.mjs'
import { redisUsers } from './redis-acl.mjs'
import { startRedis, stopLeftoverRedis } from './redis.mjs'

/** @typedef {{ pid: number, exited: Promise<unknown>, stop: () => Promise<void> }} Server */

/**
 * Starts a server again whenever it ends without being told to.
 * @template {Server} S
 * @param {string} name
 * @param {() => Promise<S>} start
 * @param {(text: string) => void} log
 */
const keepServer = async (name, start, log) => {
  let server = await start()
  let stopping = false
  const watch = async () => {
    while (!stopping) {
      await server.exited
      if (stopping) return
      log(`${name} ended, starting it again in 0.5 s`)
      await restart()
    }
  }
  const restart = async () => {
    for (let pauseMs = 500; !stopping; pauseMs = Math.min(pauseMs * 2, 5_000)) {
      await pause(pauseMs)
      if (stopping) return
      try {
        server = await start()
        return
      } catch (error) {
        log(`${name}: ${error instanceof Error ? error.message : error}`)
      }
    }
  }
  const watching = watch()
  return {
    first: server,
    stop: async () => {
      stopping = true
      await server.stop()
      await watching
      // One that came up in the moment in which it was told to stop.
      await server.stop()
    },
  }
}

/**
 * @typedef {object} Servers
 * @property {string} databaseUrl the owner's
 * @property {string} redisUrl of the user who may do everything
 * @property {(service: string) => string} redisUrlFor a service's own
 * @property {() => Promise<void>} stop
 */

const appsDir = path.join(repoDir, 'apps')

/** @param {string} dir */
const postgresDir = (dir) => path.join(dir, 'postgres')

/** Ends servers that a killed supervisor left on this data. @param {string} dir */
export const stopLeftoverServers = async (dir) => {
  const link = postgresDir(dir)
  if (fs.existsSync(link)) await stopLeftoverPostgres(fs.realpathSync(link))
  await stopLeftoverRedis(path.join(dir, 'redis'))
}

/**
 * Starts what `env` does not give by DATABASE_URL and REDIS_URL.
 * @param {{ dir: string, secrets: import('./secrets.mjs').Secrets, env: NodeJS.ProcessEnv, log: (text: string) => void }} options
 * @returns {Promise<Servers>}
 */
export const startServers = async ({ dir, secrets, env, log }) => {
  const logsDir = path.join(dir, 'logs')

  const openPostgres = async () => {
    if (env.DATABASE_URL) return null
    const stateDir = postgresStateDir(postgresDir(dir))
    const logFile = path.join(logsDir, 'postgres.log')
    const options = { stateDir, superuserPassword: secrets.passwords.superuser, logFile }
    return startOnPort(5432, (port) => keepServer('Postgres', () => startPostgres({ ...options, port }), log))
  }
  const openRedis = async () => {
    if (env.REDIS_URL) return null
    const logFile = path.join(logsDir, 'redis.log')
    const options = {
      dir: path.join(dir, 'redis'),
      distDir: redisDistDir,
      password: secrets.redisPassword,
      logFile,
      users: redisUsers(appsDir, listApps(appsDir)),
      prefix: env.REDIS_PREFIX,
    }
    return startOnPort(6379, (port) => keepServer('Redis', () => startRedis({ ...options, port }), log))
  }

  const [postgres, redis] = await Promise.allSettled([openPostgres(), openRedis()])
  const opened = { postgres: valueOf(postgres), redis: valueOf(redis) }
  const stop = async () => {
    await opened.redis?.stop()
    await opened.postgres?.stop()
  }
  for (const outcome of [postgres, redis]) {
    if (outcome.status === 'fulfilled') continue
    await stop()
    throw outcome.reason
  }
  const superuserUrl = opened.postgres?.first.superuserUrl('postgres')
  const owner = { role: 'flotilla', password: secrets.passwords.owner, database: 'flotilla' }
  try {
    if (superuserUrl !== undefined) await provisionOwner(superuserUrl, owner)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    databaseUrl:
      superuserUrl === undefined ? `${env.DATABASE_URL}` : urlWith(superuserUrl, { user: owner.role, ...owner }),
    redisUrl: opened.redis?.first.url ?? `${env.REDIS_URL}`,
    redisUrlFor: (service) => opened.redis?.first.urlFor(service) ?? `${env.REDIS_URL}`,
    stop,
  }
}

/**
 * @template T
 * @param {PromiseSettledResult<T>} outcome
 */
const valueOf = (outcome) => (outcome.status === 'fulfilled' ? outcome.value : null)

/**
 * Gives the services' roles their logins.
 * @param {string} databaseUrl the owner's
 * @param {import('./secrets.mjs').Secrets} secrets
 */
export const openLogins = (databaseUrl, { passwords: { flotilla_gateway, flotilla_engine, flotilla_vault } }) =>
  provisionLogins(databaseUrl, { flotilla_gateway, flotilla_engine, flotilla_vault })
