import { randomBytes } from 'node:crypto'
import { invariant, jobIdOf, queueOfAgent } from '@flotilla/contracts'
import {
  holdTotal,
  listenForCancel,
  makeEvictionWatch,
  makeReplyWriter,
  makeSealer,
  redisPlace,
  workerModule,
} from '@flotilla/queues'
import {
  ConfigError,
  endWhenBlocked,
  installShutdown,
  runMain,
  startHealthServer,
  type Env,
  type EnvFields,
  type EnvValues,
  type HealthCheck,
} from '@flotilla/runtime'
import { makeLogger, metricsText, shutdownTelemetry, startProcessMetrics } from '@flotilla/telemetry'
import { openVault } from '@flotilla/vault'
import { NestFactory } from '@nestjs/core'
import { readAgentConfig, type AgentConfig, type QueueDefaults } from './agent-settings.js'
import type { Agent } from './define-agent.js'
import { makeProcessJob } from './process-job.js'
import { StopError } from './stop-error.js'

/** An agent process. */
export interface AgentApp<F extends EnvFields> {
  /** `agent-kyc` */
  readonly name: string
  /** `process.env`, given by `main.ts`. */
  readonly env: Env
  /** Settings of the app's own, read together with the SDK's. */
  readonly settings?: F
  /** The agents that this process serves, or how to make them from the configuration. */
  readonly agents:
    readonly Agent[] | ((config: AgentConfig & EnvValues<F>) => readonly Agent[] | Promise<readonly Agent[]>)
  /** Queue of an agent, or queues, where it is not `agent.<first part of its name>` alone. */
  readonly queueOf?: (agent: string) => string | readonly string[]
  /** Defaults by queue; the environment overrides them. */
  readonly queues?: Readonly<Record<string, QueueDefaults>>
  /** Further readiness checks. */
  readonly checks?: Readonly<Record<string, HealthCheck>>
}

type QueueOf = NonNullable<AgentApp<EnvFields>['queueOf']>

const byQueue = (agents: readonly Agent[], queueOf: QueueOf): Map<string, Map<string, Agent>> => {
  const queues = new Map<string, Map<string, Agent>>()
  for (const agent of agents) {
    for (const queue of [queueOf(agent.name)].flat()) {
      const served = queues.get(queue) ?? new Map<string, Agent>()
      invariant(!served.has(agent.name), `agent ${agent.name} is given twice`)
      queues.set(queue, served.set(agent.name, agent))
    }
  }
  return queues
}

const start = async <F extends EnvFields>(app: AgentApp<F>): Promise<void> => {
  const { config, serving } = readAgentConfig(app.env, app.settings ?? ({} as F)) // no settings: no fields
  const log = makeLogger(app.name)
  const onError = (error: Error): void => log.warn({ err: error }, 'connection trouble')
  const place = redisPlace(config)
  const agents = typeof app.agents === 'function' ? await app.agents(config) : app.agents
  const queues = byQueue(agents, app.queueOf ?? queueOfAgent)

  const vault = openVault(config.DATABASE_URL, {
    sealing: config.SEALING_KEYS,
    connectionsMax: config.AGENT_VAULT_CONNECTIONS,
    patienceMs: config.AGENT_VAULT_PATIENCE_MS,
    onError,
  })
  const writer = makeReplyWriter(place, { onError })
  const running = new Map<string, AbortController>()
  const stopping = new AbortController()
  const cancels = listenForCancel(place, (job) => running.get(jobIdOf(job))?.abort(new StopError('CANCELLED')), onError)
  const shared = {
    vault,
    writer,
    log,
    running,
    sealer: makeSealer(config.SEALING_KEYS, config.HASHING_KEY),
    worker: `${app.name}-${randomBytes(4).toString('hex')}`,
    shutdown: stopping.signal,
    startsMax: config.AGENT_STARTS_MAX,
    keepStacks: config.AGENT_KEEP_STACKS,
    toolTimeoutMs: config.AGENT_TOOL_TIMEOUT_MS,
  }
  const workers = [...queues].map(([queue, served]) => ({
    ...serving(queue, app.queues?.[queue]),
    queue,
    process: makeProcessJob({ ...shared, queue, agents: served }),
    lockMs: config.AGENT_LOCK_MS,
    stalledIntervalMs: config.AGENT_STALLED_INTERVAL_MS,
    maxStalledCount: config.AGENT_STALLED_MAX,
    maxStartedAttempts: config.AGENT_STARTS_MAX,
    onError,
  }))

  const totals = await Promise.all(
    workers.flatMap(({ queue, totalConcurrency }) =>
      totalConcurrency === null ? [] : [holdTotal(place, { queue, total: totalConcurrency }, onError)],
    ),
  )

  const evictsNothing = config.REDIS_EVICTION_CHECK === 'off' ? () => Promise.resolve() : makeEvictionWatch(place)
  const redis: HealthCheck = async () => {
    await writer.ready()
    await evictsNothing()
  }
  startProcessMetrics()
  const checks = { postgres: vault.ping, redis, ...app.checks }
  endWhenBlocked(config.AGENT_BLOCKED_MS)
  const health = await startHealthServer({
    port: config.PORT,
    host: config.HEALTH_HOST,
    checks,
    metrics: metricsText,
  }).catch((error: unknown): never => {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new ConfigError(['PORT is taken by another process'])
    throw error
  })
  const nest = await NestFactory.createApplicationContext(workerModule(place, workers), {
    logger: false,
    abortOnError: false,
  })
  log.info({ port: health.port, queues: [...queues.keys()] }, 'serving')

  const drain = async (): Promise<void> => {
    // Jobs end by themselves; those that do not in time are told to, and go back to the queue.
    const timer = setTimeout(() => stopping.abort(), config.AGENT_DRAIN_MS)
    await nest.close()
    clearTimeout(timer)
  }
  installShutdown({
    phases: [
      { name: 'intake', run: () => Promise.resolve(health.drain()) },
      { name: 'workers', run: drain },
      {
        name: 'connections',
        run: () =>
          Promise.all([
            writer.close(),
            cancels.close(),
            vault.close(),
            health.close(),
            ...totals.map((total) => total.close()),
          ]),
      },
      { name: 'telemetry', run: shutdownTelemetry },
    ],
    timeoutMs: config.AGENT_DRAIN_MS + 5_000,
    onPhaseFailed: (phase, error) => log.error({ phase, err: error }, 'shutdown'),
  })
}

/**
 * Runs an agent process: workers for its agents' queues, health port with `/livez`, `/readyz` and `/metrics`, graceful
 * shutdown. Wrong configuration is printed whole and exits 78. Call it once, from `main.ts`.
 */
export const runAgentApp = <F extends EnvFields = Record<never, never>>(app: AgentApp<F>): Promise<void> =>
  runMain(() => start(app))
