/** Where things lie in a clone, and how a child process finds the project's Node. */
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const repoDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
export const binDir = path.join(repoDir, 'node_modules/.bin')

/** Local data of this clone; git ignores it. FLOTILLA_HOME names another place: a second fleet of the same clone. */
export const localDir = path.resolve(process.env.FLOTILLA_HOME || path.join(repoDir, '.local'))

/** The private copy of Redis is the clone's, whichever fleet uses it. */
export const redisDistDir = path.join(repoDir, '.local/redis-dist')

/**
 * The Node that the lock file names where the platform has one, else the Node that runs this.
 * @returns {string}
 */
export const nodeBinary = () => {
  const installed = path.join(binDir, 'node')
  return fs.existsSync(installed) ? installed : process.execPath
}

/**
 * Environment for the project's own tools: its programs and its Node first, nothing that calls out.
 * An engine named in PRISMA_SCHEMA_ENGINE_BINARY is left in place.
 * @param {Record<string, string | undefined>} extra
 * @returns {NodeJS.ProcessEnv}
 */
export const toolEnv = (extra = {}) => ({
  ...process.env,
  PATH: `${binDir}${path.delimiter}${process.env.PATH ?? ''}`,
  PRISMA_SCHEMA_ENGINE_BINARY: process.env.PRISMA_SCHEMA_ENGINE_BINARY ?? path.join(repoDir, 'tools/schema-engine.mjs'),
  CHECKPOINT_DISABLE: '1',
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
  NX_DAEMON: 'false',
  NX_TUI: 'false',
  ...extra,
})
