import { applyPatch, initialState, type Patch, type RunState } from '@flotilla/engine'
import { readCheckpoint, readStateParts } from '@flotilla/store'
import type { RestoreCheckpoint } from './hydrate-event.js'

/** The state of a run as it was at a checkpoint: patches folded onto the last snapshot; null for an unknown checkpoint. */
export const restoreCheckpoint: RestoreCheckpoint = async (tx, run, checkpoint) => {
  const found = await readCheckpoint(tx, run.runId, String(checkpoint))
  if (found === null) return null
  const { snapshot, patches } = await readStateParts(tx, run.runId, found.position)
  const start: RunState = snapshot ?? initialState({ runId: run.runId, submittedBy: run.submittedBy })
  return patches.reduce<RunState>((state, patch) => applyPatch(state, patch as Patch), start) // the history keeps patches
}
