/**
 * Takes runs that have something to do and locks them for the transaction.
 *
 * C1  Two orchestrators never hold one run: `for no key update skip locked` (plain `for update` would block the event
 *     inserts of everybody else through the foreign key).
 * C2  Claim only; events are read by a second statement (`readEvents`). Joined in one statement, 19 % of events were
 *     applied twice under concurrency, because the snapshot is older than the lock.
 * C3  Each source of work is a bounded window and they are joined by union: `or` across them is a sequential scan.
 * C4  Runs that are going come first; admissions take what is left, within the cap of runs in flight: round robin over
 *     tenants, and by ageing priority within one. Who has next to nothing under way comes before a flood, however long that
 *     has waited; beyond `headStart` runs it does not count, so that long runs do not keep a tenant from new ones.
 * C5  Parked runs and suspects (`crashes > 0`) are not taken: suspects come alone, through `claimSuspect`.
 * C6  A run that waits for a slot of its limit (`slot_waits`) is not admitted: the index leaves it out. Its deadlines wait
 *     too, and of its events only those bring it that are not held.
 * C7  An erased run has nothing that could be applied: it is not taken, whatever comes for it.
 * C8  Runs are looked up by arrays of keys: whatever the planner believes of the table's size, it reads no others.
 */
import type { Tx } from '../open-store.js'
import type { ClaimedPosition } from './claim-marker.js'
import { rowsOf } from './statement.js'

export interface ClaimLimits {
  /** Runs with news from elsewhere: replies in the caller's hand. */
  readonly going: readonly string[]
  readonly runsMax: number
  readonly admissionsMax: number
  readonly inFlightMax: number
  /** False while replies are not read up to date: what was answered during an outage must not time out. */
  readonly withDeadlines: boolean
  /** Where to go on among the tenants that wait for admission: `nextTenant` of the claim before, at first ''. */
  readonly fromTenant?: string
}

export interface Claimed {
  /** Last position in the history of each claimed run, for the claim marker. */
  readonly positions: readonly ClaimedPosition[]
  readonly going: readonly string[]
  readonly admitted: readonly string[]
  readonly nextTenant: string
}

const tenantsMax = 200
const headStart = 8

const claim = {
  name: 'claim-runs',
  text: `
with recursive inbox_window as (
  select run_id from inbox where not held order by id limit $2 * 4
), due as (
  select id from run where $5 and next_deadline_at <= now() and not slot_waits order by next_deadline_at limit $2
), candidate as (
  select run_id as id from inbox_window union select unnest($1::uuid[]) union select id from due
), going as materialized (
  select r.id, r.position from run r
  where r.id = any(array(select id from candidate)) and r.erased_at is null and r.status <> 'parked' and r.crashes = 0
    and (not r.slot_waits or r.id in (select run_id from inbox_window))
  limit $2 for no key update of r skip locked
), tenant_waiting (tenant_id, number) as (
  (select tenant_id, 1 from run where status = 'created' and not slot_waits and tenant_id > $6 order by tenant_id limit 1)
  union all
  select (select r.tenant_id from run r where r.status = 'created' and not r.slot_waits and r.tenant_id > t.tenant_id
          order by r.tenant_id limit 1), t.number + 1
  from tenant_waiting t where t.tenant_id is not null and t.number < ${tenantsMax}
), share as (
  select greatest(2, ceil(2.0 * $3 / greatest(1, count(tenant_id))))::integer as runs from tenant_waiting
), in_flight as (
  select count(*)::integer as runs from (select from run where status = 'running' limit $4) x
), room as (
  -- The runs in flight are counted only when somebody waits: the count is half of an idle claim.
  select case when $3 = 0 or not exists (select from tenant_waiting where tenant_id is not null) then 0
    else greatest(0, least($3, $2 - (select count(*) from going), $4 - (select runs from in_flight)))::integer end as runs
), next_in_line as (
  select a.id, a.turn, a.order_key from tenant_waiting t cross join lateral (
    select r.id, r.order_key, row_number() over (order by r.order_key, r.id) + (
      select count(*) from (select from run g where g.status = 'running' and g.tenant_id = t.tenant_id limit ${headStart}) x
    ) as turn from (
      select id, order_key from run where tenant_id = t.tenant_id and status = 'created' and not slot_waits and crashes = 0
      order by order_key, id limit (select runs from share)
    ) r
  ) a
  where t.tenant_id is not null
), admitted as materialized (
  select r.id, r.position from next_in_line a join run r on r.id = a.id
  where r.id = any(array(select id from next_in_line)) and r.status = 'created' and not r.slot_waits and r.crashes = 0
    and r.id not in (select id from going)
  order by a.turn, a.order_key, a.id
  limit (select runs from room) for no key update of r skip locked
)
select id, 'going' as lane, position from going
union all select id, 'admitted', position from admitted
union all select null, tenant_id, null from tenant_waiting where number = ${tenantsMax} and tenant_id is not null`,
}

/** Locks at most `runsMax` runs until the transaction ends; those of `going` that are missing are another's, parked or suspect. */
export const claimRuns = async (tx: Tx, limits: ClaimLimits): Promise<Claimed> => {
  const rows = await rowsOf<{ id: string | null; lane: string; position: number }>(tx, claim, [
    limits.going,
    limits.runsMax,
    limits.admissionsMax,
    limits.inFlightMax,
    limits.withDeadlines,
    limits.fromTenant ?? '',
  ])
  const laneOf = (lane: string) => rows.flatMap((row) => (row.id !== null && row.lane === lane ? [row.id] : []))
  return {
    going: laneOf('going'),
    admitted: laneOf('admitted'),
    positions: rows.flatMap(({ id, position }) => (id === null ? [] : [{ runId: id, position }])),
    nextTenant: rows.find((row) => row.id === null)?.lane ?? '',
  }
}

const suspect = {
  name: 'claim-suspect',
  text: `
select r.id from run r
where r.crashes > 0 and r.status <> 'parked' and not r.slot_waits
  and (r.status = 'created' or r.id = any($1::uuid[]) or r.next_deadline_at <= now()
       or exists (select from inbox i where i.run_id = r.id and not i.held))
order by r.crashes, r.id limit 1 for no key update of r skip locked`,
}

/** Locks one run that was in hand when an orchestrator died and has work (in the inbox, due, or among `going`); else null. */
export const claimSuspect = async (tx: Tx, going: readonly string[] = []): Promise<string | null> =>
  (await rowsOf<{ id: string }>(tx, suspect, [going]))[0]?.id ?? null
