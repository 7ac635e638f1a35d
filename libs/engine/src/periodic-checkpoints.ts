import { stateOf } from './states-of.js'
import type { IndexedState } from './definition-index.js'
import { saveCheckpoint } from './save-outputs.js'
import type { StepState } from './state.js'
import { isActive, stepAt } from './step-at.js'
import { setStep, type Turn } from './turn.js'
import { evaluateOne, nothing } from './turn-values.js'

/** Checkpoints of a state that goes on: by time, and by a number that its expression gives. */

/** What a state that is entered must know of its checkpoints by time. */
export const firstCheckpointAt = (turn: Turn, { periodic }: IndexedState): Pick<StepState, 'checkpointAt'> =>
  periodic !== null && 'everyMs' in periodic ? { checkpointAt: turn.at + periodic.everyMs } : {}

/** Saves the checkpoint whose time has come; those missed meanwhile are left out. */
export const checkpointByTime = (turn: Turn, path: string): string | null => {
  const state = stateOf(turn, path)
  const step = stepAt(turn.state, path)
  const { checkpointAt } = step
  if (!state?.periodic || !('everyMs' in state.periodic) || !isActive(step) || checkpointAt === undefined)
    return 'deadline-void'
  if (turn.at < checkpointAt) return 'not-due'
  const { everyMs } = state.periodic
  const next = checkpointAt + everyMs * (Math.floor((turn.at - checkpointAt) / everyMs) + 1)
  setStep(turn, path, { checkpointAt: next })
  saveCheckpoint(turn, state, path, null)
  return null
}

/**
 * Saves a checkpoint of a state if its number has passed a further multiple. Where it stands when the state is entered is
 * no passing; what is not a number counts as 0.
 */
export const checkpointByCount = (turn: Turn, state: IndexedState): void => {
  const { periodic, path } = state
  if (periodic === null || !('every' in periodic)) return
  const { checkpointMark } = stepAt(turn.state, path)
  const value = evaluateOne(turn, state, periodic.of, nothing)
  const mark = typeof value === 'number' ? Math.floor(value / periodic.every) : 0
  if (mark === checkpointMark) return
  setStep(turn, path, { checkpointMark: mark })
  if (checkpointMark !== undefined && mark > checkpointMark) saveCheckpoint(turn, state, path, null)
}

/** The same for every such state that is being carried out, at the end of a turn. */
export const checkpointsByCount = (turn: Turn): void => {
  for (const state of turn.index.counting) if (isActive(stepAt(turn.state, state.path))) checkpointByCount(turn, state)
}
