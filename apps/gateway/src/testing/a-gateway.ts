import { createHash } from 'node:crypto'
import { toDot, toFallbackSvg, type WorkflowDefinition } from '@flotilla/engine'
import type { ApiKeyRow } from '@flotilla/store'
import type { Gateway } from '../gateway.js'
import { makeApp, type App } from '../make-app.js'
import { makeGateway } from '../make-gateway.js'
import type { QueuePorts, StorePorts } from '../ports.js'
import { readConfig } from '../read-config.js'
import { makeDiagrams } from '../workflows/diagram.js'

/** Keys that a gateway cannot start without, for specs alone. */
export const testKeys = {
  SEALING_KEYS: JSON.stringify({ current: 'spec', keys: { spec: Buffer.alloc(32, 1).toString('base64') } }),
  HASHING_KEY: Buffer.alloc(32, 2).toString('base64'),
}

/** A key as its holder shows it; the store stands in for the row. */
export const keyOf = (id: string): string => `fl_${id}_${'s'.repeat(43)}`

/** A key's row: of tenant acme, good, with the given scopes. */
export const aKey = (id: string, scopes: readonly string[], given: Partial<ApiKeyRow> = {}): ApiKeyRow => ({
  id,
  tenantId: 'acme',
  principal: id,
  secretHash: createHash('sha256').update(keyOf(id)).digest(),
  scopes,
  expiresAt: null,
  revokedAt: null,
  ...given,
})

/** A workflow of one state that takes an object with an integer `amount`. */
export const aWorkflow: WorkflowDefinition = {
  name: 'small',
  version: 1,
  title: 'Small',
  semantics: 1,
  input: {
    type: 'object',
    required: ['amount'],
    properties: { amount: { type: 'integer', minimum: 1 }, note: { type: 'string' } },
  },
  deadlineMs: null,
  initial: 'done',
  states: [{ kind: 'end', name: 'done', status: 'completed' }],
}

const away = (): Promise<never> =>
  Promise.reject(Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5432'), { code: 'ECONNREFUSED' }))

/** A store in which nothing is, and Postgres is away for what is not given. */
export const aStore = (keys: readonly ApiKeyRow[], given: Partial<StorePorts> = {}): StorePorts => {
  const rows = new Map(keys.map((key) => [key.id, key]))
  const base: Partial<StorePorts> = {
    findKey: (id) => Promise.resolve(rows.get(id) ?? null),
    touchKey: () => Promise.resolve(),
    ping: () => Promise.resolve(),
  }
  const all = { ...base, ...given } as Record<string, unknown>
  // Whatever a test does not speak of fails as it does when Postgres is away.
  return new Proxy(all, { get: (target, name) => target[String(name)] ?? away }) as unknown as StorePorts
}

/** Redis that is away; nothing may fail because of it. */
export const aQueue = (given: Partial<QueuePorts> = {}): QueuePorts => {
  const refuse = (): Promise<never> => Promise.reject(Object.assign(new Error('away'), { code: 'REDIS_UNAVAILABLE' }))
  return {
    nudge: refuse,
    onPublished: () => () => undefined,
    hintsArrive: () => false,
    counts: refuse,
    setPaused: refuse,
    tickets: { put: refuse, take: refuse },
    ping: refuse,
    ...given,
  }
}

/** An application over the given rooms, ready for `inject`, with its gateway. */
export const anApp = async (
  store: StorePorts,
  queues: QueuePorts = aQueue(),
  settings: Readonly<Record<string, string>> = {},
): Promise<App & { readonly gateway: Gateway; readonly errors: unknown[]; readonly stop: AbortController }> => {
  const config = readConfig({
    DATABASE_URL: 'postgresql://nowhere',
    REDIS_URL: 'redis://nowhere',
    ...testKeys,
    ...settings,
  })
  const stop = new AbortController()
  const errors: unknown[] = []
  const diagrams = makeDiagrams({
    toDot,
    toFallbackSvg,
    layout: () => Promise.reject(new Error('no Graphviz here')),
    onFallback: () => undefined,
  })
  const gateway = makeGateway({
    config,
    store,
    queues,
    diagrams,
    stopping: stop.signal,
    onStreamError: () => undefined,
  })
  const app = await makeApp({
    gateway,
    board: { queue: () => ({}), names: () => Promise.resolve([]) },
    bodyBytesMax: config.BODY_BYTES_MAX,
    trustProxy: config.TRUST_PROXY,
    metricsOpen: config.METRICS_OPEN,
    version: '0.0.0',
    onServerError: (error) => void errors.push(error),
  })
  return { ...app, gateway, errors, stop }
}
