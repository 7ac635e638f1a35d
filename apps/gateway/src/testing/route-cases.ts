import type { Scope } from '../auth/principal.js'

/** Objects of one tenant, as far as a path or a body can name them. */
export interface Named {
  readonly runId: string
  readonly artifactId: string
  readonly checkpoint: string
  readonly deadLetterId: string
  readonly gateId: string
  /** A workflow that the tenant registered, with a schedule. */
  readonly workflow: string
  readonly trigger: string
  /** An endpoint that is told of events, and a delivery to it. */
  readonly webhookId: string
  readonly deliveryId: string
  /** A hook that endpoints outside call. */
  readonly hookId: string
  /** What a checkpoint's export gave. */
  readonly document: unknown
}

/** What the security tests know of a route. Written by hand, beside the declarations: one of the two may be wrong. */
export interface RouteCase {
  /** Who enters: these scopes and no other, every key, or everybody. */
  readonly access: readonly [Scope, ...Scope[]] | 'key' | 'open'
  /**
   * What a foreign tenant gets that names somebody else's object: 404 and nothing changes at all; or `own`: it reads and
   * changes what is its own, whatever it names; or `fleet`: what is no tenant's.
   */
  readonly foreign: 404 | 'own' | 'fleet'
  /** Parts of the path beside `:runId`, `:artifactId` and the checkpoints. */
  readonly at?: (named: Named) => Readonly<Record<string, string>>
  readonly query?: (named: Named) => string
  /** A body that its owner could send. */
  readonly body?: (named: Named) => unknown
  /** Stays open: its status is all that is looked at. */
  readonly stream?: true
}

const workflow = ({ workflow: name }: Named) => ({ name, version: '1' })
const trigger = ({ workflow: of, trigger: name }: Named) => ({ workflow: of, name })
const read = { access: ['runs:read'], foreign: 404 } as const
const operate = { access: ['runs:operate'], foreign: 404 } as const
const steer = { access: ['runs:operate', 'runs:write'], foreign: 404 } as const
const queue = { access: ['queues'], foreign: 'fleet', at: () => ({ name: 'agent.kyc' }) } as const

const webhook = {
  access: ['webhooks'],
  foreign: 404,
  at: ({ webhookId, deliveryId }: Named) => ({ id: webhookId, delivery: deliveryId }),
} as const

const hook = { access: ['webhooks'], foreign: 404, at: ({ hookId }: Named) => ({ id: hookId }) } as const

/** A definition that passes the checks. */
export const aDefinition = (name: string, more: object = {}): object => ({
  name,
  version: 1,
  title: name,
  semantics: 1,
  input: { type: 'object', properties: { note: { type: 'string' } } },
  deadlineMs: null,
  initial: 'done',
  states: [{ kind: 'end', name: 'done', status: 'completed' }],
  ...more,
})

/** Every route by method and template: a route that is missing here, or that is here and gone, fails a test. */
export const routeCases: Readonly<Record<string, RouteCase>> = {
  'POST /runs': {
    access: ['runs:write'],
    foreign: 404,
    body: ({ workflow: name }) => ({ workflow: name, input: { note: 'n' } }),
  },
  'GET /runs': { access: ['runs:read'], foreign: 'own', query: ({ runId }) => `?parent=${runId}` },
  'GET /runs/:runId': read,
  'GET /runs/:runId/state': read,
  'GET /runs/:runId/checkpoints': read,
  'GET /runs/:runId/checkpoints/:checkpoint': read,
  'GET /runs/:runId/checkpoints/:from/diff/:to': read,
  'GET /runs/:runId/items': read,
  'GET /runs/:runId/effects': read,
  'GET /runs/:runId/artifacts': read,
  'GET /runs/:runId/artifacts/:artifactId': read,
  'GET /runs/:runId/graph.svg': read,
  'GET /runs/:runId/events': { ...read, stream: true },
  'GET /events': { access: ['runs:read'], foreign: 'own', stream: true },
  'POST /runs/import': {
    access: ['runs:operate'],
    // A document is a file: who has it may begin a run of its own with it, where the definition is known.
    foreign: 'own',
    body: ({ document }) => document,
  },
  'POST /runs/:runId/resume': { ...operate, body: () => ({ mode: 'resume' }) },
  'POST /runs/:runId/fork': { ...operate, body: ({ checkpoint }) => ({ checkpoint }) },
  'POST /runs/:runId/migrate': { ...operate, body: () => ({ version: 1 }) },
  'POST /runs/:runId/erase': { access: ['runs:erase'], foreign: 404 },
  'POST /runs/:runId/cancel': { ...steer, body: () => ({ reason: 'r' }) },
  'POST /runs/:runId/signals/:name': { ...steer, at: () => ({ name: 'paid' }), body: () => ({ amount: 1 }) },
  'POST /runs/:runId/hitl': {
    access: ['hitl:decide'],
    foreign: 404,
    body: ({ gateId }) => ({ decision: 'approve', gate: gateId }),
  },
  'GET /gates': { access: ['runs:read', 'hitl:decide'], foreign: 'own' },
  'GET /dead-letters': { access: ['dead-letters'], foreign: 'own', query: () => '?status=all' },
  'POST /dead-letters/replay': {
    access: ['dead-letters'],
    foreign: 'own',
    body: ({ deadLetterId }) => ({ ids: [deadLetterId] }),
  },
  'POST /dead-letters/discard': {
    access: ['dead-letters'],
    foreign: 'own',
    body: ({ deadLetterId }) => ({ ids: [deadLetterId] }),
  },
  'GET /triggers': { access: ['runs:read', 'workflows:write'], foreign: 'own' },
  'PUT /triggers/:workflow/:name': {
    access: ['workflows:write'],
    foreign: 404,
    at: trigger,
    body: () => ({ enabled: false }),
  },
  'POST /triggers/:workflow/:name/fire': { ...steer, at: trigger },
  'POST /signals/:name': {
    access: ['runs:write'],
    foreign: 'own',
    at: () => ({ name: 'paid' }),
    body: () => ({ key: 'INV-1', payload: { amount: 1 }, keepForMs: 0 }),
  },
  'POST /webhooks': { access: ['webhooks'], foreign: 'own', body: () => ({ url: 'https://receiver.dev/hook' }) },
  'GET /webhooks': { access: ['webhooks'], foreign: 'own' },
  'GET /webhooks/:id': webhook,
  'DELETE /webhooks/:id': webhook,
  'POST /webhooks/:id/rotate': { ...webhook, body: () => ({ overlapMs: 0 }) },
  'POST /webhooks/:id/enable': webhook,
  'POST /webhooks/:id/test': webhook,
  'GET /webhooks/:id/deliveries': webhook,
  'POST /webhooks/:id/deliveries/:delivery/redeliver': webhook,
  'POST /hooks': {
    access: ['webhooks'],
    foreign: 'own',
    body: () => ({ name: 'mine', signal: { name: 'paid', key: 'event.order' } }),
  },
  'GET /hooks': { access: ['webhooks'], foreign: 'own' },
  'GET /hooks/:id': hook,
  'DELETE /hooks/:id': hook,
  'POST /hooks/:id/rotate': { ...hook, body: () => ({ overlapMs: 0 }) },
  // Everybody may call; who has no signature has not called.
  'POST /hooks/:id': { access: 'open', foreign: 'fleet', at: hook.at, body: () => ({ order: 'o-1' }) },
  'GET /queues': { access: ['queues'], foreign: 'fleet' },
  'POST /queues/:name/pause': queue,
  'POST /queues/:name/resume': queue,
  'POST /workflows/:name/versions/:version/check': {
    access: ['runs:operate', 'workflows:write'],
    foreign: 404,
    at: workflow,
    body: () => ({ mapping: null }),
  },
  'POST /workflows/:name/migrate': {
    access: ['runs:operate'],
    foreign: 404,
    at: workflow,
    body: () => ({ to: 1, dryRun: false }),
  },
  'GET /workflows': { access: ['runs:read', 'workflows:write'], foreign: 'own' },
  'GET /workflows/:name/versions/:version': {
    access: ['runs:read', 'workflows:write'],
    foreign: 404,
    at: workflow,
  },
  'PUT /workflows/:name/versions/:version': {
    access: ['workflows:write'],
    // Names are per tenant: the caller gets a workflow of its own.
    foreign: 'own',
    at: workflow,
    body: ({ workflow: name }) => aDefinition(name),
  },
  'GET /workflow/graph.svg': { ...read, query: ({ workflow: name }) => `?name=${name}` },
  'GET /workflows/:name/graph.svg': { ...read, at: workflow },
  'GET /audit': { access: ['audit:read'], foreign: 'own' },
  'GET /audit/heads': { access: ['audit:read'], foreign: 'own' },
  'GET /livez': { access: 'open', foreign: 'fleet' },
  'GET /readyz': { access: 'open', foreign: 'fleet' },
  'GET /openapi.json': { access: 'open', foreign: 'fleet' },
  'GET /metrics': { access: ['queues'], foreign: 'fleet' },
  'POST /tickets': { access: 'key', foreign: 'own' },
}

/** A request to a route about somebody's objects: method, path and body. */
export const requestOf = (
  route: string,
  named: Named,
): { readonly method: string; readonly path: string; readonly body: unknown } => {
  const [method = '', template = ''] = route.split(' ')
  const known = routeCases[route]
  const parts: Readonly<Record<string, string>> = {
    runId: named.runId,
    artifactId: named.artifactId,
    checkpoint: named.checkpoint,
    from: named.checkpoint,
    to: named.checkpoint,
    ...known?.at?.(named),
  }
  const path = template.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(parts[name] ?? name))
  return { method, path: `${path}${known?.query?.(named) ?? ''}`, body: known?.body?.(named) }
}
