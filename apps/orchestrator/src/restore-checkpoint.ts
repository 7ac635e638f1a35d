import {
  applyPatch,
  carryOver,
  initialState,
  type Migration,
  type Patch,
  type RunState,
  type StepMapping,
} from '@flotilla/engine'
import { listMigrations, readCheckpoint, readDefinitionsByHash, readStateParts, type Tx } from '@flotilla/store'
import type { RestoreCheckpoint } from './hydrate-event.js'

/** The changes of version that a run went through after a position; null where a definition is gone. */
const migrationsAfter = async (tx: Tx, runId: string, position: number): Promise<readonly Migration[] | null> => {
  const rows = await listMigrations(tx, runId, position)
  if (rows.length === 0) return []
  const definitions = await readDefinitionsByHash(tx, [...new Set(rows.flatMap(({ from, to }) => [from, to]))])
  const found: Migration[] = []
  for (const row of rows) {
    const from = definitions.get(row.from)
    const to = definitions.get(row.to)
    if (!from || !to) return null
    found.push({ from, to, mapping: row.mapping as StepMapping }) // as the event was written
  }
  return found
}

/**
 * The state of a run as it was at a checkpoint: patches folded onto the last snapshot, carried over into the version that
 * the run is pinned to now. Null for an unknown checkpoint, and for one that the version cannot go on from.
 */
export const restoreCheckpoint: RestoreCheckpoint = async (tx, run, checkpoint) => {
  const found = await readCheckpoint(tx, run.runId, String(checkpoint))
  if (found === null) return null
  const { snapshot, patches } = await readStateParts(tx, run.runId, found.position)
  const start: RunState = snapshot ?? initialState({ runId: run.runId, submittedBy: run.submittedBy })
  const state = patches.reduce<RunState>((before, patch) => applyPatch(before, patch as Patch), start) // the history keeps patches
  const migrations = await migrationsAfter(tx, run.runId, found.position)
  return migrations === null ? null : carryOver(state, migrations)
}
