import type { WorkflowDefinition } from '../definition.js'
import { error, type Finding } from './finding.js'
import { placesOf } from './places.js'

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
