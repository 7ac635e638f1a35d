import type { Tx } from '../open-store.js'
import { rowsOf } from './statement.js'

/** An effect as operators see it: never its outcome, its key or an input, which may be personal. */
export interface EffectRow {
  readonly step: string
  readonly visit: number
  readonly name: string
  readonly status: 'intent' | 'done' | 'failed' | 'unknown' | 'compensated'
  readonly reversible: boolean
  readonly honoursKeys: boolean
  /** The agent that undoes it, as the agent that did it says. */
  readonly compensatedBy: string | null
  /** Rises by one each time that it was undone and done again. */
  readonly generation: number
  readonly dispatch: number
  readonly attempt: number
  readonly at: Date
  readonly doneAt: Date | null
  readonly undoneAt: Date | null
}

const list = {
  name: 'list-effects',
  text: `
select step, visit, name, status, reversible, honours_keys as "honoursKeys", compensated_by as "compensatedBy", generation,
  dispatch, attempt, at, done_at as "doneAt", undone_at as "undoneAt"
from vault.effect where root_run_id = $1 order by at, step, visit, name limit $2`,
}

/** The ledger of a run's effects, oldest first, at most `limit`. */
export const listEffects = (tx: Tx, runId: string, limit: number): Promise<EffectRow[]> =>
  rowsOf(tx, list, [runId, limit])
