import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestProject } from 'vitest/node'
import { provisionLogins, provisionOwner, serviceRoles, urlWith } from './fleet/database.mjs'
import { migrate } from './fleet/migrate.mjs'
import { redisDistDir } from './fleet/paths.mjs'
import { freePort } from './fleet/ports.mjs'
import { startPostgres } from './fleet/postgres.mjs'
import { startRedisCluster } from './fleet/redis-cluster.mjs'
import { startRedis } from './fleet/redis.mjs'

/** What specs inject: use `aDatabase()` and `aRedis()` of `test-database.ts` rather than these. */
export type TestServers = {
  /** Owner's address of the migrated template; nobody may stay connected to it. */
  readonly templateUrl: string
  /** Only to assert what the product's roles are not. */
  readonly superuserUrl: string
  readonly redisUrl: string
  /** Nodes of a Redis Cluster, with `TEST_REDIS=cluster`; else none. */
  readonly redisNodes: readonly string[]
  /** Passwords by service role. */
  readonly passwords: Readonly<Record<string, string>>
}

declare module 'vitest' {
  interface ProvidedContext {
    servers: TestServers
    databaseUrl: string
    redisUrl: string
  }
}

type RunningServers = {
  superuserUrl: string
  redisUrl: string
  redisNodes: readonly string[]
  stop: () => Promise<unknown>
}

const startRedisIn = async (dir: string, password: string) => {
  const options = {
    dir: path.join(dir, 'redis'),
    distDir: redisDistDir,
    password,
    logFile: path.join(dir, 'redis.log'),
    ephemeral: true,
  }
  if (process.env['TEST_REDIS'] === 'cluster') return startRedisCluster(options)
  return { ...(await startRedis({ ...options, port: await freePort() })), nodes: [] }
}

const startLocal = async (): Promise<RunningServers> => {
  const dir = mkdtempSync(path.join(tmpdir(), 'flotilla-test-'))
  // mkdtemp makes it 0700, which Postgres' user cannot enter when root runs the tests.
  chmodSync(dir, 0o755)
  const password = randomBytes(16).toString('hex')
  const [postgres, redis] = await Promise.all([
    startPostgres({
      stateDir: dir,
      port: await freePort(),
      superuserPassword: password,
      logFile: path.join(dir, 'postgres.log'),
      ephemeral: true,
    }),
    startRedisIn(dir, password),
  ])
  const stop = async () => {
    await Promise.all([postgres.stop(), redis.stop()])
    rmSync(dir, { recursive: true, force: true })
  }
  return { superuserUrl: postgres.superuserUrl('postgres'), redisUrl: redis.url, redisNodes: redis.nodes, stop }
}

const startContainers = async (): Promise<RunningServers> => {
  const [{ PostgreSqlContainer }, { RedisContainer }] = await Promise.all([
    import('@testcontainers/postgresql'),
    import('@testcontainers/redis'),
  ])
  const [postgres, redis] = await Promise.all([
    new PostgreSqlContainer('postgres:18').withUsername('postgres').withDatabase('postgres').start(),
    new RedisContainer('redis:8').start(),
  ])
  return {
    superuserUrl: postgres.getConnectionUri(),
    redisUrl: redis.getConnectionUrl(),
    redisNodes: [],
    stop: () => Promise.all([postgres.stop(), redis.stop()]),
  }
}

/**
 * vitest's global set-up of the `servers` project: real Postgres and Redis, migrations applied once into a template.
 * `TEST_SERVERS` holds what an earlier set-up provided: those servers are used and left running.
 */
export default async function setup({ provide }: Pick<TestProject, 'provide'>): Promise<() => Promise<void>> {
  const given = process.env['TEST_SERVERS']
  if (given) {
    const running = JSON.parse(given) as TestServers // written from one
    provide('servers', running)
    provide('databaseUrl', running.templateUrl)
    provide('redisUrl', running.redisUrl)
    return () => Promise.resolve()
  }
  const servers = await (process.env['TEST_INFRA'] === 'testcontainers' ? startContainers() : startLocal())
  try {
    const owner = { role: 'flotilla', password: randomBytes(16).toString('hex'), database: 'flotilla_template' }
    await provisionOwner(servers.superuserUrl, owner)
    const templateUrl = urlWith(servers.superuserUrl, { user: owner.role, ...owner })
    await migrate(templateUrl)
    const passwords = Object.fromEntries(serviceRoles.map((role) => [role, randomBytes(16).toString('hex')]))
    await provisionLogins(templateUrl, passwords)
    provide('servers', {
      templateUrl,
      superuserUrl: servers.superuserUrl,
      redisUrl: servers.redisUrl,
      redisNodes: servers.redisNodes,
      passwords,
    })
    provide('databaseUrl', templateUrl)
    provide('redisUrl', servers.redisUrl)
  } catch (error) {
    await servers.stop()
    throw error
  }
  return async () => {
    await servers.stop()
  }
}
