import type { StateDefinition, WorkflowDefinition } from '../definition.js'
import { error, type Finding } from './finding.js'
import { placesOf } from './places.js'

const notYet = (state: StateDefinition): readonly string[] => [
  ...(state.kind === 'wait' && state.correlate !== undefined ? ['correlated events'] : []),
]

/** Rule: nothing is asked for that this engine does not do yet. Refused rather than quietly left out. */
export const checkSupport = (definition: WorkflowDefinition): readonly Finding[] => {
  const finding = (where: string, what: string): Finding =>
    error('NOT_YET', where, `${what}: not yet`, 'Leave it out until the engine supports it.')
  return placesOf(definition).flatMap(({ state, path }) => notYet(state).map((what) => finding(path, what)))
}

/** Rule: sub-workflows are inlined before a definition is checked and run. */
export const checkBodies = (definition: WorkflowDefinition): readonly Finding[] =>
  placesOf(definition).flatMap(({ state, path }) =>
    state.kind === 'workflow' && state.body === undefined && !state.detached
      ? [
          error(
            'BODY_MISSING',
            path,
            `${state.workflow} version ${state.version} is not inlined`,
            'Register that workflow, and inline it with inlineWorkflows.',
          ),
        ]
      : [],
  )
