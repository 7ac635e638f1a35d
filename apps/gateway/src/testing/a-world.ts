import { parseSealingKeys } from '@flotilla/contracts/sealing'
import { createHash } from 'node:crypto'
import type { WorkflowDefinition } from '@flotilla/engine'
import { toDot, toFallbackSvg } from '@flotilla/engine'
import { asTenant, createApiKey, ensureQueues, openStore, registerDefinition, shippedTenant } from '@flotilla/store'
import { makeApp } from '../make-app.js'
import { makeGateway } from '../make-gateway.js'
import { openQueues } from '../queue-ports.js'
import { readConfig } from '../read-config.js'
import { fingerprintOf } from '../runs/idempotency.js'
import { makeStorePorts } from '../store-ports.js'
import { makeDiagrams, makeGraphvizLayout } from '../workflows/diagram.js'
import { keyOf, testKeys } from './a-gateway.js'
import { settleRun } from './settle-runs.js'

/** A person decides between two states; `mirror` repeats the gate's name in a sub-workflow. */
export const gateWorkflow: WorkflowDefinition = {
  name: 'gated',
  version: 1,
  title: 'Gated',
  semantics: 1,
  input: { type: 'object', required: ['amount'], properties: { amount: { type: 'integer', minimum: 1 } } },
  deadlineMs: null,
  checkpoint: 'after',
  initial: 'note',
  states: [
    {
      kind: 'set',
      name: 'note',
      weight: 40,
      assign: [{ to: 'amount', from: 'input.amount' }],
      artifacts: [{ name: 'note', type: 'note', mediaType: 'text/plain', content: '"noted"' }],
      transitions: [{ on: 'done', to: 'review' }],
    },
    {
      kind: 'human',
      name: 'review',
      weight: 60,
      shows: { proposed: 'data.amount' },
      outcomes: ['minor_changes'],
      deadlineMs: 3_600_000,
      transitions: [
        { on: 'approve', to: 'approved' },
        { on: 'adjust', when: 'event.values.amount > 0', to: 'approved' },
        { on: 'minor_changes', to: 'approved' },
        { on: 'reject', to: 'rejected' },
        { on: 'timeout', to: 'rejected' },
      ],
    },
    { kind: 'end', name: 'approved', status: 'completed', result: { decision: '"approve"' } },
    { kind: 'end', name: 'rejected', status: 'failed', error: { code: 'REJECTED', message: 'rejected' } },
  ],
}

const keysOfTenants = [
  ['submitter', 'acme', ['runs:write', 'runs:read']],
  ['reviewer', 'acme', ['hitl:decide', 'runs:read', 'pii:read']],
  ['ann', 'acme', ['hitl:decide', 'runs:read', 'managers']],
  ['ben', 'acme', ['hitl:decide', 'runs:read', 'managers']],
  ['operator', 'acme', ['runs:read', 'runs:operate', 'dead-letters', 'queues', 'workflows:write', 'webhooks']],
  ['both', 'acme', ['*']],
  ['foreign', 'rival', ['*']],
] as const

/** A gateway that listens, over real Postgres and Redis, with keys of two tenants and one workflow. */
export const aWorld = async (
  urls: { readonly ownerUrl: string; readonly gatewayUrl: string; readonly engineUrl: string },
  redis: { readonly url: string; readonly prefix: string },
  settings: Readonly<Record<string, string>> = {},
) => {
  // The ring of the gateway is that of the world's stores.
  const ring = parseSealingKeys(JSON.parse(settings['SEALING_KEYS'] ?? testKeys.SEALING_KEYS))
  const owner = openStore({ sealing: ring, url: urls.ownerUrl, max: 2, applicationName: 'spec-owner' })
  const engine = openStore({ sealing: ring, url: urls.engineUrl, max: 4, applicationName: 'spec-engine' })
  // Patient: on a machine that does much else, a connection that comes late is no outage.
  const patience = { connectTimeoutMs: 60_000 }
  const store = openStore({
    ...{ sealing: ring, url: urls.gatewayUrl, max: 10, applicationName: 'spec-gateway' },
    ...patience,
  })
  for (const [id, tenant, scopes] of keysOfTenants)
    await createApiKey(owner, {
      id,
      tenant,
      principal: id,
      scopes,
      secretHash: createHash('sha256').update(keyOf(id)).digest(),
    })
  await asTenant(engine.pool, shippedTenant, (tx) =>
    registerDefinition(tx, {
      name: gateWorkflow.name,
      version: gateWorkflow.version,
      hash: fingerprintOf(gateWorkflow),
      definition: gateWorkflow,
      createdBy: 'spec',
    }),
  )
  await ensureQueues(engine.pool, ['agent.kyc'])
  const config = readConfig({
    DATABASE_URL: urls.gatewayUrl,
    REDIS_URL: redis.url,
    PORT: '0',
    ...testKeys,
    ...settings,
  })
  const queues = openQueues(redis, () => undefined)
  await queues.desk.ready()
  const stopping = new AbortController()
  const errors: unknown[] = []
  const gateway = makeGateway({
    config,
    store: makeStorePorts(store),
    queues: queues.ports,
    stopping: stopping.signal,
    onStreamError: (error) => void errors.push(error),
    diagrams: makeDiagrams({
      toDot,
      toFallbackSvg,
      layout: makeGraphvizLayout(),
      onFallback: (error) => void errors.push(error),
    }),
  })
  const app = await makeApp({
    gateway,
    board: { queue: queues.desk.queue, names: async () => (await gateway.store.listQueues()).map(({ name }) => name) },
    bodyBytesMax: config.BODY_BYTES_MAX,
    trustProxy: false,
    metricsOpen: config.METRICS_OPEN,
    version: '0.0.0',
    onServerError: (error) => void errors.push(error),
  })
  await app.fastify.listen({ port: 0, host: '127.0.0.1' })
  const origin = app.fastify.listeningOrigin
  return {
    owner,
    engine,
    store,
    gateway,
    queues,
    errors,
    origin,
    stopping,
    routes: app.routes,
    fastify: app.fastify,
    settle: (runId: string, definition = gateWorkflow) => settleRun(engine, definition, runId),
    /** Asks with a key; the body is parsed where it is JSON. */
    ask: async (key: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
      const answer = await fetch(new URL(path, origin), {
        method,
        headers: {
          authorization: `Bearer ${keyOf(key)}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await answer.text()
      const isJson = (answer.headers.get('content-type') ?? '').includes('json')
      return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text }
    },
    close: async () => {
      stopping.abort()
      gateway.streams.endAll()
      await app.close({ graceMs: 2_000, idleMs: 0 })
      await gateway.submissions.flush()
      await queues.close()
      await Promise.all([store.close(), engine.close(), owner.close()])
    },
  }
}
/** What `aWorld` gives. */
export type World = Awaited<ReturnType<typeof aWorld>>
