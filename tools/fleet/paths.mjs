/** Where things lie in a clone, and how a child process finds the project's Node. */
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const repoDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
export const binDir = path.join(repoDir, 'node_modules/.bin')

/** Local data of this clone; git ignores it. `FLOTILLA_HOME` names another folder, so that tests have a fleet of their own. */
export const localDir = process.env.FLOTILLA_HOME
  ? path.resolve(process.env.FLOTILLA_HOME)
  : path.join(repoDir, '.local')

/**
 * The Node that the lock file names where the platform has one, else the Node that runs this.
 * @returns {string}
 */
export const nodeBinary = () => {
  const installed = path.join(binDir, 'node')
  return fs.existsSync(installed) ? installed : process.execPath
}

/**
 * Environment for a child that uses the project's own tools and Node.
 * @param {Record<string, string | undefined>} extra
 * @returns {NodeJS.ProcessEnv}
 */
export const childEnv = (extra = {}) => ({
  ...process.env,
  PATH: `${binDir}${path.delimiter}${process.env.PATH ?? ''}`,
  ...extra,
})
