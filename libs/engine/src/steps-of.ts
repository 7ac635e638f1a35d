import type { StateDefinition, WorkflowDefinition } from './definition.js'
import { indexDefinition } from './definition-index.js'

/** One step that a run of a definition can have. */
export interface StepListed {
  readonly path: string
  readonly title: string
  readonly kind: StateDefinition['kind']
  /** The compound that holds it, by path, else null. */
  readonly parent: string | null
  /** The top-level state. */
  readonly phase: string
}

/**
 * The steps of a definition in its order: every state but the ends, a parallel before its branches' states, a
 * sub-workflow before its own. One array per definition object.
 */
export const stepsOf = (definition: WorkflowDefinition): readonly StepListed[] => {
  const known = listed.get(definition)
  if (known) return known
  const steps = [...indexDefinition(definition).states.values()].map((state) => ({
    path: state.path,
    title: state.title,
    kind: state.definition.kind,
    parent: state.parent?.path ?? null,
    phase: state.phase.path,
  }))
  listed.set(definition, steps)
  return steps
}

const listed = new WeakMap<WorkflowDefinition, readonly StepListed[]>()
