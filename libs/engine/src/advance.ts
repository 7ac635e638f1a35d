import { applyAgentEvent } from './agent-events.js'
import { applyToCancelling, requestCancel } from './cancel-events.js'
import type { Command } from './command.js'
import { applyToCompensating } from './compensation-events.js'
import { cleaningUntil, isCompensating } from './compensations.js'
import { applyDeadline } from './deadline-events.js'
import type { WorkflowDefinition } from './definition.js'
import { type DefinitionIndex, indexDefinition } from './definition-index.js'
import { enterRun, enterStates } from './enter-states.js'
import type { RunEvent } from './event.js'
import { ExpressionError } from './expression.js'
import { failRun } from './finish-run.js'
import { forkRun, takeOver } from './fork-run.js'
import { decideGate } from './gate-events.js'
import { finishChild } from './child-runs.js'
import { receiveItems } from './map-items.js'
import { replayOrUndo, resumeOrUndo } from './resume-or-undo.js'
import { noteVote } from './gate-votes.js'
import { renewGates } from './renew-gates.js'
import { checkpointsByCount } from './periodic-checkpoints.js'
import { receiveSignal } from './signal-events.js'
import type { RunState } from './state.js'
import { allStates, stateOf } from './states-of.js'
import { closeGateOf, voidDebt } from './stop-steps.js'
import { migrateRun } from './versions/migrate-run.js'
import { isActive, isFinished, owesReply, stepAt } from './step-at.js'
import { subscriptionCommands } from './subscriptions.js'
import { endStepSpan, errorMeta, publish, setScope, share, setStep, startTurn, type Turn } from './turn.js'

/**
 * The engine. Invariants:
 * A1 pure: the same definition, state and event give the same result; the state given is never changed.
 * A2 an event that does not fit (stale, repeated, unexpected) changes nothing and is ignored with a reason.
 * A3 data never makes it throw: an expression that fails on data fails the run with EXPRESSION_FAILED. A throw is a bug
 *    of ours or a definition that `checkDefinition` refuses, and the shell parks the run.
 * A4 a run that has not finished waits for something: a reply, a person, a signal or a time.
 */

/** What follows from an event. `commands` are to be carried out in order, after the state is saved. */
export interface Advanced {
  readonly state: RunState
  readonly commands: readonly Command[]
  /** Why the event changed nothing, if it did not. */
  readonly ignored?: string
}

const start = (turn: Turn, { input, policies }: Extract<RunEvent, { readonly type: 'RunStarted' }>): string | null => {
  if (turn.state.status !== 'created') return 'already-started'
  const { deadlineMs, title, name, version } = turn.index.definition
  turn.state.status = 'running'
  turn.state.startedAt = turn.at
  turn.state.dueAt = deadlineMs === null ? null : turn.at + deadlineMs
  if (policies) turn.state.policies = policies
  setScope(turn, '', { input, data: {} })
  publish(turn, { type: 'run.started', message: `${title} started`, meta: { workflow: name, version } })
  enterRun(turn)
  return null
}

const applyEvent = (turn: Turn, event: RunEvent): string | null => {
  const { status, cancel } = turn.state
  if (event.type === 'RunStarted') return start(turn, event)
  if (event.type === 'RunForked') return forkRun(turn, event)
  if (event.type === 'RunMigrated') return 'not-migratable'
  if (status === 'created') return event.type === 'CancelRequested' ? requestCancel(turn, event) : 'not-started'
  if (event.type === 'ResumeRequested') return resumeOrUndo(turn, event)
  if (event.type === 'DeadLetterReplayed') return replayOrUndo(turn, event)
  if (isFinished(status)) return 'finished'
  if (isCompensating(turn.state)) return applyToCompensating(turn, event)
  if (cancel) return applyToCancelling(turn, event)
  switch (event.type) {
    case 'CancelRequested':
      return requestCancel(turn, event)
    case 'DeadlineReached':
      return applyDeadline(turn, event)
    case 'GateDecided':
      return decideGate(turn, event)
    case 'GateVoted':
      return noteVote(turn, event)
    case 'SignalReceived':
      return receiveSignal(turn, event)
    case 'ItemsRead':
    case 'ItemsCollected':
      return receiveItems(turn, stateOf(turn, event.step), event)
    case 'ChildFinished':
      return finishChild(turn, event)
    default:
      return applyAgentEvent(turn, event)
  }
}

/** A4; tells a stream when a run begins to wait. */
const settleStatus = (turn: Turn, before: RunState): void => {
  if (isFinished(turn.state.status)) return
  const steps = Object.values(turn.state.steps)
  const owed = steps.some((step) => owesReply(step) || (isActive(step) && (step.items?.asked ?? null) !== null))
  if (owed || cleaningUntil(turn.state) !== null) {
    turn.state.status = 'running'
    return
  }
  if (!steps.some((step) => step.status === 'waiting')) throw new Error('the run waits for nothing')
  turn.state.status = 'waiting'
  if (before.status === 'waiting') return
  const state = allStates(turn).find(({ path }) => stepAt(turn.state, path).status === 'waiting')
  publish(turn, {
    type: 'waiting',
    message: state ? `Waiting: ${state.title}` : 'Waiting',
    ...(state ? { about: state } : {}),
  })
}

/** The step that an event is about, where it names one. */
const stepOf = (state: RunState, event: RunEvent): string | null => {
  if (event.type === 'GateDecided' || event.type === 'GateVoted') return state.gates[event.gateId]?.step ?? null
  return 'step' in event ? event.step : null
}

/**
 * A3: as if the event had not been applied, the run fails. The failure is the step's that the event is about, or at
 * the start the one that was being entered, so that a resume knows what to take up.
 */
const failExpression = (
  index: DefinitionIndex,
  state: RunState,
  event: RunEvent,
  failed: ExpressionError,
): Advanced => {
  if (isFinished(state.status)) return { state, commands: [], ignored: 'expression-failed' }
  const turn = startTurn(index, state, event)
  const where = failed.step ?? stepOf(state, event)
  const error = {
    code: 'EXPRESSION_FAILED',
    message: `an expression failed: ${failed.message}`,
    ...(where === null ? {} : { step: where }),
  }
  if (event.type === 'RunStarted') {
    turn.state.startedAt = turn.at
    setScope(turn, '', { input: event.input, data: {} })
  }
  if (event.type === 'RunForked') takeOver(turn, event)
  const before = { ...turn.state }
  share(turn)
  const path = stepOf(before, event) ?? where
  const step = path === null ? undefined : stateOf(turn, path)
  if (step && (isActive(stepAt(before, step.path)) || !Object.values(before.steps).some(isActive))) {
    const { visits } = stepAt(before, step.path)
    if (owesReply(stepAt(before, step.path))) voidDebt(turn, step)
    closeGateOf(turn, step.path, 'cancelled')
    const again = { visits: Math.max(1, visits), enteredAt: stepAt(before, step.path).enteredAt ?? turn.at }
    setStep(turn, step.path, { ...again, status: 'failed', finishedAt: turn.at, dueAt: null, due: null, error })
    setStep(turn, step.path, { stopped: true })
    endStepSpan(turn, step, { error })
    publish(turn, {
      type: 'step.failed',
      message: `${step.title} failed: ${error.code}`,
      about: step,
      meta: errorMeta(error),
    })
  }
  failRun(turn, error)
  return { state: turn.state, commands: turn.commands }
}

const apply = (definition: WorkflowDefinition, state: RunState, event: RunEvent): Advanced => {
  if (event.type === 'RunMigrated') return migrateRun(definition, state, event)
  const index = indexDefinition(definition)
  const turn = startTurn(index, state, event)
  try {
    const ignored = applyEvent(turn, event)
    if (ignored !== null) return { state, commands: [], ignored }
    enterStates(turn)
    renewGates(turn, state)
    checkpointsByCount(turn)
    settleStatus(turn, state)
  } catch (error) {
    if (error instanceof ExpressionError) return failExpression(index, state, event, error)
    throw error
  }
  return { state: turn.state, commands: turn.commands }
}

/**
 * Applies one event to a run. Pure (A1): returns the state after it and the commands that follow, or the same state
 * with the reason why the event is ignored (A2).
 */
export const advance = (definition: WorkflowDefinition, state: RunState, event: RunEvent): Advanced => {
  const advanced = apply(definition, state, event)
  const subscriptions = subscriptionCommands(definition, state, advanced.state)
  return subscriptions.length === 0 ? advanced : { ...advanced, commands: [...advanced.commands, ...subscriptions] }
}
