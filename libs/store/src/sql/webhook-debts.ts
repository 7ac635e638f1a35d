/**
 * Deliveries as debts.
 *
 * W1  An event is owed to every endpoint of its tenant that asked for it, from the transaction in which it happened.
 * W2  A claim ends by itself: what a sender that died had in hand is due again when its time is over.
 * W3  A failed attempt changes only the attempt that it was: one that was claimed anew meanwhile belongs to another. A
 *     success always counts: the endpoint has it.
 * W4  No endpoint and no tenant takes more of a batch than it may, however much it is owed: the slow hold up themselves.
 */
import type { Db, Tx } from '../open-store.js'
import { jsonText } from '../json-text.js'
import { rowsOf } from './statement.js'

/** An event for whoever asked for it. No personal data in `data`. */
export interface OwedEvent {
  readonly tenantId: string
  /** The same for the same event, however often it is told. */
  readonly eventId: string
  readonly type: string
  readonly runId: string
  readonly workflow: string
  readonly data: Readonly<Record<string, unknown>>
  /** Epoch ms. */
  readonly occurredAt: number
}

/** Rows of the parameter of `oweSql`. */
export const owedRows = (events: readonly OwedEvent[]) =>
  events.map(({ tenantId, eventId, type, runId, workflow, data, occurredAt }) => ({
    tenant_id: tenantId,
    event_id: eventId,
    type,
    run_id: runId,
    workflow,
    data,
    occurred_at: occurredAt,
  }))

/**
 * W1; also a part of `saveApplied`, where `$` is its parameter. The lock: an endpoint that is deleted at this moment is owed
 * nothing, instead of failing whoever owes.
 */
export const oweSql = `
insert into webhook_delivery (endpoint_id, tenant_id, event_id, type, run_id, data, occurred_at, next_at)
select w.id, a.tenant_id, a.event_id, a.type, a.run_id, a.data, to_timestamp(a.occurred_at / 1000), now()
from jsonb_to_recordset($) as a(tenant_id text, event_id text, type text, run_id uuid, workflow text, data jsonb,
  occurred_at double precision)
join webhook_endpoint w on w.tenant_id = a.tenant_id and w.enabled
  and (cardinality(w.types) = 0 or a.type = any(w.types))
  and (cardinality(w.workflows) = 0 or a.workflow = any(w.workflows))
for key share of w
on conflict do nothing`

const owe = { name: 'owe-webhooks', text: oweSql.replace('($)', '($1::jsonb)') }

/** Owes events to whoever asked for them; once, however often it is called with the same. */
export const oweWebhooks = async (tx: Tx, events: readonly OwedEvent[]): Promise<void> => {
  if (events.length > 0) await rowsOf(tx, owe, [jsonText(owedRows(events))])
}

const oweTo = {
  name: 'owe-webhook-test',
  text: `
insert into webhook_delivery (endpoint_id, tenant_id, event_id, type, data, occurred_at, next_at)
select id, tenant_id, $2, $3, $4::jsonb, now(), now() from webhook_endpoint where id = $1 and enabled
for key share
returning id`,
}

/** Owes an event to one endpoint, whatever it asked for; the delivery's id, null when there is no such endpoint enabled. */
export const oweWebhookTo = async (
  tx: Tx,
  one: { readonly endpointId: string; readonly eventId: string; readonly type: string; readonly data: object },
): Promise<string | null> => {
  const values = [one.endpointId, one.eventId, one.type, jsonText(one.data)]
  return (await rowsOf<{ id: string }>(tx, oweTo, values))[0]?.id ?? null
}

/** A delivery that is this process' to send until its claim ends. Secrets sealed, the newest first. */
export interface ClaimedDelivery {
  readonly id: string
  readonly endpointId: string
  readonly tenantId: string
  readonly url: string
  readonly secrets: readonly string[]
  readonly eventId: string
  readonly type: string
  readonly runId: string | null
  readonly data: Readonly<Record<string, unknown>>
  readonly occurredAt: Date
  /** Which attempt this is, from 1. */
  readonly attempt: number
}

/** How many deliveries may be under way, and how many are in this process. */
export interface ClaimDeliveries {
  /** Further ones in all. */
  readonly limit: number
  readonly perEndpointMax: number
  readonly perTenantMax: number
  readonly underWay: readonly { readonly endpointId: string; readonly tenantId: string }[]
  /** How long they are this process' (W2). */
  readonly claimMs: number
}

// Found without locks, for which a window function has no room; then locked, looked at again, and claimed. Times are kept in
// milliseconds, which may be rounded up: what is due at once is due now.
const claim = {
  name: 'claim-deliveries',
  text: `
with busy as (
  select b.endpoint_id, b.tenant_id, count(*) as busy
  from jsonb_to_recordset($1::jsonb) as b(endpoint_id uuid, tenant_id text) group by 1, 2
), due as (
  select d.id, row_number() over (partition by w.tenant_id order by d.turn, d.next_at) as turn, d.next_at,
    $3 - coalesce((select sum(busy) from busy b where b.tenant_id = w.tenant_id), 0) as room
  from webhook_endpoint w cross join lateral (
    select d.id, d.next_at, row_number() over (order by d.next_at) as turn from webhook_delivery d
    where d.endpoint_id = w.id and d.status = 'pending' and d.next_at <= now() + interval '1 ms'
      and (d.claimed_until is null or d.claimed_until <= now())
    order by d.next_at
    limit greatest(0, $2 - coalesce((select b.busy from busy b where b.endpoint_id = w.id), 0))
  ) d
  where w.enabled
), chosen as (
  select id from due where turn <= room order by turn, next_at limit $4
), locked as (
  select d.id from webhook_delivery d join chosen c on c.id = d.id
  where d.status = 'pending' and d.next_at <= now() + interval '1 ms' and (d.claimed_until is null or d.claimed_until <= now())
  order by d.id for update of d skip locked
)
update webhook_delivery d set attempts = d.attempts + 1, claimed_until = now() + make_interval(secs => $5 / 1000.0)
from locked l, webhook_endpoint w
where d.id = l.id and w.id = d.endpoint_id
returning d.id, d.endpoint_id as "endpointId", d.tenant_id as "tenantId", w.url,
  array_remove(array[w.secret, case when w.previous_until > now() then w.previous_secret end], null) as secrets,
  d.event_id as "eventId", d.type, d.run_id as "runId", d.data, d.occurred_at as "occurredAt", d.attempts as attempt`,
}

/** Claims deliveries that are due, fairly over tenants and endpoints (W2, W4). */
export const claimDeliveries = (db: Db, asked: ClaimDeliveries): Promise<ClaimedDelivery[]> => {
  const busy = asked.underWay.map(({ endpointId, tenantId }) => ({ endpoint_id: endpointId, tenant_id: tenantId }))
  const values = [jsonText(busy), asked.perEndpointMax, asked.perTenantMax, asked.limit, asked.claimMs]
  return rowsOf(db, claim, values)
}

/** What came of an attempt. */
export interface AttemptOutcome {
  readonly id: string
  readonly attempt: number
  /** Null: no answer. */
  readonly status: number | null
  /** A code; null: delivered. */
  readonly error: string | null
  readonly tookMs: number
  /** When the next attempt is due, from now; null: there is none. */
  readonly nextInMs: number | null
  /** It did not count: the process stops. */
  readonly givenBack?: boolean
}

/** How many attempts are kept for people to read. */
const logMax = 30

const logged = `jsonb_path_query_array(log || jsonb_build_array(jsonb_build_object(
    'at', to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'status', $3::integer, 'error', $4::text, 'tookMs', $5::integer)), '$[last - ${logMax - 1} to last]')`

const delivered = {
  name: 'mark-delivered',
  text: `
update webhook_delivery set status = 'delivered', next_at = null, claimed_until = null, delivered_at = clock_timestamp(),
  response_status = $3, error = $4, log = ${logged}
where id = $1 and status <> 'delivered' and $2::integer is not null`,
}
const undelivered = {
  name: 'mark-undelivered',
  text: `
update webhook_delivery set claimed_until = null, response_status = $3, error = $4, log = ${logged},
  attempts = attempts - case when $7 then 1 else 0 end,
  status = case when $6::bigint is null then 'failed' else 'pending' end,
  next_at = clock_timestamp() + make_interval(secs => $6::bigint / 1000.0)
where id = $1 and attempts = $2 and status = 'pending'`,
}

/** Writes down what came of an attempt (W3). */
export const markAttempt = async (db: Db, outcome: AttemptOutcome): Promise<void> => {
  const { id, attempt, status, error, tookMs, nextInMs, givenBack = false } = outcome
  const values = [id, attempt, status, error, Math.round(tookMs)]
  if (error === null) await rowsOf(db, delivered, values)
  else await rowsOf(db, undelivered, [...values, nextInMs, givenBack])
}

/** A delivery as its tenant sees it. */
export interface DeliveryRow {
  readonly id: string
  readonly eventId: string
  readonly type: string
  readonly runId: string | null
  readonly status: 'pending' | 'delivered' | 'failed'
  readonly attempts: number
  readonly responseStatus: number | null
  readonly error: string | null
  readonly nextAt: Date | null
  readonly createdAt: Date
  readonly deliveredAt: Date | null
  readonly log: readonly {
    readonly at: string
    readonly status: number | null
    readonly error: string | null
    readonly tookMs: number
  }[]
}

const shown = `id, event_id as "eventId", type, run_id as "runId", status, attempts, response_status as "responseStatus",
  error, next_at as "nextAt", created_at as "createdAt", delivered_at as "deliveredAt", log`
const list = {
  name: 'list-deliveries',
  text: `
select ${shown} from webhook_delivery
where endpoint_id = $1 and ($2::text is null or status = $2)
  and ($3::timestamptz is null or (created_at, id) < ($3, $4::uuid))
order by created_at desc, id desc limit $5`,
}

/** Deliveries to an endpoint of the tenant of `asTenant`, newest first. */
export const listDeliveries = (
  tx: Tx,
  endpointId: string,
  page: {
    readonly status: string | null
    readonly before: { readonly createdAt: Date; readonly id: string } | null
    readonly limit: number
  },
): Promise<DeliveryRow[]> =>
  rowsOf(tx, list, [endpointId, page.status, page.before?.createdAt ?? null, page.before?.id ?? null, page.limit])

const again = {
  name: 'redeliver',
  text: `
update webhook_delivery d set status = 'pending', attempts = case when status = 'pending' then attempts else 0 end,
  next_at = now()
from webhook_endpoint w where d.id = $2 and d.endpoint_id = $1 and w.id = $1 and w.enabled
returning d.id`,
}

/** Owes a delivery again, at once, under the id that it had; false when there is none or its endpoint is disabled. */
export const redeliver = async (tx: Tx, endpointId: string, id: string): Promise<boolean> =>
  (await rowsOf(tx, again, [endpointId, id])).length > 0

const purge = {
  name: 'purge-deliveries',
  text: `
with old as (
  select id from webhook_delivery
  where created_at < now() - make_interval(days => $1) and status <> 'pending' order by created_at limit $2
), purged as (delete from webhook_delivery d using old o where d.id = o.id returning 1)
select count(*)::integer as purged from purged`,
}

/** Forgets at most `limit` deliveries that are over and older than `days`; resolves with how many. */
export const purgeDeliveries = async (db: Db, days: number, limit: number): Promise<number> =>
  (await rowsOf<{ purged: number }>(db, purge, [days, limit]))[0]?.purged ?? 0

const depth = {
  name: 'count-deliveries-due',
  text: `
select count(*)::integer as pending, coalesce(extract(epoch from now() - min(next_at)), 0)::float8 as "oldestSeconds"
from webhook_delivery where status = 'pending'`,
}

/** How many deliveries are owed, and for how long the longest due one has been. */
export const countDeliveriesDue = async (
  db: Db,
): Promise<{ readonly pending: number; readonly oldestSeconds: number }> => {
  const [found] = await rowsOf<{ pending: number; oldestSeconds: number }>(db, depth)
  return { pending: found?.pending ?? 0, oldestSeconds: Math.max(0, found?.oldestSeconds ?? 0) }
}
