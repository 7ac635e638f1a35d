/**
 * The fleet of a campaign: the built services, each started and kept alive as the supervisor does it, with a way of its own
 * to Postgres and to Redis that can be broken, and a wall clock that can be set wrong.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { writeProcesses } from '../tools/fleet/fleet-file.mjs'
import { nodeBinary, repoDir } from '../tools/fleet/paths.mjs'
import { freePort } from '../tools/fleet/ports.mjs'
import { prepareDatabase } from '../tools/fleet/prepare-database.mjs'
import { waitFor } from '../tools/fleet/processes.mjs'
import { loadSecrets } from '../tools/fleet/secrets.mjs'
import { describeServices } from '../tools/fleet/service-command.mjs'
import { startService } from '../tools/fleet/service.mjs'
import { openPostgres, openRedis } from './servers.mjs'
import { startProxy } from './tcp-proxy.mjs'

/** Processes of each kind. A kind with two goes on while one of them is dead. */
export const composition = {
  gateway: 2,
  orchestrator: 2,
  'agent-chaos': 2,
  'agent-poison': 2,
  'agent-bench': 1,
  'agent-intake': 1,
  'agent-kyc': 1,
  'agent-fraud': 1,
  'agent-income': 1,
  'agent-risk': 1,
  'agent-letter': 1,
}

/** What the environment of the campaign must not decide. */
const foreign = ['DATABASE_URL', 'REDIS_URL', 'PORT', 'VITEST', 'NODE_OPTIONS', 'FLOTILLA_HOME']

const agentsMain = path.join(repoDir, 'chaos/agents/main.mjs')
const skewShim = pathToFileURL(path.join(repoDir, 'chaos/skew.mjs')).href

/** @param {{ dir: string, seed: number }} options */
const startBureau = async ({ dir, seed }) => {
  const env = { PATH: process.env.PATH, BUREAU_DIR: dir, BUREAU_SEED: `${seed}` }
  const child = spawn(process.execPath, [path.join(repoDir, 'chaos/bureau.mjs')], {
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [{ port }] = await once(child, 'message')
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

/** @param {string} url @param {number} port */
const through = (url, port) => {
  const changed = new URL(url)
  changed.port = `${port}`
  return changed.href
}

/**
 * Starts everything and resolves when all of it is ready.
 * @param {{ home: string, dir: string, seed: number, random: () => number, services?: Record<string, number>, env?: Record<string, string>, log: (text: string) => void }} options
 * `home` holds the fleet's data, `dir` the campaign's records
 */
export const startFleet = async ({ home, dir, seed, random, services: wanted = composition, env: given = {}, log }) => {
  fs.mkdirSync(path.join(home, 'logs'), { recursive: true })
  const secrets = loadSecrets(home)
  const [postgres, redis, bureau] = await Promise.all([
    openPostgres({ home, secrets }),
    openRedis({ home, secrets }),
    startBureau({ dir, seed }),
  ])
  await prepareDatabase(postgres.ownerUrl, secrets)

  const env = { ...process.env, ...given, CHAOS_BUREAU_URL: bureau.url, CHAOS_SEED: `${seed}` }
  for (const name of foreign) delete (/** @type {any} */ (env)[name])
  const { commandOf } = describeServices({
    ...{ dir: home, env, databaseUrl: postgres.ownerUrl, redisUrl: redis.url, secrets },
  })
  /** @param {string} kind */
  const describe = (kind) => {
    const own = kind === 'agent-chaos' || kind === 'agent-poison'
    const command = commandOf(kind)
    if (!own) return command
    return {
      ...command,
      args: [...command.args.slice(0, -1), agentsMain],
      env: { ...command.env, CHAOS_ROLE: kind.replace('agent-', '') },
    }
  }

  /** @type {any[]} */
  const instances = []
  const remember = () =>
    writeProcesses(
      home,
      instances.flatMap(({ name, service }) => {
        const pid = service.pid()
        return pid === null ? [] : [{ name, pid, mark: service.mark }]
      }),
    )
  const kinds = Object.entries(wanted).flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, index) => ({ kind, name: `${kind}-${index + 1}` })),
  )
  for (const { kind, name } of kinds) {
    const ways = {
      postgres: await startProxy({ port: postgres.port, random }),
      redis: await startProxy({ port: redis.port(), random }),
    }
    const port = await freePort()
    const skewFile = path.join(home, `skew-${name}`)
    const command = describe(kind)
    let since = 0
    const service = startService({
      ...command,
      name,
      env: {
        ...command.env,
        PORT: `${port}`,
        DATABASE_URL: through(`${command.env.DATABASE_URL}`, ways.postgres.port),
        REDIS_URL: through(redis.url, ways.redis.port),
        NODE_OPTIONS: `--import=${skewShim}`,
        CHAOS_SKEW_FILE: skewFile,
      },
      healthUrl: `http://127.0.0.1:${port}`,
      logFile: path.join(home, `logs/${name}.log`),
      onChange: () => {
        since = Date.now()
        remember()
      },
      onWrongConfiguration: (failed) => log(`${name} is configured wrongly:\n${failed.lastLines()}`),
      log: () => {},
    })
    instances.push({
      kind,
      name,
      service,
      ways,
      url: service.healthUrl,
      /** When its process was started, epoch ms. */
      since: () => since,
      /** Sets its wall clock wrong by so many ms. @param {number} ms */
      skew: (ms) => fs.writeFileSync(skewFile, `${ms}`),
    })
  }
  remember()
  const ready = await Promise.all(
    instances.map(({ service }) => waitFor(() => service.isReady(), { timeoutMs: 120_000, everyMs: 100 })),
  )
  const slow = instances.find((_, index) => ready[index] === null)

  const fleet = {
    home,
    secrets,
    postgres,
    redis,
    bureau,
    instances,
    nodeBinary,
    gateways: () => instances.filter(({ kind }) => kind === 'gateway').map(({ url }) => url),
    /** Leads every way to the Redis of now, and ends what was connected to the one before. */
    leadToRedis: () => {
      for (const { ways } of instances) {
        ways.redis.leadTo(redis.port())
        ways.redis.reset()
      }
    },
    /** Fair weather, right clocks, nobody frozen. */
    healAll: () => {
      for (const { service, ways, skew } of instances) {
        ways.postgres.heal({ resetHeld: false })
        ways.redis.heal({ resetHeld: false })
        skew(0)
        const pid = service.pid()
        if (pid !== null) process.kill(pid, 'SIGCONT')
      }
    },
    isReady: async () => {
      const all = await Promise.all(instances.map(({ service }) => service.isReady()))
      return instances.filter((_, index) => !all[index]).map(({ name }) => name)
    },
    stop: async () => {
      const order = ['gateway', 'agent-', 'orchestrator']
      for (const part of order) {
        await Promise.all(instances.filter(({ kind }) => kind.startsWith(part)).map(({ service }) => service.stop()))
      }
      for (const { ways } of instances) await Promise.all([ways.postgres.close(), ways.redis.close()])
      await redis.stop()
      await postgres.stop()
      await bureau.stop()
    },
  }
  if (slow === undefined) return fleet
  await fleet.stop()
  throw new Error(`${slow.name} is not ready:\n${slow.service.lastLines()}`)
}
