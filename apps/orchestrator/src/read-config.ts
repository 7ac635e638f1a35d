import { parseKey, parseSealingKeys, sealingKeysShape } from '@flotilla/queues'
import {
  ConfigError,
  file,
  integer,
  json,
  oneOf,
  optional,
  readEnv,
  secretsSettings,
  text,
  url,
  whatIsWrongWithSecrets,
  words,
  type Env,
  type EnvValues,
  type Field,
} from '@flotilla/runtime'

/** Read like every other setting, so that a wrong key is told together with what else is wrong. */
const key32: Field<Uint8Array> = { accepts: 'a key of 32 bytes in base64 or hex', parse: parseKey }

const settings = {
  DATABASE_URL: url(['postgresql', 'postgres']),
  DATABASE_POOL_MAX: integer({ min: 2, max: 100, default: 8 }),
  REDIS_URL: url(['redis', 'rediss']),
  REDIS_PREFIX: optional(text()),
  /** Certificates (PEM) that the server behind `rediss://` must descend from. */
  REDIS_CA_PATH: optional(file()),
  /** Some nodes of a Redis Cluster; absent: REDIS_URL is one server. */
  REDIS_CLUSTER_NODES: words({ pattern: /^[^\s,/@]+:\d{1,5}$/, accepts: 'host:port, with commas between' }),
  /** Hash tags among which the agents' queues are spread. */
  REDIS_SHARDS: integer({ min: 1, max: 256, default: 1 }),
  /** `off` where INFO is not allowed, as on managed servers. */
  REDIS_EVICTION_CHECK: optional(text()),
  PORT: integer({ min: 0, max: 65_535, default: 0 }),
  /** Where the health port listens; 0.0.0.0 in a container. */
  HEALTH_HOST: text({ default: '127.0.0.1' }),
  SEALING_KEYS: json(sealingKeysShape, parseSealingKeys),
  HASHING_KEY: key32,
  /** Unique among live orchestrators; absent: made from the process. */
  ORCHESTRATOR_NAME: optional(text()),
  TICK_RUNS_MAX: integer({ min: 1, max: 2_000, default: 200 }),
  TICK_ADMISSIONS_MAX: integer({ min: 1, max: 2_000, default: 100 }),
  TICK_EVENTS_MAX: integer({ min: 1, max: 20_000, default: 2_000 }),
  TICK_BYTES_MAX: integer({ min: 65_536, max: 1_073_741_824, default: 33_554_432 }),
  /** Runs with news that make a tick a full one: beside them next to none begin. */
  TICK_BUSY_RUNS: integer({ min: 1, max: 2_000, default: 50 }),
  /** How long an idle tick waits before it looks by itself, in ms. */
  TICK_IDLE_MS: integer({ min: 20, max: 60_000, default: 500 }),
  RUNS_IN_FLIGHT_MAX: integer({ min: 1, max: 1_000_000, default: 2_000 }),
  /** Jobs of one queue in Redis at most; the rest waits in Postgres. */
  RELAY_WINDOW: integer({ min: 1, max: 100_000, default: 1_000 }),
  /** How often schedules are looked through for what is due, in ms. */
  SCHEDULES_MS: integer({ min: 100, max: 60_000, default: 1_000 }),
  /** What a failed branch means to the others where a workflow leaves that to the environment. */
  FAN_OUT_FAILURE: oneOf(['fail-fast', 'best-effort'], { default: 'fail-fast' }),
  /** How long the checkpoints of a run are kept after its end, in days. */
  CHECKPOINT_RETENTION_DAYS: integer({ min: 0, max: 36_500, default: 7 }),
  /** How long runs are kept after their end where no rule of their tenant says otherwise, in days; unset: kept. */
  RETENTION_DAYS: optional(integer({ min: 0, max: 36_500 })),
  /** How often it is looked for runs to erase, in ms. */
  RETENTION_MS: integer({ min: 100, max: 86_400_000, default: 3_600_000 }),
  /** Ports that endpoints of webhooks may have. */
  WEBHOOK_PORTS: words({ pattern: /^\d{1,5}$/, accepts: 'ports with commas between', default: ['443'] }),
  /** Hosts of endpoints that no rule about scheme, port and address holds for: development, receivers inside. */
  WEBHOOK_HOSTS_ALLOWED: words({ pattern: /^[^\s,/@]{1,255}$/, accepts: 'host or host:port, with commas between' }),
  /** Longest time of an attempt, in ms. */
  WEBHOOK_TIMEOUT_MS: integer({ min: 100, max: 60_000, default: 15_000 }),
  /** Deliveries under way in this process: in all, of a tenant, to an endpoint. */
  WEBHOOK_SENDS_MAX: integer({ min: 1, max: 10_000, default: 256 }),
  WEBHOOK_PER_TENANT_MAX: integer({ min: 1, max: 1_000, default: 32 }),
  WEBHOOK_PER_ENDPOINT_MAX: integer({ min: 1, max: 100, default: 4 }),
  /** How often deliveries are looked through for what is due, in ms. */
  WEBHOOK_IDLE_MS: integer({ min: 50, max: 60_000, default: 1_000 }),
  /** How long deliveries that are over are kept, in days. */
  WEBHOOK_RETENTION_DAYS: integer({ min: 1, max: 3_650, default: 30 }),
  SWEEP_MS: integer({ min: 200, max: 600_000, default: 2_000 }),
  ...secretsSettings,
}

/** What the orchestrator is told by its environment. */
export type OrchestratorConfig = EnvValues<typeof settings> & { readonly hashingKey: Uint8Array }

/** Names of the settings, for the table in the docs. */
export const orchestratorSettings = Object.keys(settings)

/** Reads the environment; throws `ConfigError` with every problem at once. */
export const readConfig = (env: Env): OrchestratorConfig => {
  const config = readEnv(env, settings)
  const { DATABASE_URL, REDIS_URL, SEALING_KEYS, HASHING_KEY } = config
  const problems = whatIsWrongWithSecrets(config, {
    keys: { SEALING_KEYS: Object.values(SEALING_KEYS.keys), HASHING_KEY },
    urls: { DATABASE_URL, REDIS_URL },
  })
  if (problems.length > 0) throw new ConfigError(problems)
  return { ...config, hashingKey: config.HASHING_KEY }
}
