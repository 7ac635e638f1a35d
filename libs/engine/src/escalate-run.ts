import { undoAll } from './compensate.js'
import type { IndexedState } from './definition-index.js'
import { endCancelled } from './finish-run.js'
import { openGate } from './open-gate.js'
import { openForDecision, stopAgain, takeUpStopped } from './reopen-run.js'
import { stepAt } from './step-at.js'
import { closeGateOf } from './stop-steps.js'
import { setStep, type Turn } from './turn.js'

/**
 * A failed run that an operator puts before a person: it waits at a gate, at the step that failed, and goes on as is
 * decided there. Invariant:
 * P1 what else had stopped when the run failed stays stopped until the decision.
 */

/** Opens the gate; the reason why there is none, else null. */
export const escalateRun = (turn: Turn): string | null => {
  const { error, compensation, compensations = [], status } = turn.state
  if (status !== 'failed') return 'not-failed'
  if (compensation) return 'compensated'
  const failed = openForDecision(turn, error?.step ?? null)
  if (failed === null) return 'nothing-to-resume'
  const { attempts, visits } = stepAt(turn.state, failed.path)
  setStep(turn, failed.path, { stopped: false, finishedAt: null, error })
  openGate(turn, failed, {
    shown: { failed: failed.path, error: error && { ...error }, attempts, visits },
    outcomes: ['retry', 'abandon', ...(compensations.length > 0 ? ['compensate'] : [])],
    dueAt: null,
    recovers: true,
  })
  return null
}

/** Applies what was decided about a failed run: its steps are taken up again, it is given up, or undone. */
export const decideRecovery = (turn: Turn, failed: IndexedState, decision: string): void => {
  const { error } = stepAt(turn.state, failed.path)
  closeGateOf(turn, failed.path, 'decided')
  stopAgain(turn, failed)
  if (decision === 'retry') {
    takeUpStopped(turn)
    return
  }
  turn.state.error = error
  const left = (turn.state.compensations ?? []).map(({ number }) => number)
  if (decision === 'compensate') undoAll(turn, { ending: 'failed', error, back: null }, left)
  else endCancelled(turn)
}
