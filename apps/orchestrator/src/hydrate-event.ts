import type { RunEvent, RunState, WorkflowDefinition } from '@flotilla/engine'
import { collectItems, readItems, type ClaimedRun, type Tx } from '@flotilla/store'

/** Gives the state that a run had at a checkpoint, as a state of `definition`; null where it has no such checkpoint. */
export type RestoreCheckpoint = (
  tx: Tx,
  run: Pick<ClaimedRun, 'runId' | 'submittedBy'>,
  checkpoint: number,
  definition: WorkflowDefinition,
) => Promise<RunState | null>

/** The event with which a run begins: its row is the event, so nothing waits in the inbox for it. */
export const firstEventOf = (run: ClaimedRun, at: number): RunEvent => {
  const { forkedFrom, forkedCheckpoint, forkedBy, submittedBy, input } = run
  if (forkedFrom === null) return { type: 'RunStarted', at, input }
  const from = { runId: forkedFrom, checkpoint: forkedCheckpoint }
  return { type: 'RunForked', at, by: forkedBy ?? submittedBy, from, input }
}

/**
 * Puts into an event what inbox and history leave out: the items or results that a map has asked for, the state that a
 * resume or a fork begins with. Throws CHECKPOINT_LOST for a fork whose checkpoint is gone.
 */
export const hydrateEvent = async (
  tx: Tx,
  run: ClaimedRun,
  {
    event,
    definition,
    restore,
  }: { readonly event: RunEvent; readonly definition: WorkflowDefinition; readonly restore: RestoreCheckpoint },
): Promise<RunEvent> => {
  if (event.type === 'ResumeRequested' && event.checkpoint !== null) {
    const restored = await restore(tx, run, event.checkpoint, definition)
    return restored === null ? event : { ...event, restored }
  }
  if (event.type === 'RunForked' && event.from.checkpoint !== null && event.restored === undefined) {
    const parent = { runId: event.from.runId, submittedBy: run.submittedBy }
    const restored = await restore(tx, parent, event.from.checkpoint, definition)
    if (restored === null) throw new Error('CHECKPOINT_LOST')
    return { ...event, restored }
  }
  const { runId } = run
  if (event.type === 'ItemsRead')
    return { ...event, items: await readItems(tx, { runId, step: event.step, visit: event.visit }, event) }
  if (event.type !== 'ItemsCollected') return event
  const total = run.state?.steps[event.step]?.items?.total ?? 0
  return { ...event, outputs: await collectItems(tx, { runId, step: event.step, visit: event.visit }, total) }
}
