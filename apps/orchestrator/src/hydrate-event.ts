import {
  carryOver,
  type RunEvent,
  type RunPolicies,
  type RunState,
  type StepMapping,
  type WorkflowDefinition,
} from '@flotilla/engine'
import { collectItems, readClaimedRuns, readItems, type ClaimedRun, type Tx } from '@flotilla/store'
import type { Definitions } from './definitions.js'

/** Gives the state that a run had at a checkpoint, as a state of `definition`; null where it has no such checkpoint. */
export type RestoreCheckpoint = (
  tx: Tx,
  run: Pick<ClaimedRun, 'runId' | 'submittedBy'>,
  checkpoint: number,
  definition: WorkflowDefinition,
) => Promise<RunState | null>

/** The event with which a run begins: its row is the event, so nothing waits in the inbox for it. */
export const firstEventOf = (run: ClaimedRun, at: number, policies?: RunPolicies): RunEvent => {
  const { forkedFrom, forkedCheckpoint, forkedBy, submittedBy, input } = run
  if (forkedFrom === null) return { type: 'RunStarted', at, input, ...(policies ? { policies } : {}) }
  const from = { runId: forkedFrom, checkpoint: forkedCheckpoint }
  return { type: 'RunForked', at, by: forkedBy ?? submittedBy, from, input, ...(policies ? { policies } : {}) }
}

/** What events are hydrated with. */
export interface Hydrating {
  /** The version that the run is pinned to. */
  readonly definition: WorkflowDefinition
  readonly definitions: Definitions
  readonly restore: RestoreCheckpoint
}

/** The state that a fork begins with as a state of the fork's version; null where that cannot go on from there. */
const inOwnVersion = async (
  tx: Tx,
  run: ClaimedRun,
  { restored, definition, definitions }: Omit<Hydrating, 'restore'> & { readonly restored: RunState },
): Promise<RunState | null> => {
  const [parent] = run.forkedFrom === null ? [] : await readClaimedRuns(tx, [run.forkedFrom])
  if (!parent || parent.definitionHash === run.definitionHash) return restored
  const from = await definitions.byHash(parent.definitionHash)
  const mapping = (run.forkedMapping ?? {}) as StepMapping // as the gateway has checked it
  return from ? carryOver(restored, [{ from, to: definition, mapping }]) : null
}

/**
 * Puts into an event what inbox and history leave out: the items or results that a map has asked for, the state that a
 * resume or a fork begins with. Throws CHECKPOINT_LOST for a fork whose checkpoint is gone.
 */
export const hydrateEvent = async (
  tx: Tx,
  run: ClaimedRun,
  { event, definition, definitions, restore }: Hydrating & { readonly event: RunEvent },
): Promise<RunEvent> => {
  if (event.type === 'ResumeRequested' && event.checkpoint !== null) {
    const restored = await restore(tx, run, event.checkpoint, definition)
    return restored === null ? event : { ...event, restored }
  }
  if (event.type === 'RunForked' && event.from.checkpoint !== null && event.restored === undefined) {
    const parent = { runId: event.from.runId, submittedBy: run.submittedBy }
    const restored = await restore(tx, parent, event.from.checkpoint, definition)
    const own = restored === null ? null : await inOwnVersion(tx, run, { restored, definition, definitions })
    if (own === null) throw new Error('CHECKPOINT_LOST')
    return { ...event, restored: own }
  }
  if (event.type === 'RunMigrated') {
    const to = await definitions.byHash(event.to.hash)
    return to ? { ...event, definition: to } : event
  }
  const { runId } = run
  if (event.type === 'ItemsRead')
    return { ...event, items: await readItems(tx, { runId, step: event.step, visit: event.visit }, event) }
  if (event.type !== 'ItemsCollected') return event
  const total = run.state?.steps[event.step]?.items?.total ?? 0
  return { ...event, outputs: await collectItems(tx, { runId, step: event.step, visit: event.visit }, total) }
}
