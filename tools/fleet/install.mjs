/** Installs the packages of the lock file when they are not there yet. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { binDir, nodeBinary, repoDir } from './paths.mjs'
import { StartError } from './start-error.mjs'

/** @typedef {Record<string, { version?: string, link?: boolean, optional?: boolean, devOptional?: boolean }>} Packages */

/** @param {string} file @returns {Packages | null} */
const readPackages = (file) => {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).packages
  } catch {
    return null
  }
}

/**
 * Packages of the lock that are missing or of another version in what npm wrote down when it last finished an install.
 * Optional ones count only where they are there: which of them belong depends on the platform.
 * @param {Packages} locked
 * @param {Packages | null} installed
 * @returns {string[]}
 */
export const notInstalled = (locked, installed) =>
  Object.entries(locked)
    .filter(([key]) => key.startsWith('node_modules/'))
    .filter(([key, entry]) => {
      const found = installed?.[key]
      if (found === undefined) return !entry.optional
      return entry.link ? found.link !== true : found.version !== entry.version
    })
    .map(([key]) => key)

const oldestNode = [22, 15]

/** Services need a newer Node than this command: the lock brings one for Linux on x64 and arm64. */
const checkNode = () => {
  const version = spawnSync(nodeBinary(), ['--version'], { encoding: 'utf8' }).stdout?.trim() ?? ''
  const [major = 0, minor = 0] = version.replace('v', '').split('.').map(Number)
  const [wantedMajor = 0, wantedMinor = 0] = oldestNode
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return
  throw new StartError(`Node ${oldestNode.join('.')} or newer is needed on this platform; this is ${version}`, 78)
}

/**
 * Runs `npm ci` if anything of the lock is missing.
 * @returns {boolean} whether it had to
 */
export const installIfNeeded = () => {
  const locked = readPackages(path.join(repoDir, 'package-lock.json')) ?? {}
  const installed = readPackages(path.join(repoDir, 'node_modules/.package-lock.json'))
  const needed = notInstalled(locked, installed).length > 0
  if (needed) {
    // npm must not run on the Node that it is about to delete.
    const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => path.resolve(folder) !== binDir)
    const env = { ...process.env, PATH: folders.join(path.delimiter) }
    // No package needs its install script, so none runs, whatever this npm's default is.
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error']
    const { status, error } = spawnSync('npm', args, { cwd: repoDir, env, stdio: 'inherit' })
    if (status !== 0) throw new StartError(`npm ci failed${error ? `: ${error.message}` : ''}`)
  }
  checkNode()
  return needed
}

/** Was anything ever installed here? */
export const installedYet = () => fs.existsSync(path.join(repoDir, 'node_modules/.package-lock.json'))
