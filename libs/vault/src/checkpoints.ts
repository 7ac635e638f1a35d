import type { Pool } from 'pg'
import type { VaultKeys } from './vault-keys.js'

/** What names an agent's own checkpoint: one visit of one step. */
export interface CheckpointScope {
  readonly runId: string
  readonly step: string
  readonly visit: number
}

/** What agents keep for a later attempt or dispatch of the same visit. */
export interface Checkpoints {
  /** Keeps `data` (JSON) under `id`; the same id again replaces it. */
  readonly save: (
    scope: CheckpointScope,
    checkpoint: { readonly id: string; readonly label: string; readonly data: unknown },
  ) => Promise<void>
  /** What stands under `id`, or the latest whose id does not begin with `excluding`; null when there is none. */
  readonly read: (scope: CheckpointScope, id: string | null, excluding: string) => Promise<unknown>
}

const saveSql = `
  insert into vault.agent_checkpoint (run_id, step, visit, id, label, data) values ($1, $2, $3, $4, $5, $6)
  on conflict (run_id, step, visit, id)
  do update set label = excluded.label, data = excluded.data, at = clock_timestamp()`

const readSql = `
  select id, data from vault.agent_checkpoint
  where run_id = $1 and step = $2 and visit = $3
    and case when $4::text is null then not starts_with(id, $5) else id = $4 end
  order by at desc limit 1`

const place = (step: string, visit: number, id: string) =>
  ({ table: 'agent_checkpoint', column: 'data', row: [step, visit, id], bound: 'family' }) as const

/** Statements over `vault.agent_checkpoint`. */
export const makeCheckpoints = (pool: Pool, keys: VaultKeys): Checkpoints => ({
  save: async ({ runId, step, visit }, { id, label, data }) => {
    const sealed = (await keys.of(runId)).seal(place(step, visit, id), data ?? null)
    await pool.query(saveSql, [runId, step, visit, id, label, JSON.stringify(sealed)])
  },
  read: async ({ runId, step, visit }, id, excluding) => {
    const { rows } = await pool.query<{ id: string; data: unknown }>(readSql, [runId, step, visit, id, excluding])
    const [row] = rows
    return row === undefined ? null : (await keys.of(runId)).open(place(step, visit, row.id), row.data)
  },
})
