/** A fleet of the measurement's own, from the built product, started as a user starts it. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { openServers } from '../../bench/open-servers.mjs'
import { repoDir } from '../../tools/fleet/paths.mjs'
import { ended } from '../../tools/fleet/processes.mjs'

/**
 * What the measurement needs of a fleet.
 * @typedef {object} Flooded
 * @property {string} gatewayUrl
 * @property {readonly { readonly name: string, readonly pid: number }[]} services
 * @property {import('pg').Client} database as one who sees all tenants
 * @property {import('ioredis').Redis} redis
 * @property {(tenant: string) => Promise<string>} makeKey makes a key that may submit, read and register
 */

/** What the environment of the measurement must not decide. */
const foreign = ['DATABASE_URL', 'REDIS_URL', 'PORT', 'VITEST', 'NODE_OPTIONS']

/** @param {NodeJS.ProcessEnv} env added to what every service gets */
export const startFleet = async (env) => {
  const home = mkdtempSync(path.join(os.tmpdir(), 'flotilla-overload-'))
  /** @type {NodeJS.ProcessEnv} */
  const childEnv = { ...process.env, ...env, FLOTILLA_HOME: home }
  for (const name of foreign) delete childEnv[name]
  /** @param {string[]} args @returns {Promise<string>} what it printed */
  const tool = async (...args) => {
    const child = spawn(process.execPath, [path.join(repoDir, 'tools/fleet.mjs'), ...args], {
      env: childEnv,
      cwd: repoDir,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output += bytes))
    const { code } = await ended(child)
    if (code !== 0) throw new Error(`fleet ${args.join(' ')} ended with ${code}:\n${output}`)
    return output
  }
  const stop = async () => {
    await tool('stop')
    rmSync(home, { recursive: true, force: true })
  }
  try {
    await tool('start', '--background', '--no-demo')
  } catch (error) {
    await stop()
    throw error
  }
  const { file, database, redis, close } = await openServers(home)
  return {
    ...file,
    home,
    database,
    redis,
    tool,
    /** Makes a key for a tenant. @param {string} tenant */
    makeKey: async (tenant) => {
      const printed = await tool(
        'keys',
        'create',
        '--tenant',
        tenant,
        '--scopes',
        'runs:write,runs:read,workflows:write',
      )
      const key = /fl_\S+/.exec(printed)?.[0]
      if (key === undefined) throw new Error(`no key in: ${printed}`)
      return key
    },
    stop: async () => {
      await close()
      await stop()
    },
  }
}
