/**
 * The ledger of effects.
 *
 * E1  One row per run, step, visit, name and key: a retry or a new dispatch is the same effect, a new visit is not.
 * E2  The intent is committed before the call, the outcome after it.
 * E3  A recorded outcome is final: a second `finish` changes nothing and the first outcome is returned.
 * E4  The idempotency key is set by the intent and never changes, so that a provider sees one call however often we die.
 * E5  An effect whose provider does not honour keys is never called again while nobody knows whether it happened.
 * E6  What was undone is not done: begun again it is another effect, with a key of its own; the earlier one is kept.
 */
import type { Pool } from 'pg'
import type { VaultKeys } from './vault-keys.js'

/** What names an effect. */
export interface EffectKey {
  /** The run that it belongs to; a child run has effects of its own. */
  readonly rootRunId: string
  readonly step: string
  readonly visit: number
  readonly name: string
  readonly key: string
}

/** What is written down before the call. */
export interface EffectIntent extends EffectKey {
  readonly tenantId: string
  readonly reversible: boolean
  readonly idempotencyKey: string
  readonly dispatch: number
  readonly attempt: number
  /** Whether the provider makes one call of several with the same key. Default true. */
  readonly honoursKeys?: boolean
  /** What undoes it: an agent and its input. */
  readonly compensate?: { readonly agent: string; readonly input: unknown } | null
}

/** How an effect stands. */
export type EffectStanding =
  | { readonly status: 'done'; readonly outcome: unknown }
  | { readonly status: 'open'; readonly idempotencyKey: string }
  /** Begun at `at` (epoch ms) by this dispatch and attempt, and never heard of since. */
  | { readonly status: 'unknown'; readonly at: number; readonly dispatch: number; readonly attempt: number }

/** The ledger. */
export interface Effects {
  /** Writes the intent (E2), or finds what stands already: a recorded outcome, the key to call with, or a doubt (E5). */
  readonly begin: (intent: EffectIntent) => Promise<EffectStanding>
  /** Records the outcome, a JSON value, and returns the one that counts (E3). */
  readonly finish: (key: EffectKey, outcome: unknown) => Promise<unknown>
  /** Notes that the call failed, and nothing happened; it may be begun again. */
  readonly fail: (key: EffectKey) => Promise<void>
  /** Notes that nobody knows whether it happened. */
  readonly doubt: (key: EffectKey) => Promise<void>
  /** Begins one anew that did not happen, as somebody found out; returns the key to call with. */
  readonly retake: (key: EffectKey, by: Pick<EffectIntent, 'dispatch' | 'attempt'>) => Promise<string>
}

const keyOf = (key: EffectKey): unknown[] => [key.rootRunId, key.step, key.visit, key.name, key.key]
const isKey = 'root_run_id = $1 and step = $2 and visit = $3 and name = $4 and key = $5'

const beginSql = `
  insert into vault.effect as e (root_run_id, step, visit, name, key, tenant_id, status, reversible, idempotency_key,
    dispatch, attempt, honours_keys, compensate, compensated_by)
  values ($1, $2, $3, $4, $5, $6, 'intent', $7, $8, $9, $10, $11, $12, $12::jsonb ->> 'agent')
  on conflict (root_run_id, step, visit, name, key) do update set
    (status, dispatch, attempt, at, reversible, honours_keys, compensate, compensated_by) = (
      select n.status,
        case when n.status = 'intent' then excluded.dispatch else e.dispatch end,
        case when n.status = 'intent' then excluded.attempt else e.attempt end,
        case when n.status = 'intent' then clock_timestamp() else e.at end,
        case when n.status = 'intent' then excluded.reversible else e.reversible end,
        case when n.status = 'intent' then excluded.honours_keys else e.honours_keys end,
        case when n.status = 'intent' then excluded.compensate else e.compensate end,
        case when n.status = 'intent' then excluded.compensated_by else e.compensated_by end
      from (select case
        when e.status = 'done' then 'done'
        when e.status in ('intent', 'unknown') and not excluded.honours_keys then 'unknown' -- E5
        else 'intent' end as status) n
    ),
    -- E6
    (generation, idempotency_key, earlier, outcome, done_at, undone_at) = (
      select e.generation + 1, excluded.idempotency_key || '/' || (e.generation + 1), e.earlier || jsonb_build_object(
        'idempotencyKey', e.idempotency_key, 'outcome', e.outcome, 'doneAt', e.done_at, 'undoneAt', e.undone_at),
        null::jsonb, null::timestamptz, null::timestamptz
      where e.status = 'compensated'
      union all
      select e.generation, e.idempotency_key, e.earlier, e.outcome, e.done_at, e.undone_at where e.status <> 'compensated'
    )
  returning status, outcome, idempotency_key, at, dispatch, attempt`

const finishSql = `
  update vault.effect set
    outcome = case when status in ('done', 'compensated') then outcome else $6::jsonb end,
    done_at = case when status in ('done', 'compensated') then done_at else clock_timestamp() end,
    status = case when status = 'compensated' then status else 'done' end
  where ${isKey}
  returning outcome`

const failSql = `update vault.effect set status = 'failed' where ${isKey} and status = 'intent'`
const doubtSql = `update vault.effect set status = 'unknown' where ${isKey} and status = 'intent'`
const retakeSql = `
  update vault.effect set status = 'intent', dispatch = $6, attempt = $7, at = clock_timestamp()
  where ${isKey} and status = 'unknown' returning idempotency_key`

interface Row {
  readonly status: string
  readonly outcome: unknown
  readonly idempotency_key: string
  readonly at: Date
  readonly dispatch: number
  readonly attempt: number
}

const place = (column: 'outcome' | 'compensate', { step, visit, name, key }: EffectKey) =>
  ({ table: 'effect', column, row: [step, visit, name, key], bound: 'family' }) as const

/** Statements over `vault.effect`. */
export const makeEffects = (pool: Pool, keys: VaultKeys): Effects => ({
  begin: async (intent) => {
    const { honoursKeys = true, compensate = null } = intent
    const key = await keys.of(intent.rootRunId)
    // The agent is looked for by a statement; what it is given may be personal.
    const undoing = compensate && { ...compensate, input: key.seal(place('compensate', intent), compensate.input) }
    const { rows } = await pool.query<Row>(beginSql, [
      ...keyOf(intent),
      intent.tenantId,
      intent.reversible,
      intent.idempotencyKey,
      intent.dispatch,
      intent.attempt,
      honoursKeys,
      undoing === null ? null : JSON.stringify(undoing),
    ])
    const row = rows[0]
    if (row?.status === 'done') return { status: 'done', outcome: key.open(place('outcome', intent), row.outcome) }
    if (row?.status === 'unknown')
      return { status: 'unknown', at: row.at.getTime(), dispatch: row.dispatch, attempt: row.attempt }
    return { status: 'open', idempotencyKey: row?.idempotency_key ?? intent.idempotencyKey }
  },
  finish: async (key, outcome) => {
    const sealing = await keys.of(key.rootRunId)
    const text = JSON.stringify(sealing.seal(place('outcome', key), outcome ?? null))
    const { rows } = await pool.query<{ outcome: unknown }>(finishSql, [...keyOf(key), text])
    return sealing.open(place('outcome', key), rows[0]?.outcome)
  },
  fail: async (key) => {
    await pool.query(failSql, keyOf(key))
  },
  doubt: async (key) => {
    await pool.query(doubtSql, keyOf(key))
  },
  retake: async (key, { dispatch, attempt }) => {
    const { rows } = await pool.query<{ idempotency_key: string }>(retakeSql, [...keyOf(key), dispatch, attempt])
    if (!rows[0]) throw new Error('EFFECT_NOT_IN_DOUBT')
    return rows[0].idempotency_key
  },
})
