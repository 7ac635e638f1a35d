import type { Db, Tx } from '../open-store.js'
import { plainText } from '../json-text.js'
import { rowsOf } from './statement.js'

const park = {
  name: 'park-run',
  text: `
with parked as (
  update run set status = 'parked', parked_reason = $2, next_deadline_at = null
  where id = $1 and status <> 'parked' returning id
)
update inbox i set held = true from parked p where i.run_id = p.id and not i.held`,
}

// Parked twice at one position it is told twice: the moment is in the id.
const tell = {
  name: 'tell-parked',
  text: `
insert into webhook_delivery (endpoint_id, tenant_id, event_id, type, run_id, data, occurred_at, next_at)
select w.id, r.tenant_id, format('evt_%s_p%s', r.id, (extract(epoch from now()) * 1000)::bigint), 'run.parked', r.id,
  jsonb_build_object('runId', r.id, 'rootRunId', coalesce(r.root_run_id, r.id), 'workflow', r.workflow,
    'version', r.version, 'status', 'parked', 'errorCode', r.parked_reason, 'gate', null, 'gateId', null, 'dueAt', null,
    'channel', null, 'traceId', r.trace_id, 'links', jsonb_build_object('self', '/runs/' || r.id, 'events', '/runs/' || r.id || '/events')),
  now(), now()
from run r join webhook_endpoint w on w.tenant_id = r.tenant_id and w.enabled
  and (cardinality(w.types) = 0 or 'run.parked' = any(w.types))
  and (cardinality(w.workflows) = 0 or r.workflow = any(w.workflows))
where r.id = any($1::uuid[])
on conflict do nothing`,
}

/** Owes the news to whoever asked to be told of runs that were parked; in the transaction that parked them. */
export const tellParked = async (tx: Tx, runIds: readonly string[]): Promise<void> => {
  if (runIds.length > 0) await rowsOf(tx, tell, [runIds])
}

/**
 * Stops a run that cannot be applied (our bug, a missing definition) and holds its events, so that they do not clog the
 * claim window; debts stay owed, and replies to them are held too. The run must be locked by the caller.
 */
export const parkRun = async (tx: Tx, runId: string, reason: string): Promise<void> => {
  await rowsOf(tx, park, [runId, plainText(reason)])
  await tellParked(tx, [runId])
}

const stray = {
  name: 'settle-stray-events',
  text: `
with loose as (
  select i.id from inbox i join run r on r.id = i.run_id
  where not i.held and r.status = 'parked' order by i.id limit 1000 for update of i skip locked
), stuck as (
  select i.id from inbox i join run r on r.id = i.run_id
  where i.held and r.status <> 'parked' and not r.slot_waits order by i.id limit 1000 for update of i skip locked
), held as (
  update inbox i set held = true from loose where i.id = loose.id
), released as (
  update inbox i set held = false from stuck where i.id = stuck.id returning 1
)
select count(*)::integer as released from released`,
}

/**
 * Holds events that slipped in while their run was being parked, and releases those that came for a run while it was let go:
 * whoever inserts one does not wait for the run's row. For the slow sweep. Resolves with how many were released.
 */
export const settleStrayEvents = async (db: Db): Promise<number> =>
  (await rowsOf<{ released: number }>(db, stray))[0]?.released ?? 0

const parked = {
  name: 'list-parked',
  text: `
select id as "runId", definition_hash as "definitionHash", semantics, parked_reason as reason from run
where status = 'parked' order by id limit $1`,
}

export interface ParkedRun {
  readonly runId: string
  readonly definitionHash: string
  readonly semantics: number
  readonly reason: string
}

/** Parked runs of all tenants, oldest first: to unpark those whose definition has arrived. */
export const listParked = (db: Db, limit: number): Promise<ParkedRun[]> => rowsOf(db, parked, [limit])

const unpark = {
  name: 'unpark-run',
  text: `
with released as (
  update run set status = coalesce(state ->> 'status', 'created'), parked_reason = null, crashes = 0,
    next_deadline_at = case when state is null then null else now() end, slot_waits = slot_key is not null
  where id = any($1::uuid[]) and status = 'parked' returning id, slot_waits
), events as (
  update inbox i set held = false from released where i.run_id = released.id and i.held and not released.slot_waits
)
select count(*)::integer as released from released`,
}

/** Lets parked runs go on where they stopped, with their held events, under a limit once they have a slot again; resolves with how many were parked. */
export const unparkRuns = async (db: Db, runIds: readonly string[]): Promise<number> =>
  (await rowsOf<{ released: number }>(db, unpark, [runIds]))[0]?.released ?? 0
