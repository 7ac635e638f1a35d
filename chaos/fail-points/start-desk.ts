import { spawn, type ChildProcess } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, openSync, closeSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { insertKeys, keyId, makeKey, secretHash } from '../../tools/fleet/api-keys.mjs'
import { freePort } from '../../tools/fleet/ports.mjs'
import type { TestDatabase } from '../../tools/test-database.js'

const repoDir = path.resolve(import.meta.dirname, '../..')

/** The processes of a fault desk. */
export const roles = ['gateway', 'orchestrator', 'agent'] as const
export type Role = (typeof roles)[number]

const mains: Readonly<Record<Role, string>> = {
  gateway: 'apps/gateway/dist/main.js',
  orchestrator: 'apps/orchestrator/dist/main.js',
  agent: 'chaos/fail-points/desk-agent.mjs',
}

/** A gateway, an orchestrator and an agent as processes, with fail points; each is started again when it ends. */
export interface Desk {
  readonly url: string
  /** Keys of a submitter, and of somebody else who may do everything. */
  readonly keys: { readonly submitter: string; readonly admin: string }
  /** Arms a point in one of them (`name:action@n`), or none (''); resolves when it is. */
  readonly arm: (role: Role, failPoint: string) => Promise<void>
  /** What has gone off, as `name.action.n`. */
  readonly wentOff: () => readonly string[]
  /** Calls of effects as the provider has them in its books. */
  readonly provided: () => readonly { readonly runId: string; readonly step: string; readonly key: string }[]
  /** How often each process was started. */
  readonly starts: Readonly<Record<Role, number>>
  readonly ready: () => Promise<void>
  /** The last lines that a process logged. */
  readonly lastLines: (role: Role) => string
  readonly stop: () => Promise<void>
}

interface DeskOptions {
  readonly database: TestDatabase
  readonly redis: { readonly url: string; readonly prefix: string }
  readonly env?: NodeJS.ProcessEnv
}

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => void child.once('exit', () => resolve()))

/** Starts a desk and resolves when its processes are ready. */
export const startDesk = async ({ database, redis, env = {} }: DeskOptions): Promise<Desk> => {
  const home = mkdtempSync(path.join(tmpdir(), 'flotilla-desk-'))
  const marks = mkdtempSync(path.join(home, 'marks-'))
  const book = path.join(home, 'provider.ndjson')
  const keys = { submitter: makeKey(), admin: makeKey() }
  await insertKeys(
    database.ownerUrl,
    Object.entries(keys).map(([principal, key]) => ({
      id: keyId(key),
      tenantId: 'desk',
      principal,
      secretHash: secretHash(key),
      scopes: principal === 'admin' ? ['*'] : ['runs:write', 'runs:read'],
      expiresAt: null,
    })),
  )
  const ports = { gateway: await freePort(), orchestrator: await freePort(), agent: await freePort() }
  const urls = { gateway: database.gatewayUrl, orchestrator: database.engineUrl, agent: database.vaultUrl }
  const { DATABASE_URL: _url, REDIS_URL: _redis, NODE_OPTIONS: _options, ...inherited } = process.env
  const common = {
    ...inherited,
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
    REDIS_URL: redis.url,
    REDIS_PREFIX: redis.prefix,
    REDIS_EVICTION_CHECK: 'off',
    SEALING_KEYS: JSON.stringify({ current: 'k1', keys: { k1: randomBytes(32).toString('base64') } }),
    HASHING_KEY: randomBytes(32).toString('base64'),
    AUDIT_SIGNING_KEY: generateKeyPairSync('ed25519')
      .privateKey.export({ format: 'der', type: 'pkcs8' })
      .toString('base64'),
    NODE_COMPILE_CACHE: path.join(home, 'compile-cache'),
    TICK_IDLE_MS: '100',
    SWEEP_MS: '500',
    AGENT_LOCK_MS: '1000',
    AGENT_STALLED_INTERVAL_MS: '500',
    // A point that kills an agent may stop it several times over: that is not what is tried here.
    AGENT_STALLED_MAX: '20',
    AGENT_STARTS_MAX: '20',
    FAILPOINT_DIR: marks,
    PROVIDER_FILE: book,
    ...env,
  }
  const starts: Record<Role, number> = { gateway: 0, orchestrator: 0, agent: 0 }
  const running = new Map<Role, ChildProcess>()
  const endedEarly: Record<Role, number> = { gateway: 0, orchestrator: 0, agent: 0 }
  let stopping = false

  const start = (role: Role): void => {
    starts[role] += 1
    const log = openSync(path.join(home, `${role}.log`), 'a')
    const args = [
      '--import',
      '@flotilla/telemetry/register',
      '--import',
      './chaos/fail-points/register.mjs',
      mains[role],
    ]
    const child = spawn(process.execPath, args, {
      cwd: repoDir,
      env: { ...common, DATABASE_URL: urls[role], PORT: `${ports[role]}` },
      stdio: ['ignore', log, log, 'ipc'],
    })
    closeSync(log)
    child.on('error', () => undefined)
    running.set(role, child)
    child.once('exit', (code) => {
      // Killed is what fail points do to it; one that ends by itself cannot be helped.
      if (code !== null) endedEarly[role] += 1
      if (!stopping && endedEarly[role] <= 3) start(role)
    })
  }
  for (const role of roles) start(role)

  const isReady = async (role: Role): Promise<boolean> => {
    try {
      return (await fetch(`http://127.0.0.1:${ports[role]}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok
    } catch {
      return false
    }
  }
  const ready = async (): Promise<void> => {
    const until = Date.now() + 60_000
    for (const role of roles)
      while (!(await isReady(role))) {
        if (Date.now() > until || endedEarly[role] > 3) throw new Error(`${role} is not ready:\n${lastLines(role)}`)
        await pause(25)
      }
  }
  const lastLines = (role: Role): string =>
    readFileSync(path.join(home, `${role}.log`), 'utf8')
      .split('\n')
      .slice(-12)
      .join('\n')

  const stop = async (): Promise<void> => {
    stopping = true
    const children = [...running.values()]
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(children.map(ended))
    rmSync(home, { recursive: true, force: true })
  }
  try {
    await ready()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url: `http://127.0.0.1:${ports.gateway}`,
    keys,
    starts,
    ready,
    lastLines,
    stop,
    wentOff: () => readdirSync(marks),
    provided: () => {
      try {
        const lines = readFileSync(book, 'utf8').split('\n').slice(0, -1)
        return lines.map((line) => JSON.parse(line) as { runId: string; step: string; key: string }) // as the agent writes them
      } catch {
        return []
      }
    },
    arm: (role, failPoint) =>
      new Promise((resolve, reject) => {
        const child = running.get(role)
        if (!child?.connected) return reject(new Error(`${role} is not there`))
        child.once('message', () => resolve())
        child.send({ failPoint }, (error) => error && reject(error))
      }),
  }
}
