import type { SubWorkflowState } from './definition.js'
import type { IndexedState } from './definition-index.js'
import type { RunEvent } from './event.js'
import type { JsonObject } from './json.js'
import { completeStep, failStep } from './settle-step.js'
import { stateOf } from './states-of.js'
import { owesReply, stepAt } from './step-at.js'
import { setStep, type Turn } from './turn.js'
import { evaluateMapping, nothing } from './turn-values.js'

/**
 * Child runs: a detached sub-workflow is a run of its own, fenced like an agent's dispatch. A child that is started again
 * (a resume, a rollback) is another run; the end of the earlier one no longer counts.
 */

/** Starts a child run under the run's next dispatch number and waits for its end. */
export const startChild = (
  turn: Turn,
  state: IndexedState,
  { workflow, version, deadlineMs }: SubWorkflowState,
  input: JsonObject,
): void => {
  turn.state.dispatchCount += 1
  const dispatch = turn.state.dispatchCount
  const { visits } = setStep(turn, state.path, {
    status: 'running',
    dispatch,
    dueAt: deadlineMs === undefined ? null : turn.at + deadlineMs,
    due: deadlineMs === undefined ? null : 'step',
    error: null,
  })
  turn.commands.push({ type: 'StartChild', step: state.path, visit: visits, dispatch, workflow, version, input })
}

/** Starts the child of a step anew, its input worked out again. */
export const restartChild = (turn: Turn, state: IndexedState): void => {
  const { definition } = state
  if (definition.kind === 'workflow')
    startChild(turn, state, definition, evaluateMapping(turn, state, state.input, nothing))
}

type ChildFinished = Extract<RunEvent, { readonly type: 'ChildFinished' }>

/** Why a child's end does not count; null: it is the one that is waited for. */
export const whyNotOwed = (turn: Turn, { step: path, dispatch }: ChildFinished): string | null => {
  const step = stepAt(turn.state, path)
  const isChild = stateOf(turn, path)?.definition.kind === 'workflow'
  return isChild && owesReply(step) && step.dispatch === dispatch ? null : 'stale-dispatch'
}

/** Applies the end of a child run: its result is the step's output, its failure the step's. */
export const finishChild = (turn: Turn, event: ChildFinished): string | null => {
  const state = stateOf(turn, event.step)
  const ignored = whyNotOwed(turn, event)
  if (!state || ignored !== null) return ignored
  if (event.status === 'completed') {
    completeStep(turn, state, { on: 'done', values: { ...nothing, output: event.output } })
    return null
  }
  const cause = event.error ? `: ${event.error.code}` : ''
  failStep(turn, state, { code: 'CHILD_FAILED', message: `${state.title}: its run was ${event.status}${cause}` })
  return null
}
