import {
  ContractError,
  deliveryStatuses,
  secretOverlapMsDefault,
  type DeliveryAccepted,
  type DeliveryPage,
  type DeliveryView,
  type RegisterWebhook,
  type RotateSecret,
  type WebhookCreated,
  type WebhookPage,
  type WebhookView,
} from '@flotilla/contracts'
import { sealWebhookSecret } from '@flotilla/queues'
import type { DeliveryRow, WebhookRow } from '@flotilla/store'
import { checkUrl, makeWebhookSecret } from '@flotilla/webhooks'
import { v4 as uuidv4 } from 'uuid'
import type { Principal } from '../auth/principal.js'
import type { Gateway } from '../gateway.js'
import { isUuid, readCursor, writeCursor } from '../http/cursor.js'
import { GatewayError } from '../http/gateway-error.js'
import { integerParam, textParam, wordParam, type Query } from '../http/query-params.js'

const viewOf = (row: WebhookRow): WebhookView => ({
  id: row.id,
  url: row.url,
  types: [...row.types],
  workflows: [...row.workflows],
  description: row.description,
  enabled: row.enabled,
  disabledReason: row.disabledReason,
  previousSecretUntil: row.previousUntil?.toISOString() ?? null,
  pending: row.pending,
  createdAt: row.createdAt.toISOString(),
  createdBy: row.createdBy,
})

const deliveryViewOf = ({ nextAt, createdAt, deliveredAt, log, ...row }: DeliveryRow): DeliveryView => ({
  ...row,
  nextAttemptAt: nextAt?.toISOString() ?? null,
  createdAt: createdAt.toISOString(),
  deliveredAt: deliveredAt?.toISOString() ?? null,
  log: [...log],
})

const unknown = (): GatewayError => new GatewayError('WEBHOOK_UNKNOWN')

/** An id from the path, in lower case; what cannot be one is unknown, like a foreign one. */
export const webhookIdOf = (value: string): string => {
  const id = value.toLowerCase()
  if (!isUuid(id)) throw unknown()
  return id
}

/** What is wrong with a URL, by its code. */
const refusals: Readonly<Record<string, string>> = {
  URL_INVALID: 'is not a valid URL',
  URL_TOO_LONG: 'is too long',
  URL_SCHEME: 'must begin with https://',
  URL_CREDENTIALS: 'may not hold a user or a password',
  URL_FRAGMENT: 'may not have a fragment',
  URL_PORT: 'has a port that is not allowed',
  URL_HOST: 'must name a host that everybody can reach',
  URL_ADDRESS: 'must name an address that everybody can reach',
}

/** Registers an endpoint; its secret is shown once. */
export const registerWebhook = async (
  gateway: Gateway,
  principal: Principal,
  body: RegisterWebhook,
): Promise<WebhookCreated> => {
  const target = checkUrl(body.url, gateway.webhookPolicy)
  if (typeof target === 'string')
    throw new ContractError('http.register-webhook.v1', [
      { pointer: '/url', code: target, detail: refusals[target] ?? 'is refused' },
    ])
  const id = uuidv4()
  const secret = makeWebhookSecret()
  const row = await gateway.store.registerWebhook(principal, {
    id,
    url: target.url.href,
    types: body.types ?? [],
    workflows: body.workflows ?? [],
    description: body.description ?? null,
    secret: sealWebhookSecret(gateway.sealer, id, secret),
    createdBy: principal.principal,
  })
  if (row === null) throw new GatewayError('WEBHOOKS_FULL')
  return { ...viewOf(row), secret }
}

/** Every endpoint of the tenant, oldest first. */
export const listWebhookViews = async (gateway: Gateway, tenantId: string): Promise<WebhookPage> => ({
  items: (await gateway.store.listWebhooks(tenantId)).map(viewOf),
  nextCursor: null,
})

/** One endpoint. */
export const readWebhookView = async (gateway: Gateway, tenantId: string, id: string): Promise<WebhookView> => {
  const row = await gateway.store.readWebhook(tenantId, id)
  if (row === null) throw unknown()
  return viewOf(row)
}

/** Forgets an endpoint, what it is owed and what it was told. */
export const deleteWebhook = async (gateway: Gateway, principal: Principal, id: string): Promise<void> => {
  if (!(await gateway.store.deleteWebhook(principal, id))) throw unknown()
}

/** Gives an endpoint a new secret; what is sent is signed with both until the overlap is over. */
export const rotateWebhook = async (
  gateway: Gateway,
  principal: Principal,
  { id, overlapMs }: RotateSecret & { readonly id: string },
): Promise<WebhookCreated> => {
  const secret = makeWebhookSecret()
  const row = await gateway.store.rotateWebhook(principal, {
    id,
    secret: sealWebhookSecret(gateway.sealer, id, secret),
    overlapMs: overlapMs ?? secretOverlapMsDefault,
  })
  if (row === null) throw unknown()
  return { ...viewOf(row), secret }
}

/** Has a disabled endpoint told again, of what happens from now on. */
export const enableWebhook = async (gateway: Gateway, principal: Principal, id: string): Promise<WebhookView> => {
  const row = await gateway.store.enableWebhook(principal, id)
  if (row === null) throw unknown()
  return viewOf(row)
}

/** Owes an endpoint a test event, whatever types it asked for. */
export const testWebhook = async (gateway: Gateway, principal: Principal, id: string): Promise<DeliveryAccepted> => {
  const event = { eventId: `evt_test_${uuidv4()}`, data: { webhookId: id } }
  const owed = await gateway.store.testWebhook(principal, id, event)
  if (owed === 'unknown') throw unknown()
  if (owed === 'disabled') throw new GatewayError('WEBHOOK_DISABLED')
  return { deliveryId: owed }
}

/** A page of an endpoint's deliveries, newest first. */
export const listDeliveryViews = async (
  gateway: Gateway,
  at: { readonly tenantId: string; readonly id: string },
  query: Query,
): Promise<DeliveryPage> => {
  const limit = integerParam(query, 'limit', { min: 1, max: 100, fallback: 50 })
  const status = wordParam(query, 'status', deliveryStatuses)
  const cursor = textParam(query, 'cursor', 1_024)
  const before =
    cursor === null
      ? null
      : readCursor('deliveries', cursor, ([ms, id]) =>
          typeof ms === 'number' && Number.isSafeInteger(ms) && isUuid(id) ? { createdAt: new Date(ms), id } : null,
        )
  const rows = await gateway.store.listDeliveries(at.tenantId, at.id, { status, before, limit: limit + 1 })
  if (rows === null) throw unknown()
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map(deliveryViewOf),
    nextCursor: rows.length > limit && last ? writeCursor('deliveries', [last.createdAt.getTime(), last.id]) : null,
  }
}

/** Owes a delivery again, at once, under the id that it had. */
export const redeliver = async (
  gateway: Gateway,
  principal: Principal,
  { id, delivery }: { readonly id: string; readonly delivery: string },
): Promise<DeliveryAccepted> => {
  const deliveryId = delivery.toLowerCase()
  const outcome = isUuid(deliveryId) ? await gateway.store.redeliver(principal, id, deliveryId) : 'unknown'
  if (outcome === 'unknown') throw new GatewayError('DELIVERY_UNKNOWN')
  if (outcome === 'disabled') throw new GatewayError('WEBHOOK_DISABLED')
  return { deliveryId }
}
