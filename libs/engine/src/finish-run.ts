import { beginCompensation } from './compensate.js'
import type { RunError } from './event.js'
import type { Json } from './json.js'
import { markArtifacts } from './save-outputs.js'
import { stopAll } from './stop-steps.js'
import { stepAt } from './step-at.js'
import { endRunSpan, errorMeta, publish, setStep, type Turn } from './turn.js'

const skipWhatNeverCame = (turn: Turn): void => {
  for (const path of turn.index.states.keys())
    if (stepAt(turn.state, path).status === 'pending') setStep(turn, path, { status: 'skipped' })
}

const finish = (turn: Turn): void => {
  turn.todo.length = 0
  turn.state.finishedAt = turn.at
  turn.state.dueAt = null
  turn.state.cancel = null
}

/** Completes the run: progress 1, and `run.completed` as the very last event. */
export const completeRun = (turn: Turn, result: Json): void => {
  skipWhatNeverCame(turn)
  finish(turn)
  turn.state.status = 'completed'
  turn.state.progress = 1
  turn.state.result = result
  publish(turn, { type: 'run.completed', message: `${turn.index.definition.title} complete` })
  endRunSpan(turn, null)
  turn.commands.push({ type: 'Finish', status: 'completed', result, error: null })
}

/** Fails the run, as soon as what it did is undone, where that is asked for. */
export const failRun = (turn: Turn, error: RunError): void => {
  if (!beginCompensation(turn, 'failed', error)) endFailed(turn, error)
}

/** Ends the run as failed: what is going on elsewhere in it is stopped, to be taken up again by a resume. */
export const endFailed = (turn: Turn, error: RunError): void => {
  stopAll(turn, true)
  finish(turn)
  markArtifacts(turn, true)
  turn.state.status = 'failed'
  turn.state.error = error
  publish(turn, {
    type: 'run.failed',
    message: `${turn.index.definition.title} failed: ${error.code}`,
    meta: errorMeta(error),
  })
  endRunSpan(turn, error)
  turn.commands.push({ type: 'Finish', status: 'failed', result: null, error })
}

/** Ends a cancelled run once nothing is left to clean up, and what it did is undone, where that is asked for. */
export const cancelRun = (turn: Turn): void => {
  if (!beginCompensation(turn, 'cancelled', null)) endCancelled(turn)
}

/** Ends the run as cancelled. */
export const endCancelled = (turn: Turn): void => {
  stopAll(turn, false)
  skipWhatNeverCame(turn)
  finish(turn)
  markArtifacts(turn, true)
  for (const action of turn.index.definition.onCancel ?? [])
    turn.commands.push(
      action.do === 'notify'
        ? { type: 'Notify', channel: action.channel, message: action.message, step: '' }
        : { type: 'Log', message: action.message, step: '' },
    )
  turn.state.status = 'cancelled'
  publish(turn, { type: 'run.cancelled', message: `${turn.index.definition.title} cancelled` })
  endRunSpan(turn, null)
  turn.commands.push({ type: 'Finish', status: 'cancelled', result: null, error: null })
}
