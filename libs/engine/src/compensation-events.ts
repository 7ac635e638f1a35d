import { applyAgentEvent } from './agent-events.js'
import { undoNext } from './compensate.js'
import { undoneAt } from './compensations.js'
import { applyDeadline } from './deadline-events.js'
import type { IndexedState } from './definition-index.js'
import type { RunError, RunEvent, Usage } from './event.js'
import { endCancelled, endFailed } from './finish-run.js'
import { decideGate } from './gate-events.js'
import { awaitsLastWords, hearLastWord, stopListening } from './last-words.js'
import { resumeRun } from './reopen-run.js'
import type { Compensating } from './state.js'
import { stateOf } from './states-of.js'
import { endStepSpan, errorMeta, plainError, publish, setStep, type Turn } from './turn.js'

/** What happens to a run while it undoes what it did; the invariants are those of `compensate.ts`. */

const change = (turn: Turn, changed: Partial<Compensating>): void => {
  const { compensation } = turn.state
  if (compensation) turn.state.compensation = { ...compensation, ...changed }
}

/** U1: the end that the run had come to, or the checkpoint that it goes back to. */
const endUndoing = (turn: Turn): void => {
  const { ending, error, back } = turn.state.compensation ?? {}
  change(turn, { status: 'done', back: null })
  if (ending === 'cancelled') return endCancelled(turn)
  if (ending === 'failed') return endFailed(turn, error ?? { code: 'RUN_FAILED', message: 'the run failed' })
  if (!back) throw new Error('a rollback that leads nowhere')
  turn.state.compensation = null
  const { checkpoint, restored } = back
  const why = resumeRun(turn, { type: 'ResumeRequested', at: turn.at, by: '', checkpoint, restored })
  if (why !== null) throw new Error(`a rollback that was possible is not: ${why}`)
}

/** U2: begins with the undoing once what was at work has come to its end. */
const undoWhenClean = (turn: Turn): void => {
  const { compensation, compensations = [] } = turn.state
  if (!compensation || awaitsLastWords(turn)) return
  change(turn, { waitUntil: null })
  if (undoNext(turn)) return
  // Nothing was done in the end: the run failed as any other, and may be taken up again.
  if (compensations.length === 0 && compensation.ending === 'failed') {
    turn.state.compensation = null
    endFailed(turn, compensation.error ?? { code: 'RUN_FAILED', message: 'the run failed' })
  } else endUndoing(turn)
}

const applyToCleaning = (turn: Turn, event: RunEvent, { waitUntil }: Compensating): string | null => {
  if (event.type === 'DeadlineReached') {
    if (event.deadline !== 'clean-up') return 'compensating'
    if (turn.at < (waitUntil ?? 0)) return 'not-due'
    stopListening(turn)
    undoWhenClean(turn)
    return null
  }
  if (!('attempt' in event)) return 'compensating'
  const count = turn.state.compensationCount ?? 0
  const ignored = hearLastWord(turn, event)
  if (ignored !== null) return ignored
  const noted = turn.state.compensationCount ?? 0
  if (noted > count) change(turn, { left: [...(turn.state.compensation?.left ?? []), noted] })
  undoWhenClean(turn)
  return null
}

/** Applies an event to a run that undoes what it did: only what is about the undoing counts. */
export const applyToCompensating = (turn: Turn, event: RunEvent): string | null => {
  const { compensation } = turn.state
  if (!compensation) return 'not-compensating'
  if (compensation.waitUntil !== null) return applyToCleaning(turn, event, compensation)
  if (event.type === 'GateDecided') return decideGate(turn, event)
  if (event.type === 'DeadlineReached')
    return event.deadline === 'run' || event.deadline === 'clean-up' ? 'compensating' : applyDeadline(turn, event)
  // No checkpoint is saved in between: no run may go on from a half of what it did.
  if (!('attempt' in event) || event.type === 'StepCheckpointed') return 'compensating'
  return applyAgentEvent(turn, event)
}

interface Told {
  readonly usage?: Usage | null
  readonly spanId?: string | null
}

const titleOf = (turn: Turn, path: string): string => stateOf(turn, undoneAt(path) ?? path)?.title ?? path

/** What one visit of a step did is undone; goes on with what was done before it. */
export const completeUndo = (turn: Turn, state: IndexedState, { usage, spanId }: Told): void => {
  const { undoes, path } = state
  if (!undoes) throw new Error(`${path} undoes nothing`)
  const { number, step, visit, agent } = undoes
  setStep(turn, path, { status: 'done', finishedAt: turn.at, dueAt: null, due: null, fraction: 1, error: null })
  endStepSpan(turn, state, usage === undefined ? {} : { usage })
  turn.commands.push({ type: 'MarkUndone', step, visit })
  turn.state.compensations = (turn.state.compensations ?? []).filter((held) => held.number !== number)
  turn.state.undone = [...(turn.state.undone ?? []), number]
  change(turn, { left: (turn.state.compensation?.left ?? []).filter((held) => held !== number) })
  const message = `${titleOf(turn, path)} is undone`
  publish(turn, {
    type: 'compensation.completed',
    message,
    about: state,
    spanId: spanId ?? null,
    meta: { agent, visit },
  })
  if (!undoNext(turn)) endUndoing(turn)
}

/** U3. The caller writes the dead letter. */
export const failUndo = (turn: Turn, state: IndexedState, failure: RunError, { usage, spanId }: Told): 'run-failed' => {
  const { path } = state
  const error = plainError(failure, path)
  const done = { finishedAt: turn.at, dueAt: null, due: null }
  setStep(turn, path, { ...done, status: 'failed', error, stopped: true })
  endStepSpan(turn, state, { error, ...(usage === undefined ? {} : { usage }) })
  const message = `${titleOf(turn, path)} could not be undone: ${error.code}`
  publish(turn, {
    type: 'compensation.failed',
    message,
    about: state,
    spanId: spanId ?? null,
    meta: errorMeta(error),
  })
  const cause = turn.state.compensation?.error ?? null
  change(turn, { status: 'failed' })
  endFailed(turn, { code: 'COMPENSATION_FAILED', message, step: path, ...(cause ? { cause: plainError(cause) } : {}) })
  return 'run-failed'
}
