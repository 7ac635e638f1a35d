/** A fleet of the benchmark's own, from the built product, and what can be read off it. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { openServers } from './open-servers.mjs'
import { usageOf } from './processes.mjs'

export const repoDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

/** @typedef {Awaited<ReturnType<typeof startFleet>>} BenchFleet */

/**
 * Starts one. `env` is added to what every service gets.
 * @param {NodeJS.ProcessEnv} [env]
 */
export const startFleet = async (env = {}) => {
  const home = mkdtempSync(path.join(os.tmpdir(), 'flotilla-bench-'))
  const tool = (/** @type {string[]} */ ...args) => {
    const done = spawnSync(process.execPath, [path.join(repoDir, 'tools/fleet.mjs'), ...args], {
      env: { ...process.env, ...env, FLOTILLA_HOME: home },
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
    })
    if (done.status !== 0) throw new Error(`fleet ${args.join(' ')}: ${done.stdout}`)
  }
  try {
    tool('start', '--background', '--no-demo')
  } catch (error) {
    tool('stop')
    rmSync(home, { recursive: true, force: true })
    throw error
  }
  const { file: fleet, database, superuserUrl, redis, close } = await openServers(home)
  return {
    ...fleet,
    home,
    database,
    superuserUrl,
    redis,
    usage: () => usageOf(fleet.pid),
    /** @param {string[]} counts such as `bench=4` */
    scale: (...counts) => tool('scale', ...counts),
    stop: async () => {
      await close()
      tool('stop')
      rmSync(home, { recursive: true, force: true })
    },
  }
}

const databaseCounters = `
select (select xact_commit from pg_stat_database where datname = current_database())::float8 as transactions,
  (select sum(wal_bytes) from pg_stat_wal)::float8 as wal,
  (select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'))::float8 as lsn,
  pg_database_size(current_database())::float8 as disk,
  (select coalesce(sum(fsyncs), 0) from pg_stat_io where object = 'wal')::float8 as fsyncs`

/** What the servers have counted so far. @param {BenchFleet} fleet */
export const countersOf = async ({ database, redis }) => {
  // A backend tells its statistics when it is idle for a second.
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  const { rows } = await database.query(databaseCounters)
  const commands = /total_commands_processed:(\d+)/.exec(await redis.info('stats'))?.[1]
  return { .../** @type {Record<string, number>} */ (rows[0]), commands: Number(commands) }
}

/** How counters rose per run. @param {Record<string, number>} before @param {Record<string, number>} after @param {number} runs */
export const countedPer = (before, after, runs) => {
  const per = (/** @type {string} */ name) => ((after[name] ?? 0) - (before[name] ?? 0)) / runs
  return {
    'transactions/run': per('transactions'),
    'fsyncs/run': per('fsyncs'),
    'WAL KiB/run': per('lsn') / 1024,
    'disk KiB/run': per('disk') / 1024,
    'Redis commands/run': per('commands'),
  }
}

/**
 * The settings that the fleet really runs with: a mode that switches a guarantee off is no figure.
 * @param {BenchFleet} fleet
 */
export const settingsOf = async ({ database, redis, keys, gatewayUrl }) => {
  const setting = async (/** @type {string} */ name) => (await database.query(`show ${name}`)).rows[0][name]
  const { rows: roles } = await database.query(
    `select application_name, usename, (select rolsuper or rolbypassrls from pg_roles where rolname = usename) as above
     from pg_stat_activity where datname = current_database() and usename <> 'postgres'
     group by 1, 2 order by 1`,
  )
  const { rows: sealed } = await database.query(
    `select count(*)::integer as runs from run where workflow = 'bench-desk' and status = 'completed'`,
  )
  const refused = await fetch(new URL('/runs', gatewayUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${keys.admin}`, 'content-type': 'application/json' },
    body: JSON.stringify({ workflow: 'bench-desk', input: 'not an object' }),
  })
  const unknown = await fetch(new URL('/runs', gatewayUrl), { method: 'POST' })
  const jobs = await redis.keys('bull:agent.bench-kyc:*.*')
  const data = jobs[0] === undefined ? null : JSON.parse((await redis.hget(jobs[0], 'data')) ?? 'null')
  return {
    cores: os.cpus().length,
    node: process.version,
    postgres: await setting('server_version'),
    fsync: await setting('fsync'),
    synchronous_commit: await setting('synchronous_commit'),
    full_page_writes: await setting('full_page_writes'),
    redis_appendonly: (await redis.config('GET', 'appendonly'))[1],
    redis_appendfsync: (await redis.config('GET', 'appendfsync'))[1],
    roles: roles.map(
      ({ application_name: name, usename, above }) => `${name}: ${usename}${above ? ' (above RLS)' : ''}`,
    ),
    jobs_sealed: data === null ? null : /^v1\./.test(data.sealed ?? '') && !JSON.stringify(data).includes('xxxx'),
    answer_to_invalid_input: refused.status,
    answer_without_key: unknown.status,
    runs_before: sealed[0]?.runs,
    tracing: process.env.OTEL_EXPORTER_OTLP_ENDPOINT ?? 'not exported',
    sampler: process.env.OTEL_TRACES_SAMPLER ?? 'default',
  }
}
