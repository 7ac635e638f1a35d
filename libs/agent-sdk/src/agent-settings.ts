import { parseKey, parseSealingKeys, sealingKeysShape } from '@flotilla/queues'
import {
  ConfigError,
  file,
  flag,
  integer,
  json,
  oneOf,
  optional,
  readEnv,
  secretsSettings,
  text,
  url,
  words,
  whatIsWrongWithSecrets,
  type Env,
  type EnvFields,
  type EnvValues,
  type Field,
} from '@flotilla/runtime'

const key32: Field<Uint8Array> = { accepts: 'a key of 32 bytes in base64 or hex', parse: parseKey }

const concurrency = optional(integer({ min: 1, max: 1_000 }))
const rateMax = optional(integer({ min: 1, max: 1_000_000 }))
const rateDurationMs = optional(integer({ min: 10, max: 3_600_000 }))

/** Settings of every agent process. */
export const agentSettings = {
  /** Address for the role flotilla_vault. */
  DATABASE_URL: url(['postgresql', 'postgres']),
  REDIS_URL: url(['redis', 'rediss']),
  /** Before every key in Redis; unset: BullMQ's usual `bull`. */
  REDIS_PREFIX: optional(text({ maxLength: 64, pattern: /^[A-Za-z0-9{}_-]+$/ })),
  /** Certificates (PEM) that the server behind `rediss://` must descend from. */
  REDIS_CA_PATH: optional(file()),
  /** Some nodes of a Redis Cluster; unset: REDIS_URL is one server. */
  REDIS_CLUSTER_NODES: words({ pattern: /^[^\s,/@]+:\d{1,5}$/, accepts: 'host:port, with commas between' }),
  /** Hash tags among which the agents' queues are spread; as the orchestrators have it. */
  REDIS_SHARDS: integer({ min: 1, max: 256, default: 1 }),
  REDIS_EVICTION_CHECK: oneOf(['on', 'off'], { default: 'on' }),
  SEALING_KEYS: json(sealingKeysShape, parseSealingKeys),
  HASHING_KEY: key32,
  /** Health port; 0 takes a free one. */
  PORT: integer({ min: 0, max: 65_535, default: 0 }),
  HEALTH_HOST: text({ default: '127.0.0.1', maxLength: 255 }),
  /** Jobs at once in this process, per queue. */
  AGENT_CONCURRENCY: concurrency,
  /** Jobs per AGENT_RATE_DURATION_MS over all processes of a queue; unset: no limit. */
  AGENT_RATE_MAX: rateMax,
  AGENT_RATE_DURATION_MS: rateDurationMs,
  /** How long a silent worker keeps its job. */
  AGENT_LOCK_MS: integer({ min: 1_000, max: 600_000, default: 10_000 }),
  AGENT_STALLED_INTERVAL_MS: integer({ min: 500, max: 600_000, default: 5_000 }),
  /** How often a job may stall, and begin at all, before it fails. */
  AGENT_STALLED_MAX: integer({ min: 0, max: 100, default: 3 }),
  AGENT_STARTS_MAX: integer({ min: 1, max: 100, default: 6 }),
  /** A process whose event loop has not turned for so long ends; 0: never. Its jobs went to others after AGENT_LOCK_MS. */
  AGENT_BLOCKED_MS: integer({ min: 0, max: 3_600_000, default: 20_000 }),
  /** How long jobs at work may go on after SIGTERM. */
  AGENT_DRAIN_MS: integer({ min: 0, max: 600_000, default: 25_000 }),
  /** Longest time of a tool call that names none. */
  AGENT_TOOL_TIMEOUT_MS: integer({ min: 10, max: 3_600_000, default: 30_000 }),
  AGENT_VAULT_CONNECTIONS: integer({ min: 1, max: 100, default: 5 }),
  /** How long an agent's call of the vault waits for a Postgres that is away. */
  AGENT_VAULT_PATIENCE_MS: integer({ min: 0, max: 3_600_000, default: 30_000 }),
  /** Whether stack frames of unexpected errors are kept in dead letters. */
  AGENT_KEEP_STACKS: flag({ default: true }),
  ...secretsSettings,
} satisfies EnvFields

/** What `agentSettings` reads. */
export type AgentConfig = EnvValues<typeof agentSettings>

/** Defaults of one queue, from code; the environment overrides them. */
export interface QueueDefaults {
  readonly concurrency?: number
  /** Over all processes; 1 makes the queue a singleton. */
  readonly totalConcurrency?: number
  readonly rateMax?: number
  readonly rateDurationMs?: number
}

const perQueue: EnvFields = {
  CONCURRENCY: concurrency,
  TOTAL_CONCURRENCY: concurrency,
  RATE_MAX: rateMax,
  RATE_DURATION_MS: rateDurationMs,
}
const perQueueName = /^AGENT_[A-Z0-9_]+?_(CONCURRENCY|TOTAL_CONCURRENCY|RATE_MAX|RATE_DURATION_MS)$/

const fieldsPerQueue = (env: Env): EnvFields =>
  Object.fromEntries(
    Object.keys(env).flatMap((name) => {
      const field = name in agentSettings ? undefined : perQueue[perQueueName.exec(name)?.[1] ?? '']
      return field ? [[name, field]] : []
    }),
  )

/** How one queue is served: its own setting, else the process', else the code's default, else 4 at once without a limit. */
export interface QueueServing {
  /** Jobs at once in this process. */
  readonly concurrency: number
  /** Jobs at once over all processes; null: as many as they take. */
  readonly totalConcurrency: number | null
  readonly rate: { readonly max: number; readonly durationMs: number } | null
}

/** The settings of an agent process with those of its app, and how each queue is served. Throws `ConfigError` with all problems. */
export const readAgentConfig = <F extends EnvFields>(
  env: Env,
  settings: F,
): {
  readonly config: AgentConfig & EnvValues<F>
  readonly serving: (queue: string, defaults?: QueueDefaults) => QueueServing
} => {
  const config = readEnv(env, { ...fieldsPerQueue(env), ...settings, ...agentSettings })
  const values: Readonly<Record<string, unknown>> = config
  const serving = (queue: string, defaults: QueueDefaults = {}): QueueServing => {
    // A queue with a name of its own (`lms_exports`) is set as `AGENT_LMS_EXPORTS_...`.
    const prefix = (queue.startsWith('agent.') ? queue : `agent.${queue}`).toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
    const pick = (name: string, fallback: number | undefined): number | undefined =>
      [values[`${prefix}_${name}`], values[`AGENT_${name}`]].find((value) => typeof value === 'number') ?? fallback
    const max = pick('RATE_MAX', defaults.rateMax)
    return {
      concurrency: pick('CONCURRENCY', defaults.concurrency) ?? 4,
      totalConcurrency: pick('TOTAL_CONCURRENCY', defaults.totalConcurrency) ?? null,
      rate: max === undefined ? null : { max, durationMs: pick('RATE_DURATION_MS', defaults.rateDurationMs) ?? 1_000 },
    }
  }
  // The fields read are those of agentSettings and of the app; those per queue are extra.
  const known = config as unknown as AgentConfig & EnvValues<F>
  const { DATABASE_URL, REDIS_URL, SEALING_KEYS, HASHING_KEY } = known
  const problems = whatIsWrongWithSecrets(known, {
    keys: { SEALING_KEYS: Object.values(SEALING_KEYS.keys), HASHING_KEY },
    urls: { DATABASE_URL, REDIS_URL },
  })
  if (problems.length > 0) throw new ConfigError(problems)
  return { config: known, serving }
}
