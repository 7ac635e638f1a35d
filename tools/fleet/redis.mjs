/**
 * A Redis of our own.
 *
 * R1  It never evicts, and its append-only file is synced every second.
 * R2  It listens on the loopback interface only and asks for a password, which stands in a 0600 file and not in `ps`
 *     (in a container it is an argument: the container's user could not read the file).
 * R3  Where it can (Redis or Valkey 7 or later), it knows a user per service (`redis-acl.mjs`).
 * R4  A server left behind on the same data is found by its pid file and stopped before a new one starts.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { commandLine, ended, endProcess, isAlive, waitFor } from './processes.mjs'
import { aclFile, redisPasswordOf } from './redis-acl.mjs'
import { findRedis } from './redis-binary.mjs'
import { StartError } from './start-error.mjs'

/**
 * @typedef {object} Redis
 * @property {number} pid
 * @property {number} port
 * @property {string} url carries the password of the user who may do everything
 * @property {(user: string) => string} urlFor a service's own; the same as `url` where Redis knows no users
 * @property {Promise<unknown>} exited resolves when the server is gone
 * @property {() => Promise<void>} stop saves what is not on disk yet; resolves when it is gone
 */

/**
 * @typedef {object} RedisOptions
 * @property {string} dir data, configuration and pid file
 * @property {string} distDir where a private copy of the program goes
 * @property {number} port
 * @property {string} password
 * @property {string} logFile
 * @property {boolean} [ephemeral] nothing is written to disk
 * @property {readonly import('./redis-acl.mjs').RedisUser[]} [users]
 * @property {string | undefined} [prefix] REDIS_PREFIX of the services
 * @property {boolean} [cluster] as a node of a cluster, which `redis-cluster.mjs` puts together
 */

/**
 * Does the server answer PING? False while it still loads its data.
 * @param {number} port
 * @param {string} password
 * @returns {Promise<boolean>}
 */
const answersPing = (port, password) =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    let heard = ''
    const finish = () => {
      socket.destroy()
      resolve(heard.includes('+PONG'))
    }
    socket.setTimeout(1_000, finish)
    socket.once('error', finish).once('close', finish)
    socket.on('data', (bytes) => {
      heard += bytes.toString()
      if (heard.split('\r\n').length > 2) finish()
    })
    socket.write(`AUTH ${password}\r\nPING\r\n`)
  })

/** @param {RedisOptions} options */
const persistence = ({ ephemeral = false }) =>
  ephemeral ? ['save ""', 'appendonly no'] : ['appendonly yes', 'appendfsync everysec']

/** @param {string} dir */
const pidFile = (dir) => path.join(dir, 'redis.pid')

/** @param {string} dir */
const containerName = (dir) => `flotilla-redis-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`

/** @param {number} pid @param {string} dir */
const worksIn = (pid, dir) => {
  if (!/redis|valkey/.test(commandLine(pid))) return false
  try {
    return fs.realpathSync(`/proc/${pid}/cwd`) === fs.realpathSync(dir)
  } catch {
    return !fs.existsSync('/proc/self')
  }
}

/**
 * Stops a server that still runs on this data (R4). Resolves with its pid, null when there was none.
 * @param {string} dir
 * @returns {Promise<number | null>}
 */
export const stopLeftoverRedis = async (dir) => {
  if (fs.existsSync(path.join(dir, 'container'))) {
    spawnSync('docker', ['rm', '-f', containerName(dir)], { stdio: 'ignore' })
    fs.rmSync(path.join(dir, 'container'), { force: true })
  }
  if (!fs.existsSync(pidFile(dir))) return null
  const pid = Number(fs.readFileSync(pidFile(dir), 'utf8'))
  if (!isAlive(pid) || !worksIn(pid, dir)) return null
  await endProcess(pid)
  return pid
}

/**
 * The version of a server that takes an ACL file as we write it, 7.2 as 702: write-only keys came with version 7. Null: it takes none.
 * @param {RedisOptions} options
 * @param {import('./redis-binary.mjs').RedisProgram} program
 */
const versionWithUsers = ({ users = [] }, program) => {
  if (users.length === 0 || program.kind !== 'binary') return null
  const env = { PATH: process.env.PATH, ...program.env }
  const { stdout } = spawnSync(program.path, ['--version'], { env, encoding: 'utf8' })
  const [, major = '0', minor = '0'] = /\bv=(\d+)\.(\d+)/.exec(stdout) ?? []
  const version = Number(major) * 100 + Number(minor)
  return version >= 700 ? version : null
}

/**
 * @param {RedisOptions} options
 * @param {{ path: string, env: Record<string, string> }} program
 * @param {number | null} version of a server that knows users
 * @param {number} log file descriptor
 */
const spawnBinary = (options, program, version, log) => {
  const { dir, port, password } = options
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `requirepass ${password}`,
    `dir ${JSON.stringify(dir)}`,
    `pidfile ${JSON.stringify(pidFile(dir))}`,
    'maxmemory-policy noeviction',
    'daemonize no',
    ...persistence(options),
    ...(options.cluster
      ? ['cluster-enabled yes', 'cluster-config-file nodes.conf', 'cluster-node-timeout 5000', `masterauth ${password}`]
      : []),
  ]
  const acl = path.join(dir, 'users.acl')
  if (version !== null) {
    const { users = [], prefix } = options
    fs.writeFileSync(acl, aclFile(users, { redisPassword: password, version, prefix }), { mode: 0o600 })
    lines.push(`aclfile ${JSON.stringify(acl)}`) // R3
  }
  const file = path.join(dir, 'redis.conf')
  fs.writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 })
  const env = { PATH: process.env.PATH, LC_ALL: 'C', ...program.env }
  return spawn(program.path, [file], { cwd: dir, env, stdio: ['ignore', log, log], detached: true })
}

/**
 * @param {RedisOptions} options
 * @param {number} log file descriptor
 */
const spawnContainer = (options, log) => {
  const { dir, port, password } = options
  const name = containerName(dir)
  fs.writeFileSync(path.join(dir, 'container'), name)
  const settings = [`requirepass ${password}`, 'maxmemory-policy noeviction', ...persistence(options)]
  const flags = settings.flatMap((line) => [
    `--${line.split(' ')[0]}`,
    line.slice(line.indexOf(' ') + 1).replaceAll('"', ''),
  ])
  const volume = options.ephemeral ? [] : ['-v', `${name}:/data`]
  const publish = ['-p', `127.0.0.1:${port}:6379`]
  const args = ['run', '--rm', '--name', name, ...publish, ...volume, 'redis:8', 'redis-server', ...flags]
  return spawn('docker', args, { stdio: ['ignore', log, log], detached: true })
}

/**
 * Starts a server. Rejects with a `StartError` when there is no Redis to start or it does not answer within 30 s
 * (two minutes where an image may have to be fetched).
 * @param {RedisOptions} options
 * @returns {Promise<Redis>}
 */
export const startRedis = async (options) => {
  const { dir, port, password, logFile } = options
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 })
  await stopLeftoverRedis(dir)
  const program = findRedis(options.distDir)
  if (options.cluster && program.kind !== 'binary')
    throw new StartError('a cluster of our own needs redis-server itself')
  const version = versionWithUsers(options, program)
  const log = fs.openSync(logFile, 'a', 0o600)
  const child = program.kind === 'binary' ? spawnBinary(options, program, version, log) : spawnContainer(options, log)
  fs.closeSync(log)
  let gone = false
  const exited = ended(child).then(() => (gone = true))
  const timeoutMs = program.kind === 'binary' ? 30_000 : 120_000
  await waitFor(async () => gone || (await answersPing(port, password)), { timeoutMs })
  const { pid } = child
  if (gone || pid === undefined || !(await answersPing(port, password))) {
    if (pid !== undefined) await endProcess(pid, { graceMs: 2_000 })
    const tail = fs.readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n')
    throw new StartError(`Redis did not start:\n${tail}`)
  }
  const url = `redis://:${password}@127.0.0.1:${port}`
  return {
    pid,
    port,
    url,
    urlFor: (user) =>
      version !== null && options.users?.some(({ name }) => name === user)
        ? `redis://${user}:${redisPasswordOf(password, user)}@127.0.0.1:${port}`
        : url,
    exited,
    stop: async () => {
      if (!gone) await endProcess(pid)
      await exited
    },
  }
}
