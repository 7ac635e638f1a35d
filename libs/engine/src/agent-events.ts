import type { StreamedEvent } from './command.js'
import { noteCompensation } from './compensations.js'
import type { IndexedState } from './definition-index.js'
import { dispatchStep } from './dispatch-step.js'
import type { RunEvent } from './event.js'
import type { Json, JsonObject } from './json.js'
import { hearLastWord } from './last-words.js'
import { gateOutcomes, openGate } from './open-gate.js'
import { saveCheckpoint } from './save-outputs.js'
import { completeStep, failStep } from './settle-step.js'
import { stateOf } from './states-of.js'
import { owesReply, stepAt } from './step-at.js'
import { errorMeta, plainError, publish, raiseProgress, setStep, type Turn } from './turn.js'
import { evaluateOne } from './turn-values.js'

type AgentEvent = Extract<RunEvent, { readonly attempt: number }>
type Of<T extends RunEvent['type']> = Extract<RunEvent, { readonly type: T }>

/** Types of the engine's own events: an agent's `emit` may not pass for one. */
const ownTypes = /^(run|step|hitl|checkpoint|artifact|compensation)\.|^waiting$/

/** Attempts of the visit so far, with this event's. */
const attemptsWith = (turn: Turn, { step, attempt }: AgentEvent): number => {
  const { attempts, attemptsBefore } = stepAt(turn.state, step)
  return Math.max(attempts, (attemptsBefore ?? 0) + attempt)
}

const pickUp = (turn: Turn, state: IndexedState, event: AgentEvent): string | null => {
  const step = stepAt(turn.state, state.path)
  const attempts = attemptsWith(turn, event)
  if (attempts === step.attempts) return 'duplicate'
  const { definition } = state
  const first = event.attempt === 1 || step.startedAt === null
  const startedAt = step.startedAt ?? Math.max(step.enteredAt ?? 0, turn.at - (event.ranMs ?? 0))
  setStep(turn, state.path, {
    status: 'running',
    attempts,
    startedAt,
    dueAt: definition.kind === 'agent' ? turn.at + definition.deadlineMs : null,
    due: 'step',
  })
  if (first && !state.undoes)
    publish(turn, {
      type: 'step.started',
      message: `${state.title} started`,
      about: state,
      spanId: event.spanId ?? null,
      meta: { attempt: attempts, dispatch: event.dispatch },
    })
  return null
}

const asMeta = (payload: Json): JsonObject =>
  typeof payload === 'object' && payload !== null && !Array.isArray(payload)
    ? (payload as JsonObject) // an object by the checks before
    : payload === null
      ? {}
      : { payload }

const progressed = (turn: Turn, state: IndexedState, event: Of<'StepProgressed'>): string | null => {
  const step = stepAt(turn.state, state.path)
  const fraction = Math.min(1, Math.max(step.fraction, event.fraction ?? 0))
  if (fraction !== step.fraction) setStep(turn, state.path, { fraction })
  raiseProgress(turn)
  const type: StreamedEvent['type'] =
    event.emitted === null || ownTypes.test(event.emitted) ? 'progress' : event.emitted
  publish(turn, {
    type,
    message: event.message,
    about: state,
    spanId: event.spanId ?? null,
    meta: asMeta(event.payload),
  })
  return null
}

const retrying = (turn: Turn, state: IndexedState, event: Of<'StepRetrying'>): string | null => {
  const { definition } = state
  const attempts = attemptsWith(turn, event)
  const step = stepAt(turn.state, state.path)
  if (step.status === 'waiting' && attempts === step.attempts && step.attempts > 0) return 'duplicate'
  if ((step.attemptsBefore ?? 0) + event.attempt < step.attempts) return 'late'
  const waitsMs = definition.kind === 'agent' ? (definition.queueDeadlineMs ?? null) : null
  const error = plainError(event.error, state.path)
  setStep(turn, state.path, {
    status: 'waiting',
    attempts,
    error,
    dueAt: waitsMs === null ? null : turn.at + event.afterMs + waitsMs,
    due: waitsMs === null ? null : 'queue',
  })
  publish(turn, {
    type: 'step.retrying',
    message: `${state.title} is tried again: ${error.code}`,
    about: state,
    spanId: event.spanId ?? null,
    meta: { ...errorMeta(error), attempt: attempts, afterMs: event.afterMs },
  })
  return null
}

const settleDebt = (turn: Turn, event: AgentEvent): void => {
  turn.commands.push({ type: 'Settle', step: event.step, dispatch: event.dispatch })
  setStep(turn, event.step, { attempts: attemptsWith(turn, event) })
}

const succeeded = (turn: Turn, state: IndexedState, event: Of<'StepSucceeded'>): string | null => {
  settleDebt(turn, event)
  const { output, usage, spanId } = event
  noteCompensation(turn, state, stepAt(turn.state, state.path).visits, output)
  const values = { output, event: null }
  const outcome = state.outcome === null ? 'done' : evaluateOne(turn, state, state.outcome, values)
  if (typeof outcome !== 'string') {
    failStep(turn, state, { code: 'NO_TRANSITION', message: `${state.title}: its outcome is not a string` })
    return null
  }
  completeStep(turn, state, { on: outcome, values, usage, spanId: spanId ?? null })
  return null
}

/**
 * A step that failed for good. Its job goes to the dead letters unless the definition deals with the failure: by a
 * `failed` transition of the step or of what encloses it, or by an optional or degraded branch.
 */
export const failDispatch = (
  turn: Turn,
  state: IndexedState,
  failure: Pick<Of<'StepFailed'>, 'error' | 'attempts' | 'usage' | 'spanId'> & { readonly timedOut?: boolean },
): void => {
  const { definition } = state
  if (definition.kind !== 'agent') return
  const { visits, dispatch } = stepAt(turn.state, state.path)
  const position = turn.commands.length
  const { error, attempts, usage, spanId, timedOut } = failure
  const told = { spanId: spanId ?? null, timedOut: timedOut ?? false, ...(usage === undefined ? {} : { usage }) }
  if (failStep(turn, state, error, told) === 'handled') return
  const { agent } = definition
  const letter = { step: state.path, visit: visits, dispatch, agent, queue: state.queue, error, attempts }
  turn.commands.splice(position, 0, { type: 'DeadLetter', ...letter })
}

const askedHuman = (turn: Turn, state: IndexedState, event: Of<'StepAskedHuman'>): string | null => {
  settleDebt(turn, event)
  // The dispatch that carries the decision is not a repetition of this one.
  setStep(turn, state.path, { dispatches: 0, error: null })
  const dueAt = event.deadlineMs === null ? null : turn.at + event.deadlineMs
  openGate(turn, state, { shown: event.payload, outcomes: gateOutcomes, dueAt })
  return null
}

/** Applies an agent's event; the reason when it is ignored. The fence: only the dispatch that is owed counts. */
export const applyAgentEvent = (turn: Turn, event: AgentEvent): string | null => {
  const state = stateOf(turn, event.step)
  const step = stepAt(turn.state, event.step)
  if (!state || !owesReply(step) || step.dispatch !== event.dispatch) return hearLastWord(turn, event)
  // A quick agent says with its last word that it began; where that is known already, nothing comes of it.
  if (event.ranMs !== undefined) pickUp(turn, state, event)
  switch (event.type) {
    case 'StepStarted':
      return pickUp(turn, state, event)
    case 'StepProgressed':
      return progressed(turn, state, event)
    case 'StepRetrying':
      return retrying(turn, state, event)
    case 'StepCheckpointed':
      saveCheckpoint(turn, state, event.label, event.data)
      return null
    case 'StepSucceeded':
      return succeeded(turn, state, event)
    case 'StepFailed':
      settleDebt(turn, event)
      failDispatch(turn, state, event)
      return null
    case 'StepAskedHuman':
      return askedHuman(turn, state, event)
  }
}

/**
 * While the run is being cancelled: an agent's last word ends its step, whatever it is; what it saves on the way out is
 * kept.
 */
export const applyWhileCancelling = (turn: Turn, event: AgentEvent): string | null => {
  const state = stateOf(turn, event.step)
  const step = stepAt(turn.state, event.step)
  if (!state || !owesReply(step) || step.dispatch !== event.dispatch) return 'stale-dispatch'
  if (event.type === 'StepCheckpointed') {
    saveCheckpoint(turn, state, event.label, event.data)
    return null
  }
  if (event.type !== 'StepSucceeded' && event.type !== 'StepFailed') return 'cancelling'
  settleDebt(turn, event)
  return null
}

/** Sends a step out again after a missed deadline. */
export const dispatchAgain = (turn: Turn, state: IndexedState, code: string): void => {
  dispatchStep(turn, state, null)
  const { dispatch, dispatches } = stepAt(turn.state, state.path)
  publish(turn, {
    type: 'step.retrying',
    message: `${state.title} is sent out again: ${code}`,
    about: state,
    meta: { error: { code, message: `${state.title} did not answer in time` }, dispatch, dispatches },
  })
}
