import type { GateClosing } from './command.js'
import type { IndexedState } from './definition-index.js'
import { forgetItems } from './forget-items.js'
import { mayBeAtWork } from './last-words.js'
import { allStates, withInner } from './states-of.js'
import { isActive, owesReply, stepAt } from './step-at.js'
import { endStepSpan, setGate, setScope, setStep, type Turn } from './turn.js'

/** Closes the gate of a step, if it has one open, and ends its span. */
export const closeGateOf = (turn: Turn, path: string, status: GateClosing): void => {
  const { gateId } = stepAt(turn.state, path)
  const gate = gateId === null ? undefined : turn.state.gates[gateId]
  if (!gate) return
  const { visits } = stepAt(turn.state, path)
  turn.commands.push({ type: 'CloseGate', gateId: gate.gateId, status })
  turn.commands.push({
    type: 'EndSpan',
    span: 'gate',
    key: `gate:${gate.gateId}`,
    parentKey: `step:${path}:${visits}`,
    name: `gate ${gate.gate}`,
    startedAt: gate.since,
    endedAt: turn.at,
    error: null,
    attributes: {
      'workflow.step': path,
      'flotilla.gate.status': status,
      'flotilla.gate.pause_ms': turn.at - gate.since,
    },
  })
  setGate(turn, gate.gateId, null)
  setStep(turn, path, { gateId: null })
}

/** Makes void what is owed to a step: its job, or its child run. */
export const voidDebt = (turn: Turn, { definition, path, queue }: IndexedState): void => {
  const { dispatch } = stepAt(turn.state, path)
  if (definition.kind === 'workflow') turn.commands.push({ type: 'CancelChild', step: path, dispatch })
  else turn.commands.push({ type: 'CancelJob', step: path, dispatch, queue })
}

/**
 * Stops a step that is being carried out: its job's debt is void, its gate closes, it is cancelled. `stopped` marks it
 * to be taken up again when the run is resumed.
 */
export const stopStep = (turn: Turn, state: IndexedState, stopped: boolean): void => {
  const step = stepAt(turn.state, state.path)
  if (!isActive(step)) return
  const mayBeDone = owesReply(step) && mayBeAtWork(turn, state)
  if (owesReply(step)) voidDebt(turn, state)
  closeGateOf(turn, state.path, 'cancelled')
  setStep(turn, state.path, {
    status: 'cancelled',
    finishedAt: turn.at,
    dueAt: null,
    due: null,
    ...(stopped ? { stopped: true } : {}),
    ...(mayBeDone ? { mayBeDone } : {}),
  })
  endStepSpan(turn, state, { cancelled: true })
}

/** Stops whatever is being carried out inside a compound, innermost first; the compound itself stays. */
export const stopInner = (turn: Turn, state: IndexedState, stopped: boolean): void => {
  for (const inner of withInner(turn, state).slice(1).reverse()) stopStep(turn, inner, stopped)
}

/** Stops whatever is being carried out in the run, innermost first. */
export const stopAll = (turn: Turn, stopped: boolean): void => {
  for (const state of [...allStates(turn)].reverse()) stopStep(turn, state, stopped)
}

/** Forgets what was kept to take a compound up again, now that it is over: which steps had stopped, inner shared states. */
export const forgetStopped = (turn: Turn, state: IndexedState): void => {
  for (const inner of [...withInner(turn, state)].reverse()) {
    if (stepAt(turn.state, inner.path).stopped) setStep(turn, inner.path, { stopped: false })
    if (turn.state.scopes[inner.path]) setScope(turn, inner.path, null)
    if (inner.makeItem) forgetItems(turn, inner)
  }
}
