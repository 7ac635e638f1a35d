import type { IndexedState } from './definition-index.js'
import { stepAt } from './step-at.js'
import { setStep, type Turn } from './turn.js'
import { evaluateMapping, nothing } from './turn-values.js'
import type { JsonObject } from './json.js'

/**
 * Sends a step out under the run's next dispatch number. Its input is worked out anew each time. It waits in line under
 * its queue deadline, if it has one; the step's own deadline runs from pick-up.
 */
export const dispatchStep = (turn: Turn, state: IndexedState, decision: JsonObject | null): void => {
  const { definition, path } = state
  if (definition.kind !== 'agent') return
  const before = stepAt(turn.state, path)
  const input = evaluateMapping(turn, state, state.input, nothing)
  const dispatch = turn.state.dispatchCount + 1
  turn.state.dispatchCount = dispatch
  const waitsMs = definition.queueDeadlineMs ?? null
  setStep(turn, path, {
    status: 'waiting',
    dispatch,
    dispatches: before.dispatches + 1,
    attemptsBefore: before.attempts,
    finishedAt: null,
    dueAt: waitsMs === null ? null : turn.at + waitsMs,
    due: waitsMs === null ? null : 'queue',
    gateId: null,
    error: null,
    ...(before.stopped ? { stopped: false } : {}),
    ...(before.mayBeDone ? { mayBeDone: false } : {}),
    ...(decision ? { decision } : {}),
  })
  turn.commands.push({
    type: 'Dispatch',
    step: path,
    visit: before.visits,
    dispatch,
    agent: definition.agent,
    queue: state.queue,
    input,
    inputContract: definition.inputContract,
    outputContract: definition.outputContract,
    retry: state.retry,
    deadlineMs: definition.deadlineMs,
    undoable: definition.compensate !== undefined,
    decision: decision ?? before.decision ?? null,
  })
}
