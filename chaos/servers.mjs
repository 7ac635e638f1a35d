/** Postgres and Redis of a campaign, started as a fleet starts them, and broken here on purpose. */
import fs from 'node:fs'
import path from 'node:path'
import { Redis } from 'ioredis'
import { provisionOwner, urlWith } from '../tools/fleet/database.mjs'
import { redisDistDir } from '../tools/fleet/paths.mjs'
import { freePort } from '../tools/fleet/ports.mjs'
import { postgresStateDir } from '../tools/fleet/postgres-home.mjs'
import { startPostgres } from '../tools/fleet/postgres.mjs'
import { startRedis } from '../tools/fleet/redis.mjs'

/** Processes whose parent is `pid`. @param {number} pid */
const childrenOf = (pid) =>
  fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => {
      try {
        const stat = fs.readFileSync(`/proc/${child}/stat`, 'utf8')
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid
      } catch {
        return false
      }
    })

/** @param {number} pid @param {NodeJS.Signals} signal */
const tell = (pid, signal) => {
  try {
    process.kill(pid, signal)
  } catch {
    // A connection's process that has ended by now.
  }
}

/** @param {{ home: string, secrets: import('../tools/fleet/secrets.mjs').Secrets }} options */
export const openPostgres = async ({ home, secrets }) => {
  const port = await freePort()
  const start = () =>
    startPostgres({
      stateDir: postgresStateDir(path.join(home, 'postgres')),
      superuserPassword: secrets.passwords.superuser,
      logFile: path.join(home, 'logs/postgres.log'),
      port,
    })
  let server = await start()
  const owner = { role: 'flotilla', password: secrets.passwords.owner, database: 'flotilla' }
  await provisionOwner(server.superuserUrl('postgres'), owner)
  const superuserUrl = server.superuserUrl('flotilla')
  const processes = () => [server.pid, ...childrenOf(server.pid)]
  return {
    port,
    superuserUrl,
    ownerUrl: urlWith(superuserUrl, { user: owner.role, ...owner }),
    /** Immediate shutdown: nothing is written, the next start recovers from the log. */
    crash: async () => {
      tell(server.pid, 'SIGQUIT')
      await server.exited
    },
    restart: async () => {
      server = await start()
    },
    /** Freezes it with all its connections; the result lets it go on. */
    freeze: () => {
      tell(server.pid, 'SIGSTOP')
      const frozen = processes()
      for (const pid of frozen) tell(pid, 'SIGSTOP')
      return () => {
        for (const pid of frozen) tell(pid, 'SIGCONT')
      }
    },
    stop: () => server.stop(),
  }
}

/** @param {{ home: string, secrets: import('../tools/fleet/secrets.mjs').Secrets }} options */
export const openRedis = async ({ home, secrets: { redisPassword: password } }) => {
  let generation = 0
  /** @param {string} dir @param {number} port */
  const startAt = (dir, port) =>
    startRedis({ dir, port, distDir: redisDistDir, password, logFile: path.join(home, 'logs/redis.log') })
  /** @param {number} at */
  const connect = (at) => {
    const client = new Redis({
      host: '127.0.0.1',
      port: at,
      password,
      maxRetriesPerRequest: 1,
      commandTimeout: 5_000,
      lazyConnect: true,
    })
    client.on('error', () => {})
    return client
  }
  let dir = path.join(home, 'redis')
  let port = await freePort()
  let server = await startAt(dir, port)
  let client = connect(port)
  const kill = async () => {
    tell(server.pid, 'SIGKILL')
    await server.exited
  }
  const aof = () => path.join(dir, 'appendonlydir')
  return {
    port: () => port,
    url: server.url,
    password,
    /** A connection of ours that no fault of the network touches. */
    client: () => client,
    kill,
    restart: async () => {
      server = await startAt(dir, port)
    },
    /** Removes what is on disk; only while it is dead. */
    empty: () => fs.rmSync(aof(), { recursive: true, force: true }),
    /** Copies what is on disk now, torn end included, and gives what puts the copy in place; that only while it is dead. */
    copy: () => {
      const saved = path.join(home, `redis-copy-${(generation += 1)}`)
      fs.cpSync(aof(), saved, { recursive: true })
      return () => {
        fs.rmSync(aof(), { recursive: true, force: true })
        fs.renameSync(saved, aof())
      }
    },
    freeze: () => {
      const { pid } = server
      tell(pid, 'SIGSTOP')
      return () => tell(pid, 'SIGCONT')
    },
    /** Starts a replica that follows through `proxy`; `promote` makes it the server and kills the one before. */
    follow: async (/** @type {number} */ proxyPort) => {
      const replicaDir = path.join(home, `redis-replica-${(generation += 1)}`)
      const replicaPort = await freePort()
      const replica = await startAt(replicaDir, replicaPort)
      const replicaClient = connect(replicaPort)
      await replicaClient.config('SET', 'masterauth', password)
      await replicaClient.replicaof('127.0.0.1', proxyPort)
      return {
        inSync: async () => /master_link_status:up/.test(await replicaClient.info('replication')),
        promote: async () => {
          await kill()
          await replicaClient.replicaof('NO', 'ONE')
          client.disconnect()
          dir = replicaDir
          port = replicaPort
          server = replica
          client = replicaClient
        },
        abandon: async () => {
          replicaClient.disconnect()
          await replica.stop()
        },
      }
    },
    stop: async () => {
      client.disconnect()
      await server.stop()
    },
  }
}
