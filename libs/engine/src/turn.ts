import type { Command, StreamedEvent } from './command.js'
import type { DefinitionIndex, IndexedItem, IndexedState } from './definition-index.js'
import type { RunError, RunEvent, Usage } from './event.js'
import type { Json, JsonObject } from './json.js'
import { stepProgressOf, weightedSum } from './progress.js'
import type { OpenGate, RunState, Scope, StepState } from './state.js'
import { stepAt } from './step-at.js'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * The application of one event: a state in the making and the commands so far. Maps of the state that another version may
 * hold are replaced, never written to, so that versions share what did not change; a copy that this turn has made of the
 * steps or of the shared states is its own until somebody sees it (`share`): a map in hand has hundreds of each, and one
 * event changes several.
 */
export interface Turn {
  readonly index: DefinitionIndex
  readonly event: RunEvent
  readonly at: number
  readonly state: Mutable<RunState>
  readonly commands: Command[]
  /** States to be entered, in order; see `enter-states.ts`. */
  readonly todo: Entry[]
  /** Regions of map items that were made in this turn, by path. */
  readonly items: Map<string, IndexedItem>
  /** The copies that nobody else holds: the turn's state has them, or they count for nothing. */
  readonly own: { steps: Record<string, StepState> | null; scopes: Record<string, Scope> | null }
}

/** A state to be entered, and the visit of its parent that it belongs to: void once that visit is over. */
export interface Entry {
  readonly state: IndexedState
  readonly parentVisit: number
  /** Whether it counts as a visit; taking up a stopped step does not. */
  readonly again?: boolean
}

/** Begins a turn on a state, which stays as it is. */
export const startTurn = (index: DefinitionIndex, state: RunState, event: RunEvent): Turn => ({
  index,
  event,
  at: event.at,
  state: { ...state },
  commands: [],
  todo: [],
  items: new Map(),
  own: { steps: null, scopes: null },
})

/** Somebody holds the steps and shared states as they are now: what comes next goes to another copy. */
export const share = (turn: Turn): void => {
  turn.own.steps = null
  turn.own.scopes = null
}

const ownSteps = (turn: Turn): Record<string, StepState> => {
  if (turn.own.steps !== null && turn.own.steps === turn.state.steps) return turn.own.steps
  const copy = { ...turn.state.steps }
  turn.own.steps = copy
  turn.state.steps = copy
  return copy
}

const ownScopes = (turn: Turn): Record<string, Scope> => {
  if (turn.own.scopes !== null && turn.own.scopes === turn.state.scopes) return turn.own.scopes
  const copy = { ...turn.state.scopes }
  turn.own.scopes = copy
  turn.state.scopes = copy
  return copy
}

/** Changes a step. */
export const setStep = (turn: Turn, path: string, change: Partial<StepState>): StepState => {
  const step = { ...stepAt(turn.state, path), ...change }
  ownSteps(turn)[path] = step
  return step
}

/** Replaces a step, so that optional members go. */
export const putStep = (turn: Turn, path: string, step: StepState): void => {
  ownSteps(turn)[path] = step
}

/** Drops every step and shared state of a namespace and of those within it. */
export const dropWithin = (turn: Turn, key: string): void => {
  const within = `${key}.`
  // Anew rather than by `delete`, which makes of a copy a slow one for good, and of all copies of it.
  const others = <T>(members: Readonly<Record<string, T>>): Record<string, T> => {
    const left: Record<string, T> = {}
    for (const path of Object.keys(members))
      // The key is the members' own.
      if (path !== key && !path.startsWith(within)) left[path] = members[path] as T
    return left
  }
  turn.state.steps = turn.own.steps = others(turn.state.steps)
  turn.state.scopes = turn.own.scopes = others(turn.state.scopes)
}

/** Sets or, with null, drops the shared state of a namespace. */
export const setScope = (turn: Turn, key: string, scope: Scope | null): void => {
  const scopes = ownScopes(turn)
  if (scope === null) delete scopes[key]
  else scopes[key] = scope
}

/** Sets or, with null, drops an open gate. */
export const setGate = (turn: Turn, gateId: string, gate: OpenGate | null): void => {
  const { [gateId]: _, ...others } = turn.state.gates
  turn.state.gates = gate === null ? others : { ...turn.state.gates, [gateId]: gate }
}

/** Key of the span of a step's current visit. */
export const stepSpan = (turn: Turn, state: IndexedState): string =>
  `step:${state.path}:${stepAt(turn.state, state.path).visits}`

/** Key of the span that a step's span hangs from: the enclosing compound's, else the run's. */
export const parentSpan = (turn: Turn, state: IndexedState): string =>
  state.parent ? stepSpan(turn, state.parent) : 'run'

/** Moves the high-water mark up to the weighted sum; tells whether it moved. */
export const raiseProgress = (turn: Turn): boolean => {
  const sum = weightedSum(turn.index, turn.state)
  if (sum <= turn.state.progress) return false
  turn.state.progress = sum
  return true
}

const statuses: Readonly<Record<string, StreamedEvent['status']>> = {
  'run.completed': 'done',
  'step.completed': 'done',
  'run.failed': 'error',
  'run.cancelled': 'error',
  'step.failed': 'error',
  waiting: 'waiting',
  'hitl.requested': 'waiting',
}

interface Published {
  readonly type: string
  readonly message: string
  readonly about?: IndexedState
  readonly spanKey?: string
  readonly spanId?: string | null
  readonly meta?: JsonObject
}

/** Publishes an event of the run's stream with the next number. */
export const publish = (turn: Turn, { type, message, about, spanKey, spanId, meta }: Published): void => {
  turn.state.published += 1
  const event: StreamedEvent = {
    type,
    phase: about?.phase.definition.name ?? null,
    status: statuses[type] ?? 'running',
    message,
    progress: turn.state.progress,
    stepProgress: about ? stepProgressOf(turn.state, about.phase) : null,
    step: about?.path ?? null,
    spanKey: spanKey ?? (about ? stepSpan(turn, about) : 'run'),
    spanId: spanId ?? null,
    meta: meta ?? {},
  }
  turn.commands.push({ type: 'Publish', seq: turn.state.published, event })
}

interface EndedStep {
  readonly error?: RunError | null
  readonly usage?: Usage | null
  readonly cancelled?: boolean
}

/** Ends the span of a step's visit at the turn's time. */
export const endStepSpan = (turn: Turn, state: IndexedState, { error, usage, cancelled }: EndedStep = {}): void => {
  const step = stepAt(turn.state, state.path)
  const { definition } = state
  turn.commands.push({
    type: 'EndSpan',
    span: 'step',
    key: stepSpan(turn, state),
    parentKey: parentSpan(turn, state),
    name: state.path,
    startedAt: step.enteredAt ?? turn.at,
    endedAt: turn.at,
    error: error ?? null,
    attributes: {
      'workflow.step': state.path,
      'workflow.iteration': step.visits,
      'flotilla.step.kind': definition.kind,
      ...(definition.kind === 'agent'
        ? { 'gen_ai.agent.name': definition.agent, 'flotilla.step.attempts': step.attempts }
        : {}),
      ...(cancelled ? { 'flotilla.step.cancelled': true } : {}),
    },
    ...(usage === undefined ? {} : { usage }),
  })
}

/** Ends the span of the run itself. */
export const endRunSpan = (turn: Turn, error: RunError | null): void => {
  const { name, version } = turn.index.definition
  turn.commands.push({
    type: 'EndSpan',
    span: 'run',
    key: 'run',
    parentKey: null,
    name,
    startedAt: turn.state.startedAt ?? turn.at,
    endedAt: turn.at,
    error,
    attributes: {
      'workflow.name': name,
      'workflow.version': version,
      'flotilla.run.status': turn.state.status,
      'flotilla.run.openings': turn.state.openings,
    },
  })
}

/** The members of a failure that may be kept and shown: no stack. */
export const plainError = ({ code, message, step }: RunError, path?: string): RunError => {
  const at = step ?? path
  return at === undefined ? { code, message } : { code, message, step: at }
}

/** A failure as the meta of a streamed event. */
export const errorMeta = ({ code, message, step }: RunError): JsonObject => ({
  error: { code, message, ...(step === undefined ? {} : { step }) },
})

/** What a step used, as the meta of a streamed event. */
export const usageMeta = (usage: Usage | null): Record<string, Json> => ({
  model: usage?.model ?? null,
  tokens: usage ? usage.inputTokens + usage.outputTokens : 0,
})
