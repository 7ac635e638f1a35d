import {
  advance,
  diffState,
  initialState,
  type StoredEvent,
  type StoredHistory,
  type WorkflowDefinition,
} from '@flotilla/engine'
import { simulate, type LawfulWorld } from '@flotilla/engine/testing'

/** Picks by a small generator of its own, so that a history can be made again. */
const chooser = (seed: number) => {
  let state = seed
  return (count: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return seed === 0 ? 0 : (state >>> 8) % count
  }
}

/**
 * The history that a world makes of a workflow, as a database keeps it. Each reply comes twice in every other one, so that
 * what is ignored is in it too. Seed 0: everything in its order.
 */
export const makeHistory = (definition: WorkflowDefinition, world: LawfulWorld, seed: number): StoredHistory => {
  const { events: given } = simulate(definition, world.agents, { ...world.options, choose: chooser(seed) })
  const runId = 'run-1'
  const submittedBy = 'a-submitter'
  let state = initialState({ runId, submittedBy })
  const events: StoredEvent[] = []
  const apply = (event: StoredEvent['event']): void => {
    const next = advance(definition, state, event)
    const patch = diffState(state, next.state)
    const changed = Object.keys(patch).length > 0
    events.push({ position: events.length + 1, event, ignored: next.ignored ?? null, patch: changed ? patch : null })
    state = next.state
  }
  for (const { event } of given) {
    apply(event)
    if (seed % 2 === 1 && event.type === 'StepSucceeded') apply(event)
  }
  return { workflow: definition.name, runId, submittedBy, definition, events, state }
}
