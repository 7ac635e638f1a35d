/**
 * A Postgres of our own from npm's binaries.
 *
 * P1  It is ready when its pid file says so: the port accepts connections before crash recovery is over.
 * P2  It runs in a process group of its own, so that Ctrl-C reaches only the supervisor, which stops it last.
 * P3  A server left behind on the same data is found by its pid file and stopped before a new one starts.
 * P4  A half-made data folder never counts: initdb works beside it and is renamed when done.
 */
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { postgresBinaries, postgresOwner } from './postgres-home.mjs'
import { commandLine, ended, endProcess, isAlive, waitFor } from './processes.mjs'
import { StartError } from './start-error.mjs'

/**
 * @typedef {object} Postgres
 * @property {number} pid
 * @property {number} port
 * @property {(database: string) => string} superuserUrl
 * @property {Promise<unknown>} exited resolves when the server is gone
 * @property {() => Promise<void>} stop fast shutdown; resolves when it is gone
 */

const postgresEnv = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }
const durable = { shared_buffers: '128MB', max_connections: '200' }
/** Only for data that dies with the test run. */
const volatile = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum_naptime: '10min' }

/**
 * @param {string} stateDir
 * @param {string} superuserPassword
 * @param {boolean} ephemeral
 */
const initialise = (stateDir, superuserPassword, ephemeral) => {
  const owner = postgresOwner()
  const fresh = path.join(stateDir, 'data.new')
  const passwordFile = path.join(stateDir, `password.${process.pid}`)
  fs.rmSync(fresh, { recursive: true, force: true })
  fs.mkdirSync(fresh, { mode: 0o700 })
  fs.writeFileSync(passwordFile, `${superuserPassword}\n`, { mode: 0o600 })
  if ('uid' in owner) for (const file of [fresh, passwordFile]) fs.chownSync(file, owner.uid, owner.gid)
  const flags = ['-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', '--locale=C']
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--data-checksums']
  const initdb = path.join(postgresBinaries(), 'bin/initdb')
  const result = spawnSync(initdb, ['-D', fresh, ...flags, ...locale, ...(ephemeral ? ['--no-sync'] : [])], {
    ...owner,
    env: postgresEnv,
    cwd: '/',
    encoding: 'utf8',
  })
  fs.rmSync(passwordFile, { force: true })
  if (result.status !== 0) throw new StartError(`initdb failed: ${result.error?.message ?? result.stderr}`)
  fs.renameSync(fresh, path.join(stateDir, 'data'))
}

/**
 * Lines of the pid file: pid, data folder, start time, port, ..., status in line 8.
 * @param {string} dataDir
 */
const readPidFile = (dataDir) => {
  try {
    const lines = fs.readFileSync(path.join(dataDir, 'postmaster.pid'), 'utf8').split('\n')
    return { pid: Number(lines[0]), ready: lines[7]?.trim() === 'ready' }
  } catch {
    return null
  }
}

/**
 * Stops a server that still runs on this data (P3). Resolves with its pid, null when there was none.
 * @param {string} stateDir
 * @returns {Promise<number | null>}
 */
export const stopLeftoverPostgres = async (stateDir) => {
  const dataDir = path.join(stateDir, 'data')
  const pid = readPidFile(dataDir)?.pid
  if (pid === undefined || !isAlive(pid) || !commandLine(pid).includes(dataDir)) return null
  await endProcess(pid, { signals: ['SIGINT', 'SIGQUIT'] })
  return pid
}

/** @param {string} logFile */
const lastLines = (logFile) => fs.readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n')

/**
 * Starts a server on `stateDir/data`, which is initialised when missing. Rejects with a `StartError` that carries the
 * last log lines when it does not become ready within a minute.
 * @param {{ stateDir: string, port: number, superuserPassword: string, logFile: string, ephemeral?: boolean }} options
 * @returns {Promise<Postgres>}
 */
export const startPostgres = async ({ stateDir, port, superuserPassword, logFile, ephemeral = false }) => {
  const dataDir = path.join(stateDir, 'data')
  await stopLeftoverPostgres(stateDir)
  if (!fs.existsSync(path.join(dataDir, 'PG_VERSION'))) initialise(stateDir, superuserPassword, ephemeral)

  const settings = { ...durable, ...(ephemeral ? volatile : {}), listen_addresses: '127.0.0.1', port: `${port}` }
  const given = Object.entries({ ...settings, unix_socket_directories: '' })
  const log = fs.openSync(logFile, 'a', 0o600)
  const child = spawn(
    path.join(postgresBinaries(), 'bin/postgres'),
    ['-D', dataDir, ...given.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...postgresOwner(), env: postgresEnv, cwd: '/', stdio: ['ignore', log, log], detached: true },
  )
  fs.closeSync(log)
  let gone = false
  const exited = ended(child).then(() => (gone = true))
  const isReady = () => {
    const file = readPidFile(dataDir)
    return file?.pid === child.pid && file?.ready
  }
  await waitFor(() => gone || isReady(), { timeoutMs: 60_000, everyMs: 10 })
  const { pid } = child
  if (gone || pid === undefined || !isReady()) {
    if (pid !== undefined) await endProcess(pid, { signals: ['SIGQUIT'], graceMs: 2_000 })
    throw new StartError(`Postgres did not start:\n${lastLines(logFile)}`)
  }
  return {
    pid,
    port,
    superuserUrl: (database) => `postgresql://postgres:${superuserPassword}@127.0.0.1:${port}/${database}`,
    exited,
    stop: async () => {
      // SIGINT is Postgres' fast shutdown: it ends sessions and writes a checkpoint.
      if (!gone) await endProcess(pid, { signals: ['SIGINT', 'SIGQUIT'], graceMs: 20_000 })
      await exited
    },
  }
}
