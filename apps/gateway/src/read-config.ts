import { parseKey, parseSealingKeys, sealingKeysShape } from '@flotilla/queues'
import { seedOf, signingKey } from './audit/audit-desk.js'
import { tokenSettings, whatIsWrongWithTokens } from './auth/token-settings.js'
import {
  ConfigError,
  file,
  flag,
  integer,
  json,
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
  DATABASE_POOL_MAX: integer({ min: 2, max: 100, default: 12 }),
  REDIS_URL: url(['redis', 'rediss']),
  REDIS_PREFIX: optional(text()),
  /** Certificates (PEM) that the server behind `rediss://` must descend from. */
  REDIS_CA_PATH: optional(file()),
  /** Some nodes of a Redis Cluster; absent: REDIS_URL is one server. */
  REDIS_CLUSTER_NODES: words({ pattern: /^[^\s,/@]+:\d{1,5}$/, accepts: 'host:port, with commas between' }),
  /** Hash tags among which the agents' queues are spread; as the orchestrators have it. */
  REDIS_SHARDS: integer({ min: 1, max: 256, default: 1 }),
  SEALING_KEYS: json(sealingKeysShape, parseSealingKeys),
  PORT: integer({ min: 0, max: 65_535, default: 3_000 }),
  /** A listening socket that whoever started the process has opened (3 by convention); PORT and HOST then only name it. */
  LISTEN_FD: optional(integer({ min: 3, max: 1_023 })),
  /** How long kept-alive connections may stay quiet once the process was told to stop, before they are closed; in ms. */
  DRAIN_IDLE_MS: integer({ min: 0, max: 60_000, default: 2_000 }),
  /** A container gives 0.0.0.0. */
  HOST: text({ default: '127.0.0.1', maxLength: 255 }),
  /** Whether a proxy in front says who the client is (`X-Forwarded-For`). */
  TRUST_PROXY: flag({ default: false }),
  /** Lets `/metrics` be read without a key, where only a scraper reaches this port. */
  METRICS_OPEN: flag({ default: false }),
  BODY_BYTES_MAX: integer({ min: 1_024, max: 16_777_216, default: 1_048_576 }),
  /** Requests per second and key, and how many at once from rest. */
  RATE_PER_SECOND: integer({ min: 1, max: 1_000_000, default: 5_000 }),
  RATE_BURST: integer({ min: 1, max: 1_000_000, default: 20_000 }),
  /** Refused credentials per second and address, and how many at once from rest. */
  AUTH_FAILURES_PER_SECOND: integer({ min: 1, max: 10_000, default: 10 }),
  AUTH_FAILURES_BURST: integer({ min: 1, max: 100_000, default: 300 }),
  /** How long a key is believed without asking Postgres: the longest that a revoked one still works, in ms. */
  KEY_CACHE_MS: integer({ min: 0, max: 60_000, default: 3_000 }),
  /** How long the newest version of a workflow is believed, in ms. */
  WORKFLOW_CACHE_MS: integer({ min: 0, max: 60_000, default: 2_000 }),
  /** Submissions in one commit, and those that may wait for theirs. */
  SUBMIT_BATCH_MAX: integer({ min: 1, max: 1_000, default: 100 }),
  SUBMIT_WAITING_MAX: integer({ min: 1, max: 100_000, default: 5_000 }),
  /** Runs that may wait to be admitted, of a tenant and in all; 0: without bound. */
  WAITING_RUNS_PER_TENANT_MAX: integer({ min: 0, max: 100_000_000, default: 50_000 }),
  WAITING_RUNS_MAX: integer({ min: 0, max: 100_000_000, default: 100_000 }),
  /** Opens and seals the secrets of webhooks, as the orchestrators do. */
  HASHING_KEY: key32,
  /** Ports that endpoints of webhooks may have. */
  WEBHOOK_PORTS: words({ pattern: /^\d{1,5}$/, accepts: 'ports with commas between', default: ['443'] }),
  /** Hosts of endpoints that no rule about scheme, port and address holds for: development, receivers inside. */
  WEBHOOK_HOSTS_ALLOWED: words({ pattern: /^[^\s,/@]{1,255}$/, accepts: 'host or host:port, with commas between' }),
  /** Open event streams per tenant. */
  STREAMS_PER_TENANT_MAX: integer({ min: 1, max: 100_000, default: 5_000 }),
  SSE_HEARTBEAT_MS: integer({ min: 100, max: 60_000, default: 15_000 }),
  /** A client that takes nothing for this long is disconnected, in ms. */
  SSE_STALL_MS: integer({ min: 1_000, max: 600_000, default: 30_000 }),
  /** How often it is looked whether the key of an open stream is still good, in ms. */
  STREAM_RECHECK_MS: integer({ min: 50, max: 60_000, default: 15_000 }),
  /** Signs heads of audits. */
  AUDIT_SIGNING_KEY: optional(signingKey),
  /** File that signed heads are appended to; unset: they are logged. */
  AUDIT_HEADS_PATH: optional(text({ maxLength: 1_000 })),
  /** How often it is looked for audits that have grown, in ms. */
  AUDIT_HEADS_MS: integer({ min: 100, max: 3_600_000, default: 60_000 }),
  ...tokenSettings,
  ...secretsSettings,
}

/** What the gateway is told by its environment. */
export type GatewayConfig = EnvValues<typeof settings>

/** Names of the settings, for the table in the docs. */
export const gatewaySettings = Object.keys(settings)

/** Reads the environment; throws `ConfigError` with every problem at once. */
export const readConfig = (env: Env): GatewayConfig => {
  const config = readEnv(env, settings)
  const { DATABASE_URL, REDIS_URL, SEALING_KEYS, HASHING_KEY, AUDIT_SIGNING_KEY } = config
  const problems = [
    ...whatIsWrongWithTokens(config),
    ...whatIsWrongWithSecrets(config, {
      keys: {
        SEALING_KEYS: Object.values(SEALING_KEYS.keys),
        HASHING_KEY,
        AUDIT_SIGNING_KEY: AUDIT_SIGNING_KEY === null ? null : seedOf(AUDIT_SIGNING_KEY),
      },
      urls: { DATABASE_URL, REDIS_URL },
    }),
  ]
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}
