import { dispatchAgain, failDispatch } from './agent-events.js'
import { cleaningUntil } from './compensations.js'
import { dueMoments } from './due-moments.js'
import type { RunEvent } from './event.js'
import { failRun } from './finish-run.js'
import { expireGate } from './gate-events.js'
import { escalateGate, remindDeciders } from './gate-reminders.js'
import { checkpointByTime } from './periodic-checkpoints.js'
import { closeJoin, completeStep, failStep } from './settle-step.js'
import { mayBeAtWork } from './last-words.js'
import type { RunState } from './state.js'
import { stateOf } from './states-of.js'
import { isActive, isFinished, owesReply, stepAt } from './step-at.js'
import { stopInner, voidDebt } from './stop-steps.js'
import { setStep, type Turn } from './turn.js'
import { nothing } from './turn-values.js'

type DeadlineReached = Extract<RunEvent, { readonly type: 'DeadlineReached' }>

/** The earliest moment at which something of the run is due, in epoch milliseconds; null: nothing ever. */
export const nextDeadlineAt = (state: RunState): number | null => {
  if (isFinished(state.status)) return null
  const cleanUp = cleaningUntil(state)
  if (cleanUp !== null) return cleanUp
  let next = state.dueAt
  for (const { at } of dueMoments(state)) if (next === null || at < next) next = at
  return next
}

/**
 * The deadlines that have passed at `now`, as events, the earliest first, the run's own before all others. What only
 * reminds of a gate that is over by now is left out.
 */
export const dueDeadlines = (state: RunState, now: number): readonly RunEvent[] => {
  const event = (deadline: DeadlineReached['deadline'], rest: Partial<DeadlineReached> = {}): DeadlineReached => ({
    type: 'DeadlineReached',
    at: now,
    deadline,
    step: null,
    dispatch: null,
    gateId: null,
    ...rest,
  })
  if (isFinished(state.status)) return []
  const cleanUp = cleaningUntil(state)
  if (cleanUp !== null) return now >= cleanUp ? [event('clean-up')] : []
  if (state.dueAt !== null && now >= state.dueAt) return [event('run')]
  const isOver = (gateId: string | null): boolean => {
    const dueAt = gateId === null ? null : (state.gates[gateId]?.dueAt ?? null)
    return dueAt !== null && now >= dueAt
  }
  return (
    dueMoments(state)
      .filter(({ at, deadline, gateId }) => now >= at && (!remindsOnly(deadline) || !isOver(gateId)))
      // Ties by path and kind: jsonb does not keep the order of members.
      .sort((a, b) => a.at - b.at || compare(a.path, b.path) || compare(a.deadline, b.deadline))
      .map(({ deadline, path, gateId }) => {
        const step = stepAt(state, path)
        const dispatch = owesReply(step) && !remindsOnly(deadline) ? step.dispatch : null
        return event(deadline, { step: path, dispatch, gateId })
      })
  )
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Whether a deadline ends nothing. */
export const remindsOnly = (deadline: DeadlineReached['deadline']): boolean =>
  deadline === 'remind' || deadline === 'escalate' || deadline === 'checkpoint'

/** A parallel whose time is up: the branches that are still open are cancelled. */
const closeBranches = (turn: Turn, path: string): void => {
  const { branches } = stepAt(turn.state, path)
  if (!branches) return
  const entries = Object.entries(branches).map(([name, was]) => [name, was === 'open' ? 'cancelled' : was] as const)
  setStep(turn, path, { branches: Object.fromEntries(entries), outputs: {} })
}

const missed = (turn: Turn, path: string, event: DeadlineReached): string | null => {
  const state = stateOf(turn, path)
  const step = stepAt(turn.state, path)
  if (!state || !isActive(step) || step.due !== event.deadline) return 'deadline-void'
  if (step.dueAt === null || turn.at < step.dueAt) return 'not-due'
  if (owesReply(step) && step.dispatch !== event.dispatch) return 'stale-dispatch'

  if (event.deadline === 'join') {
    setStep(turn, path, { dueAt: null, due: null })
    closeJoin(turn, state, true)
    return null
  }
  if (event.deadline === 'wait') {
    const { definition } = state
    const on = definition.kind === 'wait' && definition.signal !== undefined ? 'timeout' : 'done'
    completeStep(turn, state, { on, values: nothing })
    return null
  }
  if (state.definition.kind !== 'agent') {
    if (owesReply(step)) voidDebt(turn, state)
    stopInner(turn, state, true)
    closeBranches(turn, path)
    failStep(turn, state, { code: 'STEP_DEADLINE', message: `${state.title} did not end in time` }, { timedOut: true })
    return null
  }
  turn.commands.push({ type: 'CancelJob', step: path, dispatch: step.dispatch, queue: state.queue })
  const code = event.deadline === 'queue' ? 'QUEUE_DEADLINE' : 'STEP_DEADLINE'
  if (code === 'STEP_DEADLINE' && step.dispatches < state.retry.dispatches) {
    dispatchAgain(turn, state, code)
    return null
  }
  const what = code === 'QUEUE_DEADLINE' ? 'was not picked up in time' : 'did not answer in time'
  const error = { code, message: `${state.title} ${what}` }
  if (mayBeAtWork(turn, state)) setStep(turn, path, { mayBeDone: true })
  failDispatch(turn, state, { error, attempts: step.attempts, timedOut: true })
  return null
}

/** Applies a deadline that has passed; the reason when it is void, stale or not yet due. */
export const applyDeadline = (turn: Turn, event: DeadlineReached): string | null => {
  switch (event.deadline) {
    case 'clean-up':
      return 'not-cancelling'
    case 'run':
      if (turn.state.dueAt === null || turn.at < turn.state.dueAt) return 'not-due'
      failRun(turn, { code: 'RUN_DEADLINE', message: 'the run did not end in time' })
      return null
    case 'gate':
      return expireGate(turn, event.gateId)
    case 'remind':
      return remindDeciders(turn, event.gateId)
    case 'escalate':
      return escalateGate(turn, event.gateId)
    case 'checkpoint':
      return event.step === null ? 'deadline-void' : checkpointByTime(turn, event.step)
    default:
      return event.step === null ? 'deadline-void' : missed(turn, event.step, event)
  }
}
