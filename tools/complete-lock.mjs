/**
 * Completes package-lock.json after an `npm install` against a registry that lacks some platform packages.
 *
 * npm leaves an optional package out of the lock when the registry does not have it; `npm ci` then refuses that lock
 * everywhere ("Missing: ... from lock file"). Addresses (`resolved`) go too: a lock must not name a registry.
 *
 * Run after every `npm install`: `node tools/complete-lock.mjs`. With `--check` it changes nothing and exits 1 on a gap.
 */
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'

/** @typedef {Record<string, any>} LockEntry one member of `packages` */
/** @typedef {{ packages: Record<string, LockEntry> }} Lock the parts of a version-3 lock that matter here */
/** @typedef {{ name: string, version: string, wantedBy: string }} MissingPackage */

const platform =
  /(darwin|linux|win32|freebsd|android|openharmony|sunos|aix|openbsd|netbsd)-(arm64|x64|arm|ia32|ppc64|riscv64|s390x|loong64|mips64el)(?:-(gnu|musl|gnueabihf|musleabihf|msvc|eabi))?/

/**
 * Does npm's resolution, starting at the folder of `from`, find `name` in the lock?
 * @param {Lock} lock
 * @param {string} from key of the package that wants it ('' for the root)
 * @param {string} name
 */
const isLocked = (lock, from, name) => {
  for (let folder = from; ; folder = parentFolder(folder)) {
    if (lock.packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`]) return true
    if (folder === '') return false
  }
}

/** @param {string} folder */
const parentFolder = (folder) => folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/'))).replace(/\/$/, '')

/**
 * Optional packages that some locked package names but the lock does not hold.
 * @param {Lock} lock
 * @returns {MissingPackage[]}
 */
export const missingOptionalPackages = (lock) =>
  Object.entries(lock.packages).flatMap(([wantedBy, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !isLocked(lock, wantedBy, name))
      .map(([name, version]) => ({ name, version, wantedBy })),
  )

/**
 * Entries whose `resolved` is an address (a workspace link keeps its folder there, which is not one).
 * @param {Lock} lock
 * @returns {string[]}
 */
export const entriesWithAddress = (lock) =>
  Object.entries(lock.packages)
    .filter(([, entry]) => entry.resolved !== undefined && !entry.link)
    .map(([key]) => key)

/**
 * The same lock with the missing platform packages added and without addresses. Throws when a missing package does not
 * name its platform or is wanted by a range: nothing can be written down for those without asking a registry.
 * @param {Lock} lock
 * @returns {Lock}
 */
export const completeLock = (lock) => {
  /** @type {Record<string, LockEntry>} */
  const packages = {}
  for (const [key, entry] of Object.entries(lock.packages)) {
    packages[key] = { ...entry }
    if (!entry.link) delete packages[key].resolved
  }
  for (const missing of missingOptionalPackages(lock)) {
    packages[`node_modules/${missing.name}`] = platformEntry(missing, lock.packages[missing.wantedBy]?.dev === true)
  }
  return { ...lock, packages: Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1))) }
}

/**
 * @param {MissingPackage} missing
 * @param {boolean} dev
 * @returns {LockEntry}
 */
const platformEntry = ({ name, version, wantedBy }, dev) => {
  const [, os, cpu, abi] = platform.exec(name) ?? []
  if (os === undefined || !/^\d/.test(version)) throw new Error(`cannot complete ${name}@${version} (of ${wantedBy})`)
  const libc = os === 'linux' && abi !== undefined ? { libc: [abi.startsWith('musl') ? 'musl' : 'glibc'] } : {}
  return { version, cpu: [cpu], ...(dev ? { dev } : {}), ...libc, optional: true, os: [os] }
}

const main = () => {
  const file = fileURLToPath(new URL('../package-lock.json', import.meta.url))
  const lock = JSON.parse(fs.readFileSync(file, 'utf8'))
  const missing = missingOptionalPackages(lock)
  const addresses = entriesWithAddress(lock)
  console.log(`${missing.length} platform packages missing, ${addresses.length} entries with an address`)
  if (process.argv.includes('--check')) process.exitCode = missing.length + addresses.length === 0 ? 0 : 1
  else fs.writeFileSync(file, `${JSON.stringify(completeLock(lock), null, 2)}\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
