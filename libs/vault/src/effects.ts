/**
 * The ledger of effects.
 *
 * E1  One row per root run, step, visit, name and key: a retry or a new dispatch is the same effect, a new visit is not.
 * E2  The intent is committed before the call, the outcome after it.
 * E3  A recorded outcome is final: a second `finish` changes nothing and the first outcome is returned.
 * E4  The idempotency key is set by the intent and never changes, so that a provider sees one call however often we die.
 */
import type { Pool } from 'pg'

/** What names an effect. */
export interface EffectKey {
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
}

/** How an effect stands. */
export type EffectStanding =
  { readonly status: 'done'; readonly outcome: unknown } | { readonly status: 'open'; readonly idempotencyKey: string }

/** The ledger. */
export interface Effects {
  /** Writes the intent (E2), or finds what stands already: a recorded outcome, or the key to call with. */
  readonly begin: (intent: EffectIntent) => Promise<EffectStanding>
  /** Records the outcome, a JSON value, and returns the one that counts (E3). */
  readonly finish: (key: EffectKey, outcome: unknown) => Promise<unknown>
  /** Notes that the call failed; it may be begun again. */
  readonly fail: (key: EffectKey) => Promise<void>
}

const keyOf = (key: EffectKey): unknown[] => [key.rootRunId, key.step, key.visit, key.name, key.key]

const beginSql = `
  insert into vault.effect (root_run_id, step, visit, name, key, tenant_id, status, reversible, idempotency_key, dispatch, attempt)
  values ($1, $2, $3, $4, $5, $6, 'intent', $7, $8, $9, $10)
  on conflict (root_run_id, step, visit, name, key) do update set
    status = case when vault.effect.status = 'done' then 'done' else 'intent' end,
    dispatch = case when vault.effect.status = 'done' then vault.effect.dispatch else excluded.dispatch end,
    attempt = case when vault.effect.status = 'done' then vault.effect.attempt else excluded.attempt end
  returning status, outcome, idempotency_key`

const finishSql = `
  update vault.effect set
    outcome = case when status = 'done' then outcome else $6::jsonb end,
    done_at = case when status = 'done' then done_at else clock_timestamp() end,
    status = 'done'
  where root_run_id = $1 and step = $2 and visit = $3 and name = $4 and key = $5
  returning outcome`

const failSql = `
  update vault.effect set status = 'failed'
  where root_run_id = $1 and step = $2 and visit = $3 and name = $4 and key = $5 and status = 'intent'`

/** Statements over `vault.effect`. */
export const makeEffects = (pool: Pool): Effects => ({
  begin: async (intent) => {
    const { rows } = await pool.query<{ status: string; outcome: unknown; idempotency_key: string }>(beginSql, [
      ...keyOf(intent),
      intent.tenantId,
      intent.reversible,
      intent.idempotencyKey,
      intent.dispatch,
      intent.attempt,
    ])
    const row = rows[0]
    return row?.status === 'done'
      ? { status: 'done', outcome: row.outcome }
      : { status: 'open', idempotencyKey: row?.idempotency_key ?? intent.idempotencyKey }
  },
  finish: async (key, outcome) => {
    const text = JSON.stringify(outcome ?? null)
    const { rows } = await pool.query<{ outcome: unknown }>(finishSql, [...keyOf(key), text])
    return rows[0]?.outcome ?? null
  },
  fail: async (key) => {
    await pool.query(failSql, keyOf(key))
  },
})
