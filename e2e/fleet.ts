import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectRedis } from './redis-connection.js'
import { redisDistDir } from '../tools/fleet/paths.mjs'
import { startRedisCluster } from '../tools/fleet/redis-cluster.mjs'

/**
 * A fleet of real processes, started as a user starts it, with a home of its own so that it never meets the fleet of the
 * clone. Everything is read from `fleet.json`, as outside programs do.
 */

const repoDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

/** What `.local/fleet.json` holds. */
export interface FleetFile {
  readonly gatewayUrl: string
  readonly queuesUrl: string
  readonly databaseUrl: string
  readonly redisUrl: string
  readonly pid: number
  readonly services: readonly { readonly name: string; readonly pid: number; readonly healthUrl: string }[]
  readonly keys: Readonly<Record<'admin' | 'operator' | 'submitter' | 'reviewer', string>>
}

/** A started fleet. */
export interface Fleet {
  readonly home: string
  readonly file: () => Promise<FleetFile>
  readonly scale: (...agents: string[]) => Promise<void>
  readonly stop: () => Promise<void>
  /** Runs `npm run <command>`'s program and gives its output; throws with the output when it fails. */
  readonly command: (...args: string[]) => Promise<string>
}

const runTool = (args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(repoDir, 'tools/fleet.mjs'), ...args], {
      cwd: repoDir,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout.on('data', (data: Buffer) => (output += data.toString()))
    child.stderr.on('data', (data: Buffer) => (output += data.toString()))
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`fleet ${args.join(' ')} ended with ${code}:\n${output}`)),
    )
  })

/** What Redis refused to its users since it started: each service may do all that it does, in every story that is told. */
const redisRefusals = async (home: string): Promise<readonly string[]> => {
  const file = await readFile(path.join(home, 'fleet.json'), 'utf8').catch(() => null)
  // A story may end with the fleet stopped: its Redis is gone then.
  if (file === null) return []
  const { redisUrl } = JSON.parse(file) as FleetFile
  const redis = await connectRedis(redisUrl).catch(() => null)
  if (redis === null) return []
  const log = await redis.ask('ACL', 'LOG')
  redis.close()
  return Array.isArray(log) ? log.map((entry) => JSON.stringify(entry)) : []
}

/** A Redis Cluster of three nodes, and what tells a fleet of it. */
export const startClusterIn = async (dir: string) => {
  const cluster = await startRedisCluster({
    dir: path.join(dir, 'cluster'),
    distDir: redisDistDir,
    password: randomBytes(16).toString('hex'),
    logFile: path.join(dir, 'cluster.log'),
    ephemeral: true,
  })
  const env = { REDIS_URL: cluster.url, REDIS_CLUSTER_NODES: cluster.nodes.join(','), REDIS_SHARDS: '4' }
  return { ...cluster, env }
}

/** Starts a fleet in the background and waits until it is ready. `env` reaches every service. */
export const startFleet = async (
  name: string,
  { args = [], env = {} }: { readonly args?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Fleet> => {
  const home = await mkdtemp(path.join(tmpdir(), `flotilla-${name}-`))
  const inherited: Record<string, string | undefined> = { ...process.env }
  for (const left of ['DATABASE_URL', 'REDIS_URL', 'PORT', 'VITEST', 'NODE_OPTIONS']) delete inherited[left]
  const cluster = process.env['E2E_REDIS'] === 'cluster' && !env['REDIS_URL'] ? await startClusterIn(home) : null
  const childEnv = { ...inherited, ...cluster?.env, ...env, FLOTILLA_HOME: home }
  const command = (...words: string[]) => runTool(words, childEnv)
  await command('start', '--background', '--no-demo', ...args)
  return {
    home,
    file: async () => JSON.parse(await readFile(path.join(home, 'fleet.json'), 'utf8')) as FleetFile,
    command,
    scale: async (...agents) => void (await command('scale', ...agents)),
    stop: async () => {
      const refusals = await redisRefusals(home)
      await command('stop')
      await cluster?.stop()
      await rm(home, { recursive: true, force: true })
      if (refusals.length > 0) throw new Error(`Redis refused what the product asked for: ${refusals.join('; ')}`)
    },
  }
}
