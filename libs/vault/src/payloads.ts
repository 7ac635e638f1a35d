import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import type { VaultKeys } from './vault-keys.js'

/** Payloads that are too large to travel. */
export interface Payloads {
  /** The input of an owed job; null once the debt is paid or void. */
  readonly readInput: (runId: string, step: string, dispatch: number) => Promise<unknown>
  /** Keeps a (sealed) body and returns its reference. */
  readonly save: (payload: {
    readonly tenantId: string
    readonly runId: string
    readonly body: Uint8Array
  }) => Promise<string>
  /** A body by its reference, within its run; null when it is gone. */
  readonly read: (runId: string, ref: string) => Promise<Uint8Array | null>
}

/** Statements over `vault.payload` and `vault.read_input`. */
export const makePayloads = (pool: Pool, keys: VaultKeys): Payloads => ({
  readInput: async (runId, step, dispatch) => {
    const { rows } = await pool.query<{ input: unknown }>('select vault.read_input($1, $2, $3) as input', [
      runId,
      step,
      dispatch,
    ])
    const input = rows[0]?.input ?? null
    if (input === null) return null
    const place = { table: 'outbox', column: 'input', row: [step, dispatch], bound: 'run' } as const
    return (await keys.of(runId)).open(place, input)
  },
  save: async ({ tenantId, runId, body }) => {
    const ref = `vault:${randomUUID()}`
    await pool.query('insert into vault.payload (ref, tenant_id, run_id, body) values ($1, $2, $3, $4)', [
      ref,
      tenantId,
      runId,
      Buffer.from(body),
    ])
    return ref
  },
  read: async (runId, ref) => {
    const { rows } = await pool.query<{ body: Buffer }>(
      'select body from vault.payload where ref = $1 and run_id = $2',
      [ref, runId],
    )
    return rows[0]?.body ?? null
  },
})
