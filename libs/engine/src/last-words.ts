import { noteCompensation } from './compensations.js'
import type { IndexedState } from './definition-index.js'
import type { RunEvent } from './event.js'
import { ExpressionError } from './expression.js'
import { stateOf } from './states-of.js'
import { stepAt } from './step-at.js'
import { setStep, type Turn } from './turn.js'

/**
 * The last word of an agent whose step was stopped: it leads nowhere, but what the agent did all the same can be undone.
 */

type AgentEvent = Extract<RunEvent, { readonly attempt: number }>

/** Whether the agent of a step may be stopped in the middle of something that could be undone. */
export const mayBeAtWork = (turn: Turn, { definition, path }: IndexedState): boolean =>
  definition.kind === 'agent' && definition.compensate !== undefined && stepAt(turn.state, path).status === 'running'

/** Keeps what an agent did to be undone. Where that cannot be worked out, the step shows it. */
export const noteLastWord = (turn: Turn, state: IndexedState, event: RunEvent): void => {
  if (event.type !== 'StepSucceeded') return
  try {
    noteCompensation(turn, state, stepAt(turn.state, state.path).visits, event.output)
  } catch (failed) {
    if (!(failed instanceof ExpressionError)) throw failed
    const message = `it cannot be undone: ${failed.message}`
    setStep(turn, state.path, { error: { code: 'EXPRESSION_FAILED', message, step: state.path } })
  }
}

/** Applies what comes from the agent of a step that was stopped at work; the reason why it is ignored, else null. */
export const hearLastWord = (turn: Turn, event: AgentEvent): string | null => {
  const state = stateOf(turn, event.step)
  const { mayBeDone = false, dispatch } = stepAt(turn.state, event.step)
  if (!state || !mayBeDone || dispatch !== event.dispatch) return 'stale-dispatch'
  if (event.type !== 'StepSucceeded' && event.type !== 'StepFailed') return 'stopped'
  setStep(turn, event.step, { mayBeDone: false })
  noteLastWord(turn, state, event)
  return null
}

/** Whether any agent that was stopped at work has still to say its last word. */
export const awaitsLastWords = (turn: Turn): boolean => Object.values(turn.state.steps).some((step) => step.mayBeDone)

/** No longer listens: what comes now is too late. */
export const stopListening = (turn: Turn): void => {
  for (const [path, step] of Object.entries(turn.state.steps))
    if (step.mayBeDone) setStep(turn, path, { mayBeDone: false })
}
