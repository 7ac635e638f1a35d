/** Prisma's own migration commands, without its native engine: that one is a download which not every network allows. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { withClient } from './database.mjs'
import { binDir, toolEnv, repoDir } from './paths.mjs'
import { ended } from './processes.mjs'
import { StartError } from './start-error.mjs'

const migrationsDir = path.join(repoDir, 'prisma/migrations')

/**
 * Runs `prisma` with the given arguments.
 * @param {string[]} args
 * @param {string} databaseUrl
 * @returns {Promise<{ code: number | null, output: string }>}
 */
export const prisma = async (args, databaseUrl) => {
  const env = toolEnv({ DATABASE_URL: databaseUrl, NO_COLOR: '1' })
  const child = spawn(path.join(binDir, 'prisma'), args, { cwd: repoDir, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output += bytes))
  const { code, error } = await ended(child)
  return { code, output: error === null ? output : `${output}${error.message}` }
}

/** Folders of migrations, oldest first; empty while there are none. */
export const migrationNames = (dir = migrationsDir) =>
  fs.existsSync(dir)
    ? fs
        .readdirSync(dir, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort()
    : []

/** SHA-256 of the script, as Prisma notes it when it has applied one. @param {string} name */
const checksumOf = (name) =>
  createHash('sha256')
    .update(fs.readFileSync(path.join(migrationsDir, name, 'migration.sql')))
    .digest('hex')

/**
 * Is every migration applied, as it stands in the clone? Asking costs 20 ms, Prisma's own look more than a second at
 * every start.
 * @param {string} databaseUrl
 */
export const isUpToDate = async (databaseUrl) => {
  const applied = await withClient(databaseUrl, async (client) => {
    const { rows } = await client.query(
      `select migration_name || ' ' || checksum as applied from _prisma_migrations
       where finished_at is not null and rolled_back_at is null`,
    )
    return new Set(rows.map((row) => row.applied))
  }).catch(() => new Set())
  return migrationNames().every((name) => applied.has(`${name} ${checksumOf(name)}`))
}

/**
 * Applies what is missing (`prisma migrate deploy`). Rejects with Prisma's words when that fails.
 * @param {string} databaseUrl of the owner
 */
export const migrate = async (databaseUrl) => {
  // A database that cannot be asked is Prisma's to complain about.
  if (await isUpToDate(databaseUrl)) return
  const { code, output } = await prisma(['migrate', 'deploy'], databaseUrl)
  if (code !== 0) throw new StartError(`migrations failed:\n${output.trim()}`)
}
