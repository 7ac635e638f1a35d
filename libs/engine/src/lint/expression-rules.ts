import type {
  Action,
  Assignment,
  CheckpointPolicy,
  ContractRef,
  Mapping,
  StateDefinition,
  WorkflowDefinition,
} from '../definition.js'
import { compileExpression, ExpressionError } from '../expression.js'
import { error, type Finding } from './finding.js'
import { placesOf } from './places.js'

const ofMapping = (mapping: Mapping | undefined): readonly string[] => Object.values(mapping ?? {})
const ofAssignments = (assign: readonly Assignment[] | undefined): readonly string[] =>
  (assign ?? []).map(({ from }) => from)
const ofActions = (actions: readonly Action[] | undefined): readonly string[] =>
  (actions ?? []).flatMap((action) => (action.do === 'assign' ? ofAssignments(action.assign) : []))
const given = (...expressions: readonly (string | undefined)[]): readonly string[] =>
  expressions.filter((expression) => expression !== undefined)

const ofCheckpoint = (policy: CheckpointPolicy | undefined): readonly string[] =>
  typeof policy === 'object' && 'of' in policy ? [policy.of] : []

const ofKind = (state: StateDefinition): readonly string[] => {
  switch (state.kind) {
    case 'agent':
      return [...ofMapping(state.input), ...given(state.outcome), ...ofMapping(state.compensate?.input)]
    case 'set':
      return ofAssignments(state.assign)
    case 'human':
      return ofMapping(state.shows)
    case 'wait':
      return given(state.forMs, state.until, state.correlate)
    case 'workflow':
      return ofMapping(state.input)
    case 'end':
      return ofMapping(state.result)
    case 'map':
      return [state.items, ...ofMapping(state.input)]
    default:
      return []
  }
}

/** Every expression of a state. */
const expressionsOf = (state: StateDefinition): readonly string[] => [
  ...ofKind(state),
  ...(state.transitions ?? []).flatMap(({ when, assign, actions }) => [
    ...given(when),
    ...ofAssignments(assign),
    ...ofActions(actions),
  ]),
  ...ofActions(state.entry),
  ...ofActions(state.exit),
  ...(state.artifacts ?? []).map(({ content }) => content),
  ...ofCheckpoint(state.checkpoint),
]

const whyInvalid = (expression: string): string | null => {
  try {
    compileExpression(expression)
    return null
  } catch (problem) {
    if (problem instanceof ExpressionError) return problem.message
    throw problem
  }
}

/** Rule: every expression compiles, names what there is, and has a bounded cost. */
export const checkExpressions = (definition: WorkflowDefinition): readonly Finding[] => {
  const invalid = (where: string, expressions: readonly string[]): readonly Finding[] =>
    expressions.flatMap((expression) => {
      const why = whyInvalid(expression)
      return why === null
        ? []
        : [error('EXPRESSION_INVALID', where, `${expression}: ${why}`, 'Correct the CEL expression.')]
    })
  return [
    ...invalid('', ofCheckpoint(definition.checkpoint)),
    ...placesOf(definition).flatMap(({ state, path }) => invalid(path, expressionsOf(state))),
  ]
}

/** Tells whether a contract id is known. */
export type ResolveContract = (id: string) => boolean

const contractsOf = (state: StateDefinition): readonly ContractRef[] =>
  state.kind === 'agent' ? [state.inputContract, state.outputContract] : []

/** Rule: every contract that is named by its id is registered. */
export const checkContracts = (definition: WorkflowDefinition, resolve: ResolveContract): readonly Finding[] => {
  const unknown = (where: string, refs: readonly (ContractRef | undefined)[]): readonly Finding[] =>
    refs
      .filter((ref) => typeof ref === 'string')
      .filter((id) => !resolve(id))
      .map((id) => error('CONTRACT_UNKNOWN', where, `no contract is called ${id}`, 'Register it, or correct the id.'))
  return [
    ...unknown('', [definition.input, definition.output]),
    ...placesOf(definition).flatMap(({ state, path }) => unknown(path, contractsOf(state))),
  ]
}
