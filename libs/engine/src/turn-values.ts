import type { IndexedAssignment, IndexedMapping, IndexedState, IndexedTransition } from './definition-index.js'
import { type Evaluate, ExpressionError, type ExpressionValues, holds, valueOf } from './expression.js'
import type { Json, JsonObject } from './json.js'
import type { RunState } from './state.js'
import { setScope, share, type Turn } from './turn.js'

/** What a step gives to its expressions beside the shared state. */
export interface StepValues {
  readonly output: Json
  readonly event: Json
}

/** A step without output and event. */
export const nothing: StepValues = { output: null, event: null }

const emptyScope = { input: null, data: {} }

/** The steps of a namespace by their names in it. */
const stepsIn = (state: RunState, scope: string): JsonObject => {
  // StepState is JSON by construction; TypeScript does not see that in an interface.
  const steps = state.steps as unknown as JsonObject
  if (scope === '') return steps
  const prefix = `${scope}.`
  const own = Object.entries(steps).filter(([path]) => path.startsWith(prefix))
  return Object.fromEntries(own.map(([path, step]) => [path.slice(prefix.length), step]))
}

/** What the expressions of a state see. */
export const valuesFor = (turn: Turn, state: IndexedState, { output, event }: StepValues): ExpressionValues => {
  const scope = turn.state.scopes[state.scope] ?? emptyScope
  // An expression may give the steps themselves as its value.
  if (state.scope === '') share(turn)
  return {
    input: scope.input,
    data: scope.data,
    output,
    event,
    steps: stepsIn(turn.state, state.scope),
    artifacts: turn.state.artifacts,
    run: { id: turn.state.runId, submittedBy: turn.state.submittedBy, startedAt: turn.state.startedAt },
  }
}

/** Runs an evaluation for a state; a failed expression carries the state's path from here on. */
export const evaluateFor = <T>(state: IndexedState, evaluate: () => T): T => {
  try {
    return evaluate()
  } catch (error) {
    if (error instanceof ExpressionError) error.step ??= state.path
    throw error
  }
}

/** The value of one expression for a state; absent is null. */
export const evaluateOne = (turn: Turn, state: IndexedState, expression: Evaluate, values: StepValues): Json =>
  evaluateFor(state, () => valueOf(expression, valuesFor(turn, state, values)))

/** The object that a mapping makes for a state. */
export const evaluateMapping = (
  turn: Turn,
  state: IndexedState,
  mapping: IndexedMapping,
  values: StepValues,
): JsonObject => {
  if (mapping.length === 0) return {}
  const seen = valuesFor(turn, state, values)
  return evaluateFor(state, () => Object.fromEntries(mapping.map(([member, from]) => [member, valueOf(from, seen)])))
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const reduce = (reducer: IndexedAssignment['reducer'], before: Json | undefined, value: Json): Json => {
  switch (reducer) {
    case 'replace':
      return value
    case 'append': {
      if (before !== undefined && before !== null && !Array.isArray(before))
        throw new ExpressionError('append: the key does not hold a list')
      return [...((before ?? []) as readonly Json[]), ...(Array.isArray(value) ? value : [value])] // a list by the check
    }
    case 'merge': {
      if ((before !== undefined && before !== null && !isObject(before)) || (value !== null && !isObject(value)))
        throw new ExpressionError('merge: both sides must be objects')
      return { ...(before as JsonObject | null | undefined), ...value } // objects by the check
    }
    case 'sum': {
      const sum = (before ?? 0) as Json
      if (typeof sum !== 'number' || typeof value !== 'number')
        throw new ExpressionError('sum: both sides must be numbers')
      return sum + value
    }
  }
}

const assignAt = (
  data: JsonObject,
  keys: readonly string[],
  change: (before: Json | undefined) => Json,
): JsonObject => {
  const [key = '', ...inner] = keys
  const before = Object.hasOwn(data, key) ? data[key] : undefined
  return {
    ...data,
    [key]: inner.length === 0 ? change(before) : assignAt(isObject(before) ? before : {}, inner, change),
  }
}

/** Carries out assignments one after the other: each sees what those before it wrote. */
export const assignAll = (
  turn: Turn,
  state: IndexedState,
  { assignments, values }: { readonly assignments: readonly IndexedAssignment[]; readonly values: StepValues },
): void => {
  for (const { keys, from, reducer } of assignments) {
    const value = evaluateOne(turn, state, from, values)
    const scope = turn.state.scopes[state.scope] ?? emptyScope
    const data = evaluateFor(state, () => assignAt(scope.data, keys, (before) => reduce(reducer, before, value)))
    setScope(turn, state.scope, { ...scope, data })
  }
}

/** The first transition of a state that answers `on` (null: a choice's) and whose guard holds, else null. */
export const pickTransition = (
  turn: Turn,
  state: IndexedState,
  { on, values }: { readonly on: string | null; readonly values: StepValues },
): IndexedTransition | null => {
  for (const transition of state.transitions) {
    if (transition.on !== on) continue
    const guard = transition.when
    if (guard === null || evaluateFor(state, () => holds(guard, valuesFor(turn, state, values)))) return transition
  }
  return null
}

/** Whether a state has any transition for `on`. */
export const answers = (state: IndexedState, on: string): boolean =>
  state.transitions.some((transition) => transition.on === on)

/** The state that a transition leads to. Throws when it dangles, which `checkDefinition` refuses. */
export const targetOf = (state: IndexedState, transition: IndexedTransition): IndexedState => {
  const target = state.region.states.get(transition.to)
  if (!target) throw new Error(`${state.path} leads to ${transition.to}, which does not exist`)
  return target
}
