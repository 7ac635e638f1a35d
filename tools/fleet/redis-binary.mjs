/** Which Redis there is: one on the PATH, a private copy of Debian's package, or an image. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { StartError } from './start-error.mjs'

/**
 * @typedef {{ kind: 'binary', path: string, env: Record<string, string> } | { kind: 'docker' }} RedisProgram
 * `env` holds what the private copy needs to find its libraries.
 */

/** The package and what it links against; the last row is on every Debian but the slimmest images. */
const debianPackages = [
  ['redis-server', 'redis-tools', 'libjemalloc2', 'liblua5.1-0', 'liblzf1', 'libatomic1', 'lua-bitop', 'lua-cjson'],
  [
    'libssl3',
    'libsystemd0',
    'libstdc++6',
    'liblzma5',
    'libzstd1',
    'liblz4-1',
    'libcap2',
    'libgcrypt20',
    'libgpg-error0',
  ],
]

const waysOut =
  'no Redis: set REDIS_URL, or install redis-server or valkey-server (apt-get install redis-server, brew install redis), ' +
  'or start Docker'

/** @param {NodeJS.ProcessEnv} env */
const onPath = (env) => {
  for (const name of ['redis-server', 'valkey-server']) {
    for (const folder of (env.PATH ?? '').split(path.delimiter)) {
      const file = path.join(folder, name)
      if (folder !== '' && fs.existsSync(file)) return file
    }
  }
  return null
}

/** @param {string} dir */
const libraryPath = (dir) =>
  ['usr/lib', 'lib']
    .map((folder) => path.join(dir, folder))
    .filter((folder) => fs.existsSync(folder))
    .flatMap((folder) => fs.readdirSync(folder).map((name) => path.join(folder, name)))
    .join(':')

/**
 * @param {string} file
 * @param {Record<string, string>} libraries
 */
const runs = (file, libraries) =>
  spawnSync(file, ['--version'], { env: { ...process.env, ...libraries }, stdio: 'ignore' }).status === 0

/**
 * @param {string} dir
 * @param {string[]} packages
 */
const download = (dir, packages) => {
  const get = () => spawnSync('apt-get', ['download', '-qq', ...packages], { cwd: dir, encoding: 'utf8' })
  const first = get()
  if (first.status === 0) return null
  // A machine that never updated its lists knows no packages; only root may fetch them.
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore' })
  const second = get()
  return second.status === 0 ? null : `${second.error?.message ?? second.stderr}`.trim()
}

/** @param {string} dir */
const unpack = (dir) => {
  for (const file of fs.readdirSync(dir).filter((name) => name.endsWith('.deb'))) {
    spawnSync('dpkg', ['-x', path.join(dir, file), dir], { stdio: 'ignore' })
    fs.rmSync(path.join(dir, file))
  }
}

/**
 * Debian's packages unpacked below `dir`: needs no root and installs no service.
 * @param {string} dir
 * @returns {{ program: RedisProgram } | { problem: string }}
 */
const privateCopy = (dir) => {
  const file = path.join(dir, 'usr/bin/redis-server')
  /** @returns {RedisProgram} */
  const program = () => ({ kind: 'binary', path: file, env: { LD_LIBRARY_PATH: libraryPath(dir) } })
  const works = () => fs.existsSync(file) && runs(file, { LD_LIBRARY_PATH: libraryPath(dir) })
  if (works()) return { program: program() }
  if (spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status !== 0) return { problem: 'no apt-get' }
  fs.mkdirSync(dir, { recursive: true, mode: 0o755 })
  for (const packages of debianPackages) {
    const problem = download(dir, packages)
    if (problem !== null) return { problem: `apt-get download: ${problem}` }
    unpack(dir)
    if (works()) return { program: program() }
  }
  return { problem: 'the copy of the Debian package does not run' }
}

const dockerAnswers = () => spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 10_000 }).status === 0

/**
 * Finds a Redis, fetching a private copy into `distDir` if need be. Throws a `StartError` that names the ways out.
 * @param {string} distDir
 * @param {NodeJS.ProcessEnv} env
 * @returns {RedisProgram}
 */
export const findRedis = (distDir, env = process.env) => {
  const found = onPath(env)
  if (found !== null) return { kind: 'binary', path: found, env: {} }
  const copy = privateCopy(distDir)
  if ('program' in copy) return copy.program
  if (dockerAnswers()) return { kind: 'docker' }
  throw new StartError(`${waysOut} (${copy.problem})`)
}
