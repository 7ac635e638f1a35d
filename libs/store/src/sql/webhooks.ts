import type { Db, Tx } from '../open-store.js'
import { rowsOf } from './statement.js'

/** An endpoint that a tenant has registered. */
export interface WebhookRow {
  readonly id: string
  readonly url: string
  /** What it is told of, and of which workflows; empty: all. */
  readonly types: readonly string[]
  readonly workflows: readonly string[]
  readonly description: string | null
  readonly enabled: boolean
  /** A code; null while it is enabled. */
  readonly disabledReason: string | null
  readonly previousUntil: Date | null
  readonly createdAt: Date
  readonly createdBy: string
  /** Deliveries that are still owed. */
  readonly pending: number
}

const columns = `id, url, types, workflows, description, enabled, disabled_reason as "disabledReason",
  previous_until as "previousUntil", created_at as "createdAt", created_by as "createdBy",
  (select count(*)::integer from webhook_delivery d where d.endpoint_id = w.id and d.status = 'pending') as pending`

const insert = {
  name: 'insert-webhook',
  text: `
with w as (
  insert into webhook_endpoint (id, tenant_id, url, types, workflows, description, secret, created_by)
  select $1, current_setting('flotilla.tenant', true), $2, $3, $4, $5, $6, $7
  where (select count(*) from webhook_endpoint) < $8
  returning *
)
select ${columns} from w`,
}

/** An endpoint to register; `secret` sealed. */
export interface NewWebhook {
  readonly id: string
  readonly url: string
  readonly types: readonly string[]
  readonly workflows: readonly string[]
  readonly description: string | null
  readonly secret: string
  readonly createdBy: string
}

/** Registers an endpoint of the tenant of `asTenant`; null when it has `most` already. */
export const insertWebhook = async (tx: Tx, one: NewWebhook, most: number): Promise<WebhookRow | null> => {
  const { id, url, types, workflows, description, secret, createdBy } = one
  const values = [id, url, types, workflows, description, secret, createdBy, most]
  return (await rowsOf<WebhookRow>(tx, insert, values))[0] ?? null
}

const list = {
  name: 'list-webhooks',
  text: `select ${columns} from webhook_endpoint w where $1::uuid is null or id = $1 order by created_at, id`,
}

/** Every endpoint of the tenant of `asTenant`, or the one that is named, oldest first. */
export const listWebhooks = (tx: Tx, id: string | null = null): Promise<WebhookRow[]> => rowsOf(tx, list, [id])

const remove = { name: 'delete-webhook', text: 'delete from webhook_endpoint where id = $1 returning id' }

/** Forgets an endpoint and all its deliveries; false when there is none. */
export const deleteWebhook = async (tx: Tx, id: string): Promise<boolean> => (await rowsOf(tx, remove, [id])).length > 0

const rotate = {
  name: 'rotate-webhook',
  text: `
with w as (
  update webhook_endpoint set previous_secret = case when $3::bigint > 0 then secret end,
    previous_until = case when $3::bigint > 0 then now() + make_interval(secs => $3::bigint / 1000.0) end, secret = $2
  where id = $1 returning *
)
select ${columns} from w`,
}

/** Gives an endpoint another secret; the one before signs beside it for `overlapMs`. Null when there is no endpoint. */
export const rotateWebhook = async (
  tx: Tx,
  { id, secret, overlapMs }: { readonly id: string; readonly secret: string; readonly overlapMs: number },
): Promise<WebhookRow | null> => (await rowsOf<WebhookRow>(tx, rotate, [id, secret, overlapMs]))[0] ?? null

const enable = {
  name: 'enable-webhook',
  text: `
with w as (update webhook_endpoint set enabled = true, disabled_reason = null where id = $1 returning *)
select ${columns} from w`,
}

/** Has an endpoint told again of what happens from now on; null when there is none. */
export const enableWebhook = async (tx: Tx, id: string): Promise<WebhookRow | null> =>
  (await rowsOf<WebhookRow>(tx, enable, [id]))[0] ?? null

const disable = {
  name: 'disable-webhook',
  text: `
with disabled as (
  update webhook_endpoint set enabled = false, disabled_reason = $2 where id = $1 and enabled returning id
)
update webhook_delivery d set status = 'failed', next_at = null, claimed_until = null, error = $2 from disabled w
where d.endpoint_id = w.id and d.status = 'pending'`,
}

/** Stops telling an endpoint: what it is still owed has failed for the reason given (a code). */
export const disableWebhook = async (db: Db, id: string, reason: string): Promise<void> => {
  await rowsOf(db, disable, [id, reason])
}
