import { makeSealer, type RedisSettings } from '@flotilla/queues'
import { makeKeyChecker } from './auth/make-key-checker.js'
import { keysOfProvider, makeTokenChecker } from './auth/make-token-checker.js'
import type { Gateway } from './gateway.js'
import { overloaded } from './http/gateway-error.js'
import { makeTokenBuckets } from './http/token-bucket.js'
import type { QueuePorts, StorePorts } from './ports.js'
import type { GatewayConfig } from './read-config.js'
import { makeAdmission } from './runs/admission.js'
import { makeBatcher } from './runs/submit-batcher.js'
import { makeWorkflowCatalogue } from './runs/workflow-catalogue.js'
import { makeStreamRegistry } from './streams/stream-registry.js'
import type { Diagrams } from './workflows/diagram.js'

/** What a gateway is made of. */
export interface GatewayParts {
  readonly config: Omit<GatewayConfig, keyof RedisSettings | 'DATABASE_URL' | 'DATABASE_POOL_MAX'>
  readonly store: StorePorts
  readonly queues: QueuePorts
  readonly diagrams: Diagrams
  readonly stopping: AbortSignal
  readonly onStreamError: (error: unknown) => void
}

/** How long streams wait without a hint: a safety net while hints arrive, the only way while they cannot. */
const sweepMs = 5_000
const sweepWithoutHintsMs = 1_000

/** Puts the gateway together: memories, limits and the batch of submissions. */
export const makeGateway = (parts: GatewayParts): Gateway => {
  const { config, store, queues, diagrams, stopping, onStreamError } = parts
  const now = Date.now
  return {
    store,
    queues,
    diagrams,
    sealer: makeSealer(config.SEALING_KEYS, config.HASHING_KEY),
    webhookPolicy: { ports: config.WEBHOOK_PORTS.map(Number), hostsAllowed: config.WEBHOOK_HOSTS_ALLOWED },
    stopping,
    onStreamError,
    now,
    keys: makeKeyChecker({ find: store.findKey, touch: store.touchKey, now, cacheMs: config.KEY_CACHE_MS }),
    tokens:
      config.OIDC_ISSUER === null
        ? null
        : makeTokenChecker({ config, keys: keysOfProvider(config), tenantExists: store.tenantExists, now }),
    auditKey: config.AUDIT_SIGNING_KEY,
    catalogue: makeWorkflowCatalogue({
      read: store.readDefinition,
      readByHash: store.readDefinitionByHash,
      now,
      cacheMs: config.WORKFLOW_CACHE_MS,
    }),
    submissions: makeBatcher({
      save: store.submit,
      itemsMax: config.SUBMIT_BATCH_MAX,
      waitingMax: config.SUBMIT_WAITING_MAX,
      overloaded: (waitMs) => overloaded(waitMs / 1000),
      nowMs: () => performance.now(),
    }),
    admission: makeAdmission({
      read: store.readWaitingRuns,
      nowMs: () => performance.now(),
      random: Math.random,
      perTenantMax: config.WAITING_RUNS_PER_TENANT_MAX,
      allMax: config.WAITING_RUNS_MAX,
    }),
    requestLimits: makeTokenBuckets({ burst: config.RATE_BURST, perSecond: config.RATE_PER_SECOND }),
    failureLimits: makeTokenBuckets({ burst: config.AUTH_FAILURES_BURST, perSecond: config.AUTH_FAILURES_PER_SECOND }),
    streams: makeStreamRegistry(config.STREAMS_PER_TENANT_MAX),
    streamLimits: {
      heartbeatMs: config.SSE_HEARTBEAT_MS,
      stallMs: config.SSE_STALL_MS,
      recheckMs: config.STREAM_RECHECK_MS,
      sweepMs,
      sweepWithoutHintsMs,
    },
  }
}
