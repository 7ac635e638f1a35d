import { dispatchStep } from './dispatch-step.js'
import type { RunError } from './event.js'
import { isCompensating, undoing, undoPathOf } from './compensations.js'
import { awaitsLastWords, stopListening } from './last-words.js'
import type { Compensating } from './state.js'
import { stateOf } from './states-of.js'
import { stopAll } from './stop-steps.js'
import { afresh, stepAt } from './step-at.js'
import { publish, putStep, setStep, type Turn } from './turn.js'

/**
 * Undoing what a run has done. Invariants:
 * U1 one at a time, the last first, each once; the run comes to its end only when nothing is left to be undone.
 * U2 agents that were stopped at work on what could be undone may answer first, up to the definition's limit: what they did counts.
 * U3 what cannot be undone stops the undoing: it becomes a dead letter, and the run fails with COMPENSATION_FAILED.
 */

const cleanUpDefaultMs = 30_000

/** How long what is at work may take to come to its end when a run is cancelled or undone, in ms. */
export const cleanUpMsOf = (turn: Turn): number => turn.index.definition.cleanUpMs ?? cleanUpDefaultMs

type Ending = Pick<Compensating, 'ending' | 'error' | 'back'>

/** Whether a run that ends like this undoes what it did. */
const isCalledFor = (turn: Turn, ending: 'failed' | 'cancelled'): boolean => {
  const asked = ending === 'cancelled' && (turn.state.cancel?.compensate ?? false)
  return !isCompensating(turn.state) && (turn.index.definition.compensation !== 'on-request' || asked)
}

/**
 * Begins to undo, where the definition and what was done ask for it, before a run fails or is cancelled. False: there is
 * nothing to undo, the run ends now.
 */
export const beginCompensation = (turn: Turn, ending: 'failed' | 'cancelled', error: RunError | null): boolean => {
  if (!isCalledFor(turn, ending)) return false
  stopAll(turn, ending === 'failed')
  // Who cancels has waited for them already.
  if (ending === 'cancelled') stopListening(turn)
  if ((turn.state.compensations ?? []).length === 0 && !awaitsLastWords(turn)) return false
  const left = (turn.state.compensations ?? []).map(({ number }) => number)
  undoAll(turn, { ending, error, back: null }, left)
  return true
}

/** Stops what is going on and undoes what has these numbers; what comes then is for `goOnUndoing` to say. */
export const undoAll = (turn: Turn, ending: Ending, left: readonly number[]): void => {
  stopAll(turn, ending.ending === 'failed')
  const waits = awaitsLastWords(turn)
  turn.todo.length = 0
  turn.state.status = 'running'
  turn.state.dueAt = null
  turn.state.cancel = null
  turn.state.compensation = {
    ...ending,
    status: 'running',
    left,
    waitUntil: waits ? turn.at + cleanUpMsOf(turn) : null,
  }
  if (!waits) undoNext(turn)
}

/** Sends out what is to be undone next; false: nothing is left (U1). */
export const undoNext = (turn: Turn): boolean => {
  const next = undoing(turn.state)
  if (!next) return false
  const path = undoPathOf(next.step)
  const before = stepAt(turn.state, path)
  putStep(turn, path, { ...afresh(before), visits: before.visits + 1, enteredAt: turn.at, status: 'waiting' })
  sendOut(turn, path)
  return true
}

/** Sends what could not be undone out again, as the same effect. */
export const undoAgain = (turn: Turn): void => {
  const next = undoing(turn.state)
  if (!next) throw new Error('nothing is left to be undone')
  const path = undoPathOf(next.step)
  setStep(turn, path, { dispatches: 0, stopped: false })
  sendOut(turn, path)
}

const sendOut = (turn: Turn, path: string): void => {
  const state = stateOf(turn, path)
  if (!state) throw new Error(`${path} cannot be undone: the definition does not have it`)
  dispatchStep(turn, state, null)
  publish(turn, { type: 'compensation.started', message: state.title, about: state })
}
