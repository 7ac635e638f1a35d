import { createHash } from 'node:crypto'
import type { Json } from '@flotilla/engine'
import type { Db, Tx } from '../open-store.js'
import { jsonText } from '../json-text.js'
import { sealForTenant } from '../sealing/run-keys.js'
import { sealTenantEvent } from '../sealing/sealed-event.js'
import { rowsOf } from './statement.js'

/** A step that waits for a correlated event. */
export interface NewSubscription {
  readonly runId: string
  readonly tenantId: string
  readonly step: string
  readonly visit: number
  readonly name: string
  readonly key: string
}

/** A key is made of what people send: of any length, and nobody's to read in an index. */
export const signalKeyHash = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 32)

const lock = {
  name: 'lock-signals',
  text: `
select pg_advisory_xact_lock(l.key) from (
  select distinct signal_lock(s.tenant_id, s.name, s.key_hash) as key
  from jsonb_to_recordset($1::jsonb) as s(tenant_id text, name text, key_hash text) order by 1
) l`,
}
const leave = {
  name: 'unsubscribe',
  text: `
delete from subscription s using jsonb_to_recordset($1::jsonb) as a("runId" uuid, step text, visit integer)
where s.run_id = a."runId" and s.step = a.step and s.visit = a.visit`,
}
// The n-th that begins to wait gets the n-th that is kept.
const enter = {
  name: 'subscribe',
  text: `
with begun as (
  select s.*, row_number() over (partition by tenant_id, name, key_hash order by run_id, step) as turn
  from jsonb_to_recordset($1::jsonb)
    as s(run_id uuid, step text, visit integer, tenant_id text, name text, key_hash text)
), waiting as (
  select k.id, k.tenant_id, k.name, k.key_hash, k.event,
    row_number() over (partition by k.tenant_id, k.name, k.key_hash order by k.id) as turn
  from kept_signal k
  where k.expires_at > now() and (k.tenant_id, k.name, k.key_hash) in (select tenant_id, name, key_hash from begun)
), pair as (
  select b.run_id, b.step, b.visit, name, w.id, w.event from begun b join waiting w using (tenant_id, name, key_hash, turn)
), taken as (
  delete from kept_signal k using pair p where k.id = p.id
), told as (
  insert into inbox (run_id, event) select run_id, event from pair
)
insert into subscription (run_id, step, visit, tenant_id, name, key_hash)
select run_id, step, visit, tenant_id, name, key_hash from begun b
where not exists (select from pair p
  where p.run_id = b.run_id and p.step = b.step and p.visit = b.visit and p.name = b.name)
on conflict do nothing`,
}

/**
 * Ends and begins subscriptions of runs that the caller has locked. An event that was kept for one that begins goes into
 * its run's inbox at once. Waits for whoever publishes under the same keys.
 */
export const saveSubscriptions = async (
  tx: Tx,
  changes: {
    readonly subscribed: readonly NewSubscription[]
    readonly unsubscribed: readonly { readonly runId: string; readonly step: string; readonly visit: number }[]
  },
): Promise<void> => {
  const begun = changes.subscribed.map(({ runId, tenantId, step, visit, name, key }) => ({
    run_id: runId,
    step,
    visit,
    tenant_id: tenantId,
    name,
    key_hash: signalKeyHash(key),
  }))
  // Locks first: whoever publishes holds one and waits for the rows that are deleted here.
  if (begun.length > 0) await rowsOf(tx, lock, [jsonText(begun)])
  if (changes.unsubscribed.length > 0) await rowsOf(tx, leave, [jsonText(changes.unsubscribed)])
  if (begun.length > 0) await rowsOf(tx, enter, [jsonText(begun)])
}

// What is published is for no run yet, or for several: it is sealed for the tenant of the transaction.
const tenant = { name: 'tenant-of-transaction', text: `select current_setting('flotilla.tenant', true) as tenant` }
const publish = {
  name: 'publish-signal',
  text: `select delivered, one_run as "runId", kept from publish_signal($1, $2, $3::jsonb, $4, $5)`,
}

/** An event for whoever waits for it. */
export interface PublishedSignal {
  readonly name: string
  readonly key: string
  readonly payload: Json
  /** The key's principal. */
  readonly by: string
  /** How long it is kept where nobody waits; 0: not at all. */
  readonly keepForMs: number
}

/** How many events of one name and key are kept at most. */
export const keptSignalsMax = 100

/**
 * Gives an event to every run of the tenant of `asTenant` that waits for its name and key, else keeps it. `runId`: one of
 * those that got it. Neither delivered nor kept: it was not to be kept, or too many are.
 */
export const publishSignal = async (
  tx: Tx,
  { name, key, payload, by, keepForMs }: PublishedSignal,
): Promise<{ readonly delivered: number; readonly runId: string | null; readonly kept: boolean }> => {
  type Row = { delivered: number; runId: string | null; kept: boolean }
  const tenantId = (await rowsOf<{ tenant: string | null }>(tx, tenant))[0]?.tenant ?? ''
  const received = { type: 'SignalReceived', name, key, payload, by }
  const event = jsonText(sealTenantEvent((hidden) => sealForTenant(tx, tenantId, hidden), received))
  const rows = await rowsOf<Row>(tx, publish, [name, signalKeyHash(key), event, keepForMs, keptSignalsMax])
  return rows[0] ?? { delivered: 0, runId: null, kept: false }
}

const purge = {
  name: 'purge-signals',
  text: `
with expired as (select id from kept_signal where expires_at <= now() order by expires_at limit $1),
purged as (delete from kept_signal k using expired e where k.id = e.id returning 1)
select count(*)::integer as purged from purged`,
}

/** Forgets at most `limit` kept events that have expired; resolves with how many. */
export const purgeSignals = async (db: Db, limit: number): Promise<number> =>
  (await rowsOf<{ purged: number }>(db, purge, [limit]))[0]?.purged ?? 0
