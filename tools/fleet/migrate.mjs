/** Prisma's own migration commands, without its native engine: that one is a download which not every network allows. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { binDir, toolEnv, repoDir } from './paths.mjs'
import { ended } from './processes.mjs'
import { StartError } from './start-error.mjs'

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
export const migrationNames = (dir = path.join(repoDir, 'prisma/migrations')) =>
  fs.existsSync(dir)
    ? fs
        .readdirSync(dir, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort()
    : []

/**
 * Applies what is missing (`prisma migrate deploy`). Rejects with Prisma's words when that fails.
 * @param {string} databaseUrl of the owner
 */
export const migrate = async (databaseUrl) => {
  if (migrationNames().length === 0) return
  const { code, output } = await prisma(['migrate', 'deploy'], databaseUrl)
  if (code !== 0) throw new StartError(`migrations failed:\n${output.trim()}`)
}
