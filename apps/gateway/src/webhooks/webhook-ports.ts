import {
  appendAudit,
  asTenant,
  deleteWebhook,
  enableWebhook,
  insertWebhook,
  listDeliveries,
  listWebhooks,
  oweWebhookTo,
  redeliver,
  rotateWebhook,
  type DeliveryRow,
  type NewWebhook,
  type Store,
  type Tx,
  type WebhookRow,
} from '@flotilla/store'
import type { Actor } from '../ports.js'

/** What the gateway needs of the store for endpoints that are told of events. Changes are audited. */
export interface WebhookPorts {
  /** Null: the tenant has as many as it may. */
  readonly registerWebhook: (actor: Actor, webhook: NewWebhook) => Promise<WebhookRow | null>
  readonly listWebhooks: (tenantId: string) => Promise<readonly WebhookRow[]>
  readonly readWebhook: (tenantId: string, id: string) => Promise<WebhookRow | null>
  readonly deleteWebhook: (actor: Actor, id: string) => Promise<boolean>
  readonly rotateWebhook: (
    actor: Actor,
    rotation: { readonly id: string; readonly secret: string; readonly overlapMs: number },
  ) => Promise<WebhookRow | null>
  readonly enableWebhook: (actor: Actor, id: string) => Promise<WebhookRow | null>
  /** Owes an endpoint a test event; the delivery's id. */
  readonly testWebhook: (
    actor: Actor,
    id: string,
    event: { readonly eventId: string; readonly data: object },
  ) => Promise<string | 'unknown' | 'disabled'>
  readonly listDeliveries: (
    tenantId: string,
    endpointId: string,
    page: Parameters<typeof listDeliveries>[2],
  ) => Promise<readonly DeliveryRow[] | null>
  readonly redeliver: (actor: Actor, endpointId: string, id: string) => Promise<'owed' | 'unknown' | 'disabled'>
}

/** Endpoints of one tenant at most: each costs a delivery per event. */
export const webhooksMax = 50

const audit = (tx: Tx, { tenantId, principal }: Actor, action: string, subject: string) =>
  appendAudit(tx, { tenant: tenantId, actor: principal, action, subject, detail: {} })

/** Carries out a change, and writes it down where it changed something. */
const audited = async <T>(tx: Tx, actor: Actor, action: string, id: string, change: Promise<T>): Promise<T> => {
  const changed = await change
  if (changed !== null && changed !== false) await audit(tx, actor, action, id)
  return changed
}

const one = async (tx: Tx, id: string): Promise<WebhookRow | null> => (await listWebhooks(tx, id))[0] ?? null

/** Plugs the store in. */
export const makeWebhookPorts = ({ pool }: Pick<Store, 'pool'>): WebhookPorts => {
  const as = <T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> => asTenant(pool, tenantId, work)
  return {
    registerWebhook: (actor, webhook) =>
      as(actor.tenantId, (tx) =>
        audited(tx, actor, 'webhook.registered', webhook.id, insertWebhook(tx, webhook, webhooksMax)),
      ),
    listWebhooks: (tenantId) => as(tenantId, (tx) => listWebhooks(tx)),
    readWebhook: (tenantId, id) => as(tenantId, (tx) => one(tx, id)),
    deleteWebhook: (actor, id) =>
      as(actor.tenantId, (tx) => audited(tx, actor, 'webhook.deleted', id, deleteWebhook(tx, id))),
    rotateWebhook: (actor, rotation) =>
      as(actor.tenantId, (tx) => audited(tx, actor, 'webhook.rotated', rotation.id, rotateWebhook(tx, rotation))),
    enableWebhook: (actor, id) =>
      as(actor.tenantId, (tx) => audited(tx, actor, 'webhook.enabled', id, enableWebhook(tx, id))),
    testWebhook: (actor, id, event) =>
      as(actor.tenantId, async (tx) => {
        const owed = await oweWebhookTo(tx, { endpointId: id, type: 'webhook.test', ...event })
        if (owed === null) return (await one(tx, id)) === null ? 'unknown' : 'disabled'
        await audit(tx, actor, 'webhook.tested', id)
        return owed
      }),
    listDeliveries: (tenantId, endpointId, page) =>
      as(tenantId, async (tx) => ((await one(tx, endpointId)) === null ? null : listDeliveries(tx, endpointId, page))),
    redeliver: (actor, endpointId, id) =>
      as(actor.tenantId, async (tx) => {
        if (await redeliver(tx, endpointId, id)) {
          await audit(tx, actor, 'webhook.redelivered', id)
          return 'owed'
        }
        return (await one(tx, endpointId))?.enabled === false ? 'disabled' : 'unknown'
      }),
  }
}
