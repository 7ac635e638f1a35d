import type { Command } from './command.js'
import type { WorkflowDefinition } from './definition.js'
import { placesOf } from './lint/places.js'
import type { RunState, StepState } from './state.js'
import { isActive } from './step-at.js'

const correlates = new WeakMap<WorkflowDefinition, boolean>()

/** Whether any state waits for correlated events; found out once, since most workflows never do. */
const hasCorrelated = (definition: WorkflowDefinition): boolean => {
  const known = correlates.get(definition)
  if (known !== undefined) return known
  const found = placesOf(definition).some(({ state }) => state.kind === 'wait' && state.correlate !== undefined)
  correlates.set(definition, found)
  return found
}

/** What a step waits for under a key, while it does. */
const awaitedBy = (step: StepState | undefined): StepState['awaits'] =>
  step !== undefined && isActive(step) ? step.awaits : undefined

/**
 * The subscriptions that an event has ended and begun: by what waits before and after it, so that no way out of a wait
 * (its event, its deadline, a cancellation, a failure, a rollback) can be forgotten.
 */
export const subscriptionCommands = (
  definition: WorkflowDefinition,
  before: RunState,
  after: RunState,
): readonly Command[] => {
  if (before === after || !hasCorrelated(definition)) return []
  const same = (path: string): boolean => {
    const [was, is] = [before.steps[path], after.steps[path]]
    return awaitedBy(was)?.key === awaitedBy(is)?.key && was?.visits === is?.visits
  }
  const ended = Object.entries(before.steps).flatMap(([step, was]): Command[] =>
    awaitedBy(was) && !same(step) ? [{ type: 'Unsubscribe', step, visit: was.visits }] : [],
  )
  const begun = Object.entries(after.steps).flatMap(([step, is]): readonly Command[] => {
    const awaited = awaitedBy(is)
    if (!awaited || same(step)) return []
    const { names, key } = awaited
    return names.map((name) => ({ type: 'Subscribe', step, visit: is.visits, name, key }))
  })
  return [...ended, ...begun]
}
