/**
 * Hooks that endpoints outside call.
 *
 * N1  A call is known by its hook and id. Two that come at once wait for one another, and the second gets the answer of the
 *     first: its work and its answer are one transaction.
 */
import type { HookSpec, Json } from '@flotilla/engine'
import type { Db, Tx } from '../open-store.js'
import { jsonText } from '../json-text.js'
import { rowsOf } from './statement.js'

/** A hook as its tenant sees it. */
export interface HookRow {
  readonly id: string
  readonly name: string
  readonly spec: HookSpec
  readonly description: string | null
  readonly previousUntil: Date | null
  readonly createdAt: Date
  readonly createdBy: string
}

const columns = `id, name, spec, description, previous_until as "previousUntil", created_at as "createdAt",
  created_by as "createdBy"`
const insert = {
  name: 'insert-hook',
  text: `
insert into incoming_hook (id, tenant_id, name, spec, description, secret, created_by)
select $1, current_setting('flotilla.tenant', true), $2, $3::jsonb, $4, $5, $6
where (select count(*) from incoming_hook) < $7
on conflict (tenant_id, name) do nothing returning ${columns}`,
}

/** Registers a hook of the tenant of `asTenant`; null when it has one of that name, or `most` already. */
export const insertHook = async (
  tx: Tx,
  hook: Pick<HookRow, 'id' | 'name' | 'spec' | 'description' | 'createdBy'> & { readonly secret: string },
  most: number,
): Promise<HookRow | null> => {
  const { id, name, spec, description, secret, createdBy } = hook
  const values = [id, name, jsonText(spec), description, secret, createdBy, most]
  return (await rowsOf<HookRow>(tx, insert, values))[0] ?? null
}

const list = {
  name: 'list-hooks',
  text: `select ${columns} from incoming_hook where $1::uuid is null or id = $1 order by name`,
}

/** Every hook of the tenant of `asTenant`, or the one that is named, by name. */
export const listHooks = (tx: Tx, id: string | null = null): Promise<HookRow[]> => rowsOf(tx, list, [id])

const remove = { name: 'delete-hook', text: 'delete from incoming_hook where id = $1 returning id' }

/** Forgets a hook; false when there is none. */
export const deleteHook = async (tx: Tx, id: string): Promise<boolean> => (await rowsOf(tx, remove, [id])).length > 0

const rotate = {
  name: 'rotate-hook',
  text: `
update incoming_hook set previous_secret = case when $3::bigint > 0 then secret end,
  previous_until = case when $3::bigint > 0 then now() + make_interval(secs => $3::bigint / 1000.0) end, secret = $2
where id = $1 returning ${columns}`,
}

/** Gives a hook another secret; the one before holds beside it for `overlapMs`. Null when there is no hook. */
export const rotateHook = async (
  tx: Tx,
  { id, secret, overlapMs }: { readonly id: string; readonly secret: string; readonly overlapMs: number },
): Promise<HookRow | null> => (await rowsOf<HookRow>(tx, rotate, [id, secret, overlapMs]))[0] ?? null

/** A hook as its caller meets it; secrets sealed, the newest first. */
export interface FoundHook {
  readonly tenantId: string
  readonly name: string
  readonly spec: HookSpec
  readonly secrets: readonly string[]
}

const find = {
  name: 'find-hook',
  text: `
select tenant_id as "tenantId", name, spec, array_remove(array[secret, previous_secret], null) as secrets
from find_incoming_hook($1)`,
}

/** The hook of an id, of whatever tenant: nothing is known of a caller but the id. */
export const findHook = async (db: Db, id: string): Promise<FoundHook | null> =>
  (await rowsOf<FoundHook>(db, find, [id]))[0] ?? null

const lock = {
  name: 'lock-call',
  text: `select pg_advisory_xact_lock(hashtextextended('flotilla.hook ' || $1::text || ' ' || $2::text, 0))`,
}
const known = { name: 'read-call', text: 'select answer from incoming_call where hook_id = $1 and message_id = $2' }
const note = {
  name: 'insert-call',
  text: `
insert into incoming_call (hook_id, message_id, tenant_id, answer, expires_at)
values ($1, $2, current_setting('flotilla.tenant', true), $3::jsonb, now() + make_interval(hours => $4))`,
}

/** A caller repeats a call for three days at most, as Standard Webhooks has it; beyond twice the tolerance by far. */
const callHours = 96

/**
 * Answers a call of a hook by doing `work`, or with the answer that it got before (N1). In a transaction of `asTenant`;
 * what rejects is not remembered.
 */
export const answerOnce = async <Answer extends object>(
  tx: Tx,
  { hookId, messageId }: { readonly hookId: string; readonly messageId: string },
  work: () => Promise<Answer>,
): Promise<{ readonly answer: Answer; readonly replayed: boolean }> => {
  await rowsOf(tx, lock, [hookId, messageId])
  const [before] = await rowsOf<{ answer: Json }>(tx, known, [hookId, messageId])
  if (before) return { answer: before.answer as unknown as Answer, replayed: true } // as it was written
  const answer = await work()
  await rowsOf(tx, note, [hookId, messageId, jsonText(answer), callHours])
  return { answer, replayed: false }
}

const purge = {
  name: 'purge-calls',
  text: `
with expired as (select hook_id, message_id from incoming_call where expires_at <= now() order by expires_at limit $1),
purged as (
  delete from incoming_call c using expired e where c.hook_id = e.hook_id and c.message_id = e.message_id returning 1
)
select count(*)::integer as purged from purged`,
}

/** Forgets at most `limit` calls whose ids nobody repeats any more; resolves with how many. */
export const purgeCalls = async (db: Db, limit: number): Promise<number> =>
  (await rowsOf<{ purged: number }>(db, purge, [limit]))[0]?.purged ?? 0
