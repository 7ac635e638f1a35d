/**
 * Debts on their way to the queues.
 *
 * R1  One relay at a time: it holds the courier's row from before it reads Redis' beat until its transaction ends. Two that
 *     sent at once could be given the same beat by a Redis that lost data in between, and hide that loss (found by
 *     simulation).
 * R2  At most a window per queue lies in Redis; the rest waits here, the tenants in turns, each in order of its ageing key.
 * R3  A row is sent again under its job id only if it was never marked sent, or if Redis' beat is behind the row's
 *     (emptied, or an older copy): `loseBeats`. All else goes by the deadline, with the next dispatch.
 * R5  Beats only rise, and none is given twice, not even after a rollback: an older copy that comes back after a loss was
 *     healed has a beat from before it (found by simulation).
 * R6  Each shard of the queues has a courier of its own: relays of different shards work side by side, and a beat that fell
 *     is a loss of its shard's queues only. When their number changes, all that was sent is owed again.
 * R4  Marking skips rows that a tick is settling: the relay never waits for a tick, so the two cannot deadlock.
 */
import type { Json, JsonObject } from '@flotilla/engine'
import type { Db, Tx } from '../open-store.js'
import { jsonText } from '../json-text.js'
import { codeOf, runKeys } from '../sealing/run-keys.js'
import { openPayload } from '../sealing/sealed-run.js'
import { rowsOf } from './statement.js'

export interface OwedRow {
  readonly runId: string
  readonly step: string
  readonly dispatch: number
  readonly tenantId: string
  readonly queue: string
  readonly agent: string
  readonly visit: number
  readonly payload: JsonObject & { readonly input: Json }
  readonly retry: JsonObject
  readonly deadlineMs: number
  readonly priority: 0 | 1 | 2
  readonly traceparent: string | null
  readonly owedAt: Date
  readonly sentAt: Date | null
  readonly rootRunId: string | null
  /** Code of why the payload could not be read, so that it lacks what is sealed; else null. */
  readonly unreadable: string | null
}

const columns = `o.run_id as "runId", o.step, o.dispatch, o.tenant_id as "tenantId", o.queue, o.agent, o.visit, o.payload,
  o.retry, o.deadline_ms as "deadlineMs", o.priority, o.traceparent, o.owed_at as "owedAt", o.sent_at as "sentAt"`

const opened = async (db: Db, rows: readonly Omit<OwedRow, 'unreadable'>[]): Promise<OwedRow[]> => {
  const keys = await runKeys(
    db,
    rows.map(({ runId }) => runId),
  )
  return rows.map((row) => {
    try {
      return { ...row, payload: openPayload(keys, row), unreadable: null }
    } catch (error) {
      return { ...row, payload: { ...row.payload, input: null }, unreadable: codeOf(error) }
    }
  })
}

export interface TakeLimits {
  readonly windowMax: number
  readonly rooms?: Readonly<Record<string, number>>
  readonly roomMax?: number
}

const take = {
  name: 'take-owed',
  text: `
with mine as materialized (
  select name, coalesce(window_max, $1) as window_max from queue q
  where not paused and ($4 = 1 or queue_shard(q.name, $4) = $5)
    and exists (select from outbox o where o.queue = q.name and o.sent_at is null)
), room as materialized (
  select name, least(coalesce(($2::jsonb ->> name)::integer, $3::integer, window_max),
    window_max - (select count(*) from outbox s where s.queue = m.name and s.sent_at is not null))::integer as free
  from mine m
)
select ${columns}, (select r.root_run_id from run r where r.id = o.run_id) as "rootRunId"
from (select * from room where free > 0) q cross join lateral (
  with recursive owing (tenant_id) as (
    (select o.tenant_id from outbox o where o.queue = q.name and o.sent_at is null order by o.tenant_id limit 1)
    union all
    select (select o.tenant_id from outbox o
            where o.queue = q.name and o.sent_at is null and o.tenant_id > t.tenant_id order by o.tenant_id limit 1)
    from owing t where t.tenant_id is not null
  )
  select o.* from owing t cross join lateral (
    select x.*, row_number() over (order by x.order_key, x.run_id, x.dispatch) as turn from (
      select * from outbox o where o.queue = q.name and o.tenant_id = t.tenant_id and o.sent_at is null
      order by o.order_key, o.run_id, o.dispatch limit q.free
    ) x
  ) o
  where t.tenant_id is not null order by o.turn, o.order_key, o.run_id, o.dispatch limit q.free
) o
order by o.queue, o.turn, o.order_key, o.run_id, o.dispatch`,
}

/** One of so many shards of the queues (R6). */
export interface Shard {
  readonly shards: number
  /** From 0. */
  readonly shard: number
}

const whole: Shard = { shards: 1, shard: 0 }

/**
 * What is owed now, queue by queue, as far as each window has room (R2), the tenants in turns: a flood of one does not stand
 * before what another owes. `windowMax` holds for queues without one of their own, `rooms` are tighter bounds on how many
 * of a queue are taken now, `roomMax` that of queues without one; paused queues are left out.
 */
export const takeOwed = async (
  tx: Tx,
  { windowMax, rooms = {}, roomMax }: TakeLimits,
  { shards, shard }: Shard = whole,
): Promise<OwedRow[]> => opened(tx, await rowsOf(tx, take, [windowMax, jsonText(rooms), roomMax, shards, shard]))

export interface DebtKey {
  readonly runId: string
  readonly step: string
  readonly dispatch: number
}

const mark = {
  name: 'mark-sent',
  text: `
with sent as materialized (
  select o.run_id, o.step, o.dispatch
  from jsonb_to_recordset($1::jsonb) as a("runId" uuid, step text, dispatch integer)
  join outbox o on o.run_id = a."runId" and o.step = a.step and o.dispatch = a.dispatch
  for update of o skip locked
), courier as (
  update courier set last_beat = $2 where id = $3
)
update outbox o set sent_at = clock_timestamp(), beat = $2 from sent s
where o.run_id = s.run_id and o.step = s.step and o.dispatch = s.dispatch`,
}

/** Marks rows as sent with the beat that Redis took after them (R4); the last statement of the relay. */
export const markSent = async (tx: Tx, debts: readonly DebtKey[], beat: number, shard = 0): Promise<void> => {
  const keys = debts.map(({ runId, step, dispatch }) => ({ runId, step, dispatch }))
  if (keys.length > 0) await rowsOf(tx, mark, [jsonText(keys), beat, shard + 1])
}

/** The courier as a relay finds it. */
export interface Courier {
  /** The highest beat that Redis is known to have taken. */
  readonly lastBeat: number
  /** For what is sent now (R5). */
  readonly nextBeat: number
}

// A relay waits for Redis, which answers or fails within seconds: a process that was paused here does not hold up the others
// for as long as elsewhere.
const courier = {
  name: 'lock-courier',
  // R5: the lock first. Taken in one step, the beat could be drawn before another relay's that is used before it.
  text: `
with locked as materialized (select last_beat from courier where id = $1 for update)
select last_beat as "lastBeat", nextval('courier_beat') as "nextBeat",
  set_config('idle_in_transaction_session_timeout', '10s', true)
from locked`,
}

/** Makes this transaction the relay of a shard (R1, R6), waiting for another's end. */
export const lockCourier = async (tx: Tx, shard = 0): Promise<Courier> => {
  const [row] = await rowsOf<Courier>(tx, courier, [shard + 1])
  if (!row) throw new Error('the courier has no row')
  return { lastBeat: row.lastBeat, nextBeat: row.nextBeat }
}

const lose = {
  name: 'lose-beats',
  text: `
with lost as materialized (
  select run_id, step, dispatch from outbox
  where sent_at is not null and beat > $1 and ($2 = 1 or queue_shard(queue, $2) = $3)
  order by run_id, dispatch for update skip locked
), unsent as (
  update outbox o set sent_at = null, beat = null from lost l
  where o.run_id = l.run_id and o.step = l.step and o.dispatch = l.dispatch returning 1
)
select (select count(*) from unsent)::integer as lost,
  (select count(*) from outbox
   where sent_at is not null and beat > $1 and ($2 = 1 or queue_shard(queue, $2) = $3))::integer as known`,
}

/**
 * Redis knows no beat after `redisBeat`: every row that was sent with a later one is owed again (R3). Resolves with how
 * many are, and how many are left for the next call because a tick is settling them.
 */
export const loseBeats = async (
  tx: Tx,
  redisBeat: number,
  { shards, shard }: Shard = whole,
): Promise<{ readonly lost: number; readonly left: number }> => {
  const values = [redisBeat, shards, shard]
  const [{ lost, known } = { lost: 0, known: 0 }] = await rowsOf<{ lost: number; known: number }>(tx, lose, values)
  return { lost, left: known - lost }
}

const debts = {
  name: 'list-debts',
  text: `
select ${columns}, r.root_run_id as "rootRunId"
from jsonb_to_recordset($1::jsonb) as a("runId" uuid, step text, dispatch integer)
join outbox o on o.run_id = a."runId" and o.step = a.step and o.dispatch = a.dispatch join run r on r.id = o.run_id`,
}

/** Those of the given dispatches that are still owed: for jobs that BullMQ failed without a reply. */
export const listDebts = async (db: Db, keys: readonly DebtKey[]): Promise<OwedRow[]> => {
  if (keys.length === 0) return []
  const named = keys.map(({ runId, step, dispatch }) => ({ runId, step, dispatch }))
  return opened(db, await rowsOf(db, debts, [jsonText(named)]))
}
