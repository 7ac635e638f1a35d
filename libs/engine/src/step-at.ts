import type { RunState, RunStatus, StepState } from './state.js'

const untouched: StepState = {
  status: 'pending',
  visits: 0,
  attempts: 0,
  dispatch: 0,
  dispatches: 0,
  enteredAt: null,
  startedAt: null,
  finishedAt: null,
  dueAt: null,
  due: null,
  fraction: 0,
  gateId: null,
  error: null,
}

/** A step of a run by path; one that was never entered is pending, and is not kept in the state. */
export const stepAt = (state: Pick<RunState, 'steps'>, path: string): StepState => state.steps[path] ?? untouched

/** A step that was entered again: its counters stay, the rest is as new. */
export const afresh = ({ visits, dispatch }: StepState): StepState => ({ ...untouched, visits, dispatch })

/** Whether a step is being carried out. */
export const isActive = (step: StepState): boolean => step.status === 'running' || step.status === 'waiting'

/** Whether an agent owes the step a reply: dispatched, not yet settled, and not put before a person. */
export const owesReply = (step: StepState): boolean => isActive(step) && step.dispatch > 0 && step.gateId === null

/** Whether a run has come to its end; `failed` can be reopened. */
export const isFinished = (status: RunStatus): boolean =>
  status === 'completed' || status === 'failed' || status === 'cancelled'
