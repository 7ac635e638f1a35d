import type { Db, Tx } from '../open-store.js'
import { rowsOf } from './statement.js'

export interface DeadLetterRow {
  readonly id: string
  readonly tenantId: string
  readonly runId: string
  readonly workflow: string
  readonly queue: string
  readonly agent: string
  readonly step: string
  readonly visit: number
  readonly dispatch: number
  readonly code: string
  readonly message: string
  readonly stack: string | null
  readonly attempts: number
  readonly inputRef: string
  readonly traceId: string
  readonly createdAt: Date
  readonly status: 'open' | 'replayed' | 'discarded'
  readonly resolvedAt: Date | null
  readonly resolvedBy: string | null
}

/** All that are given must hold; `before` and `after` are about `createdAt`. `status` is open unless given. */
export interface DeadLetterFilter {
  readonly ids?: readonly string[]
  readonly queue?: string
  readonly workflow?: string
  readonly code?: string
  readonly before?: Date
  readonly after?: Date
}

const columns = `d.id, d.tenant_id as "tenantId", d.run_id as "runId", d.workflow, d.queue, d.agent, d.step, d.visit, d.dispatch,
  d.code, d.message, d.stack, d.attempts, d.input_ref as "inputRef", d.trace_id as "traceId", d.created_at as "createdAt",
  d.status, d.resolved_at as "resolvedAt", d.resolved_by as "resolvedBy"`

const matches = `d.tenant_id = current_setting('flotilla.tenant', true)
  and ($1::uuid[] is null or d.id = any($1)) and ($2::text is null or d.queue = $2)
  and ($3::text is null or d.workflow = $3) and ($4::text is null or d.code = $4)
  and ($5::timestamptz is null or d.created_at < $5) and ($6::timestamptz is null or d.created_at > $6)`

const valuesOf = ({ ids, queue, workflow, code, before, after }: DeadLetterFilter) => [
  ids,
  queue,
  workflow,
  code,
  before,
  after,
]

const list = {
  name: 'list-dead-letters',
  text: `
select ${columns} from dead_letter d
where ${matches} and ($7::text is null or d.status = $7) and ($8::uuid is null or d.id < $8)
order by d.id desc limit $9`,
}

/** Dead letters of the tenant, newest first; go on with `beforeId`. `status` null: of any. */
export const listDeadLetters = (
  tx: Tx,
  filter: DeadLetterFilter & {
    readonly status: DeadLetterRow['status'] | null
    readonly beforeId?: string
    readonly limit: number
  },
): Promise<DeadLetterRow[]> => rowsOf(tx, list, [...valuesOf(filter), filter.status, filter.beforeId, filter.limit])

const count = {
  name: 'count-dead-letters',
  text: `select count(*)::integer as matched from dead_letter d where ${matches} and d.status = 'open'`,
}

/** How many open dead letters match: the dry run. */
export const countDeadLetters = async (tx: Tx, filter: DeadLetterFilter): Promise<number> =>
  (await rowsOf<{ matched: number }>(tx, count, valuesOf(filter)))[0]?.matched ?? 0

const resolve = (name: string, status: 'replayed' | 'discarded', rest: string) => ({
  name,
  text: `
with chosen as materialized (
  select d.id from dead_letter d where ${matches} and d.status = 'open' order by d.id limit $8 for update of d skip locked
), resolved as (
  update dead_letter d set status = '${status}', resolved_at = clock_timestamp(), resolved_by = $7
  from chosen c where d.id = c.id returning d.id, d.run_id, d.step, d.dispatch
)${rest}
select distinct run_id as "runId", (select count(*)::integer from resolved) as done from resolved`,
})

const replay = resolve(
  'replay-dead-letters',
  'replayed',
  `, released as (
  -- Under a limit on runs at once a run that had stopped waits for a slot, and its events with it.
  update run r set status = coalesce(state ->> 'status', 'created'), parked_reason = null, crashes = 0, next_deadline_at = now(),
    slot_waits = r.slot_key is not null
  from (select distinct run_id from resolved) x
  where r.id = x.run_id and (r.status = 'parked' or (r.status = 'failed' and r.slot_key is not null))
  returning r.id, r.slot_waits
), unheld as (
  update inbox i set held = released.slot_waits from released
  where i.run_id = released.id and i.held <> released.slot_waits
), told as (
  insert into inbox (run_id, event, dedup_key, held)
  select d.run_id, jsonb_build_object('type', 'DeadLetterReplayed', 'step', d.step, 'dispatch', d.dispatch, 'by', $7::text),
    'replay:' || d.id, coalesce(released.slot_waits, false)
  from resolved d left join released on released.id = d.run_id order by d.id on conflict do nothing
)`,
)
const discard = resolve('discard-dead-letters', 'discarded', '')

export interface Resolved {
  readonly done: number
  /** Runs that have news in their inbox. */
  readonly runIds: readonly string[]
}

const resolveAll = async (
  tx: Tx,
  statement: { name: string; text: string },
  order: ResolveOrder,
): Promise<Resolved> => {
  const values = [...valuesOf(order.filter), order.by, order.limit]
  const rows = await rowsOf<{ runId: string; done: number }>(tx, statement, values)
  return { done: rows[0]?.done ?? 0, runIds: rows.map(({ runId }) => runId) }
}

export interface ResolveOrder {
  readonly filter: DeadLetterFilter
  /** The key's principal. */
  readonly by: string
  /** At most this many in one transaction, oldest first; call again while `done` reaches it. */
  readonly limit: number
}

/** Sends open dead letters that match again: an event for each run, which is reopened (and unparked) at that step. */
export const replayDeadLetters = (tx: Tx, order: ResolveOrder): Promise<Resolved> => resolveAll(tx, replay, order)

/** Closes open dead letters that match without doing anything more. */
export const discardDeadLetters = (tx: Tx, order: ResolveOrder): Promise<Resolved> => resolveAll(tx, discard, order)

const unmirrored = {
  name: 'list-unmirrored',
  text: `select ${columns} from dead_letter d where not d.mirrored order by d.id limit $1`,
}

/** Dead letters of all tenants that no BullMQ queue shows yet, oldest first. */
export const listUnmirrored = (db: Db, limit: number): Promise<DeadLetterRow[]> => rowsOf(db, unmirrored, [limit])

const mirrored = { name: 'mark-mirrored', text: 'update dead_letter set mirrored = true where id = any($1::uuid[])' }

/** Notes that these are shown by their BullMQ queue. */
export const markMirrored = async (db: Db, ids: readonly string[]): Promise<void> => {
  await rowsOf(db, mirrored, [ids])
}
