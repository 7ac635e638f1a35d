import type { Json, RunLimit } from '@flotilla/engine'
import type pg from 'pg'
import { jsonText } from '../json-text.js'
import type { Db, Tx } from '../open-store.js'
import { newRunKey, sealWith } from '../sealing/run-keys.js'
import { inputPlace } from '../sealing/sealed-run.js'
import { slotKeyOf } from './run-slots.js'
import { rowsOf } from './statement.js'

/** A run to accept. `priority`: 0 urgent, 1 normal, 2 batch. `idempotencyKey` and `fingerprint` are both null or both not. */
export interface Submission {
  /** UUIDv7: the history's partitions and every listing go by the time in it. */
  readonly runId: string
  readonly tenant: string
  readonly workflow: string
  readonly version: number
  readonly definitionHash: string
  readonly priority: 0 | 1 | 2
  readonly input: Json
  readonly tags: readonly string[]
  readonly submittedBy: string
  readonly traceId: string
  readonly traceparent: string | null
  readonly idempotencyKey: string | null
  readonly fingerprint: string | null
  /** How many completions of other runs led to this one; default 0. */
  readonly chainDepth?: number
  /** The limit on runs of the workflow at once that it is under; default none. */
  readonly limit?: RunLimit | null
}

/**
 * `accepted`: the run exists now. `replayed`: the key named this very body before; ids are the first run's. `conflict`:
 * the key named another body. `limited`: all slots of its limit are taken. `refused`: Postgres would not store this row (SQLSTATE in `code`); the others are not touched.
 */
export type Submitted =
  | {
      readonly outcome: 'accepted' | 'replayed' | 'conflict' | 'limited'
      readonly runId: string
      readonly traceId: string
      readonly createdAt: Date
    }
  | { readonly outcome: 'refused'; readonly code: string; readonly error: unknown }

const statement = { name: 'submit-runs', text: 'select * from submit_sealed_runs($1::jsonb)' }

/** The input as it is stored, with the run's new key. */
const sealedInput = (db: Db, { runId, tenant, input }: Submission) => {
  const made = newRunKey(db, { keyRunId: runId, tenantId: tenant })
  return made === null ? { input } : { input: sealWith(made.known, inputPlace, runId, input), ...made.row }
}

const submit = async (pool: Db, batch: readonly Submission[]): Promise<Submitted[]> => {
  const rows = batch.map((row, ord) => ({
    ord,
    id: row.runId,
    tenant_id: row.tenant,
    workflow: row.workflow,
    version: row.version,
    definition_hash: row.definitionHash,
    priority: row.priority,
    ...sealedInput(pool, row),
    tags: row.tags,
    submitted_by: row.submittedBy,
    trace_id: row.traceId,
    traceparent: row.traceparent,
    key: row.idempotencyKey,
    fingerprint: row.fingerprint,
    chain_depth: row.chainDepth ?? 0,
    ...(row.limit
      ? {
          slot_key: slotKeyOf(row.workflow, row.limit.value),
          slot_max: row.limit.max,
          slot_rejects: row.limit.behaviour === 'reject',
        }
      : {}),
  }))
  type Row = {
    outcome: 'accepted' | 'replayed' | 'conflict' | 'limited'
    run_id: string
    trace_id: string
    created_at: Date
  }
  const judged = await rowsOf<Row>(pool, statement, [jsonText(rows)])
  return judged.map((row) => ({
    outcome: row.outcome,
    runId: row.run_id,
    traceId: row.trace_id,
    createdAt: row.created_at,
  }))
}

/** Accepts one submission without a key, in the caller's transaction; false where its workflow's limit refuses it. */
export const submitOne = async (tx: Tx, submission: Submission): Promise<boolean> =>
  (await submit(tx, [submission]))[0]?.outcome === 'accepted'

/** SQLSTATE of an error that is the data's fault (class 22 or 23), else null. */
const dataFault = (error: unknown): string | null => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /^2[23]/.test(code) ? code : null
}

/**
 * Accepts a batch of submissions of any tenants in one transaction, in the batch's order; durable when it resolves. When
 * Postgres refuses a row, the batch is repeated one by one, so that it refuses only itself. Rejects with the driver's error
 * when Postgres is away: nothing is accepted then, or the outcome is unknown and the idempotency key tells.
 */
export const submitRuns = async (pool: pg.Pool, batch: readonly Submission[]): Promise<Submitted[]> => {
  if (batch.length === 0) return []
  try {
    return await submit(pool, batch)
  } catch (error) {
    const code = dataFault(error)
    if (code === null) throw error
    if (batch.length === 1) return [{ outcome: 'refused', code, error }]
  }
  const results: Submitted[] = []
  for (const one of batch) results.push(...(await submitRuns(pool, [one])))
  return results
}

/** Accepts runs in a transaction that does more: all of it or nothing. Rejects with the driver's error. */
export const submitRunsIn = async (tx: Tx, batch: readonly Submission[]): Promise<readonly Submitted[]> =>
  batch.length === 0 ? [] : submit(tx, batch)
