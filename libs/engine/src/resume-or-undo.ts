import { undoAgain, undoAll } from './compensate.js'
import { isCompensating, restsOnUndone, undoneAt } from './compensations.js'
import { escalateRun } from './escalate-run.js'
import type { RunEvent } from './event.js'
import { endCancelled } from './finish-run.js'
import type { JsonObject } from './json.js'
import { replayDeadLetter, resumeRun } from './reopen-run.js'
import type { RunState } from './state.js'
import { isFinished, stepAt } from './step-at.js'
import { publish, startTurn, type Turn } from './turn.js'

/**
 * What operators ask of a run that did something that can be undone. Invariants:
 * O1 what was undone is never taken for done: no run goes on from a state that rests on it.
 * O2 a rollback undoes what was done since the checkpoint before it goes back.
 */

type Resume = Extract<RunEvent, { readonly type: 'ResumeRequested' }>
type Replay = Extract<RunEvent, { readonly type: 'DeadLetterReplayed' }>

const opened = (turn: Turn, message: string, meta: JsonObject): void => {
  turn.state.status = 'running'
  turn.state.error = null
  turn.state.result = null
  turn.state.finishedAt = null
  turn.state.openings += 1
  publish(turn, { type: 'run.resumed', message, meta })
}

const undoOnceMore = (turn: Turn): void => {
  const { compensation } = turn.state
  if (!compensation) return
  opened(turn, 'What could not be undone is undone again', { checkpoint: null })
  turn.state.compensation = { ...compensation, status: 'running' }
  undoAgain(turn)
}

const compensateOnRequest = (turn: Turn): string | null => {
  const { status, error, compensation, compensations = [] } = turn.state
  if (status !== 'failed') return 'not-failed'
  if (compensation?.status === 'failed') {
    undoOnceMore(turn)
    return null
  }
  if (compensations.length === 0) return 'nothing-to-compensate'
  opened(turn, 'What was done is to be undone', { checkpoint: null, mode: 'compensate' })
  const left = compensations.map(({ number }) => number)
  undoAll(turn, { ending: 'failed', error, back: null }, left)
  return null
}

/** A failed run that nobody will take up again comes to its final end; its error says why it had failed. */
const abandon = (turn: Turn): string | null => {
  if (turn.state.status !== 'failed') return 'not-failed'
  endCancelled(turn)
  return null
}

/** O2. */
const rollBack = (turn: Turn, event: Resume, restored: RunState): string | null => {
  const why = resumeRun(startTurn(turn.index, turn.state, event), event)
  if (why !== null) return why
  const { checkpoint } = event
  const known = new Set((restored.compensations ?? []).map(({ number }) => number))
  const left = (turn.state.compensations ?? []).map(({ number }) => number).filter((number) => !known.has(number))
  if (left.length === 0) return resumeRun(turn, event)
  const { error } = turn.state
  opened(turn, `What was done since checkpoint ${checkpoint} is undone first`, { checkpoint, mode: 'rollback' })
  undoAll(turn, { ending: 'rolled-back', error, back: { checkpoint, restored } }, left)
  return null
}

/** Applies an operator's resume, rollback or wish to have everything undone; the reason why it cannot be, else null. */
export const resumeOrUndo = (turn: Turn, event: Resume): string | null => {
  const { restored, mode } = event
  if (isCompensating(turn.state)) return 'compensating'
  if (mode === 'compensate') return compensateOnRequest(turn)
  if (mode === 'abandon') return abandon(turn)
  if (mode === 'escalate') return escalateRun(turn)
  if (!restored) return turn.state.compensation ? 'compensated' : resumeRun(turn, event)
  if (restored.compensation) return 'nothing-to-resume'
  if (restsOnUndone(turn.state, restored)) return 'undone-since' // O1
  return mode === 'rollback' ? rollBack(turn, event, restored) : resumeRun(turn, event)
}

/** Applies the replay of a dead letter: of an undoing that failed, or of a step of a run in which nothing is undone. */
export const replayOrUndo = (turn: Turn, event: Replay): string | null => {
  const { compensation, status } = turn.state
  if (undoneAt(event.step) === null) return compensation ? 'compensated' : replayDeadLetter(turn, event)
  if (compensation?.status !== 'failed' || !isFinished(status)) return 'not-failed'
  if (stepAt(turn.state, event.step).dispatch !== event.dispatch) return 'stale-dispatch'
  undoOnceMore(turn)
  return null
}
