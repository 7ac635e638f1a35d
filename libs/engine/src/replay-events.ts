import { advance } from './advance.js'
import type { WorkflowDefinition } from './definition.js'
import type { RunEvent } from './event.js'
import { initialState } from './initial-state.js'
import { applyPatch, diffState, type Patch } from './diff-state.js'
import type { RunState } from './state.js'

/**
 * Gives events that were applied once to the engine again and compares what comes of them with what was stored.
 *
 * P1 nothing is written and nothing is sent; the replay begins from nothing but the run's id, its submitter and its events.
 */

/** Where a replay first came to another state than the one that was stored. */
export interface Divergence {
  readonly position: number
  readonly event: RunEvent['type']
  /** `ignored`: it was applied once and not the other time; `state`: what followed differs. */
  readonly why: 'ignored' | 'state'
}

/** An applied event with what it did to the state; `patch` null: nothing. */
export interface StoredEvent {
  readonly position: number
  readonly event: RunEvent
  readonly ignored: string | null
  readonly patch: Patch | null
}

/** A run's way through one or more versions of its workflow, complete in itself. */
export interface StoredHistory {
  readonly workflow: string
  readonly runId: string
  readonly submittedBy: string
  /** The version with which the history begins; a change of version brings the next. */
  readonly definition: WorkflowDefinition
  readonly events: readonly StoredEvent[]
  /** As it is stored now; null: before the first event. */
  readonly state: RunState | null
}

/** Puts back into an event what a history leaves out because it stands elsewhere; `state` is the one before the event. */
export type PutBack = (event: RunEvent, at: { state: RunState; definition: WorkflowDefinition }) => Promise<RunEvent>

const same = (a: RunState, b: RunState): boolean => Object.keys(diffState(a, b)).length === 0

/** Null: the engine gives the same states again, down to the one that is stored now. */
export const replayEvents = async (
  { runId, submittedBy, events, ...stored }: StoredHistory,
  putBack: PutBack = (event) => Promise.resolve(event),
): Promise<Divergence | null> => {
  let { definition } = stored
  let state: RunState = initialState({ runId, submittedBy })
  let told = state
  for (const { position, event: bare, ignored, patch } of events) {
    const event = await putBack(bare, { state, definition })
    const next = advance(definition, state, event)
    const diverged = (why: Divergence['why']): Divergence => ({ position, event: bare.type, why })
    if ((next.ignored ?? null) !== ignored) return diverged('ignored')
    if (patch !== null) told = applyPatch(told, patch)
    if (!same(told, next.state)) return diverged('state')
    state = next.state
    if (event.type === 'RunMigrated' && ignored === null && event.definition) definition = event.definition
  }
  const last = events.at(-1)
  if (!last || (stored.state !== null && same(stored.state, state))) return null
  return { position: last.position, event: last.event.type, why: 'state' }
}
