import { applyWhileCancelling } from './agent-events.js'
import { whyNotOwed } from './child-runs.js'
import { cleanUpMsOf } from './compensate.js'
import { cancelRun } from './finish-run.js'
import type { RunEvent } from './event.js'
import { noteLastWord } from './last-words.js'
import { allStates, stateOf } from './states-of.js'
import { stopStep, voidDebt } from './stop-steps.js'
import { isActive, owesReply, stepAt } from './step-at.js'
import { endStepSpan, setStep, type Turn } from './turn.js'

const endWhenClean = (turn: Turn): void => {
  const cleaning = Object.values(turn.state.steps).some((step) => owesReply(step) && step.status === 'running')
  if (!cleaning) cancelRun(turn)
}

/**
 * Begins to cancel: every job in flight is told to stop, gates close. Steps that agents are working on have until
 * `cancel.waitUntil` to clean up and answer; what is only waiting in line is cancelled at once.
 */
export const requestCancel = (turn: Turn, event: Extract<RunEvent, { type: 'CancelRequested' }>): string | null => {
  if (turn.state.cancel) return 'already-cancelling'
  const { by, reason, compensate = false } = event
  const waitUntil = turn.at + cleanUpMsOf(turn)
  turn.state.cancel = { at: turn.at, by, reason, waitUntil, ...(compensate ? { compensate } : {}) }
  for (const state of [...allStates(turn)].reverse()) {
    const step = stepAt(turn.state, state.path)
    if (!isActive(step)) continue
    if (owesReply(step) && step.status === 'running') {
      voidDebt(turn, state)
      setStep(turn, state.path, { dueAt: null, due: null })
    } else if (state.regions.length === 0 && !state.makeItem) stopStep(turn, state, false)
  }
  endWhenClean(turn)
  return null
}

/** Applies an event to a run that is being cancelled: only agents' last words and the end of the wait count. */
export const applyToCancelling = (turn: Turn, event: RunEvent): string | null => {
  if (event.type === 'CancelRequested') return 'already-cancelling'
  if (event.type === 'DeadlineReached') {
    if (event.deadline !== 'clean-up') return 'cancelling'
    if (turn.at < (turn.state.cancel?.waitUntil ?? 0)) return 'not-due'
    cancelRun(turn)
    return null
  }
  if (!('attempt' in event) && event.type !== 'ChildFinished') return 'cancelling'
  const ignored = 'attempt' in event ? applyWhileCancelling(turn, event) : whyNotOwed(turn, event)
  if (ignored !== null || event.type === 'StepCheckpointed') return ignored
  const state = stateOf(turn, event.step)
  setStep(turn, event.step, { status: 'cancelled', finishedAt: turn.at, dueAt: null, due: null })
  if (!state) return null
  noteLastWord(turn, state, event)
  endStepSpan(turn, state, { cancelled: true })
  endWhenClean(turn)
  return null
}
