import type { WorkflowDefinition } from './definition.js'
import { indexDefinition, type IndexedState, type IndexedTransition } from './definition-index.js'
import { dispatchStep } from './dispatch-step.js'
import { decideRecovery } from './escalate-run.js'
import { ExpressionError } from './expression.js'
import type { RunEvent } from './event.js'
import type { JsonObject } from './json.js'
import { openGate } from './open-gate.js'
import { completeStep, failStep } from './settle-step.js'
import type { OpenGate, RunState } from './state.js'
import { stateOf } from './states-of.js'
import { closeGateOf } from './stop-steps.js'
import { publish, setStep, startTurn, type Turn } from './turn.js'
import { answers, pickTransition } from './turn-values.js'

type GateDecided = Extract<RunEvent, { readonly type: 'GateDecided' }>

const resolved = (turn: Turn, state: IndexedState, gate: OpenGate, decision: string): void =>
  publish(turn, {
    type: 'hitl.resolved',
    message: `${state.title}: ${decision}`,
    about: state,
    spanKey: `gate:${gate.gateId}`,
    meta: { gate: gate.gate, gateId: gate.gateId, decision, waitedMs: turn.at - gate.since },
  })

/** What expressions see of a decision, as `event`. */
const decidedOf = (turn: Turn, decided: GateDecided): JsonObject => {
  const { gateId, decision, values, comment, decidedBy, deciders } = decided
  return {
    type: 'decision',
    gateId,
    decision,
    values,
    comment,
    decidedBy,
    deciders: deciders?.map(({ by }) => by) ?? [decidedBy],
    at: turn.at,
  }
}

/** The transition that accepts a decision. A guard that fails on what a person gave does not hold: a typo ends no run. */
const accepting = (
  turn: Turn,
  { state, gate, decided }: { readonly state: IndexedState; readonly gate: OpenGate; readonly decided: GateDecided },
): IndexedTransition | null => {
  const { decision } = decided
  if (!gate.outcomes.includes(decision)) return null
  try {
    return pickTransition(turn, state, { on: decision, values: { output: null, event: decidedOf(turn, decided) } })
  } catch (error) {
    if (error instanceof ExpressionError) return null
    throw error
  }
}

/**
 * Whether a decision, given now, would be accepted: the gate is open and has the outcome, and a transition of its state
 * takes the decision with these values. What an agent asked for, the agent judges: every outcome is accepted. Pure; for
 * shells, which refuse what the engine would only open the gate again for.
 */
export const acceptsDecision = (
  definition: WorkflowDefinition,
  runState: RunState,
  decided: Omit<GateDecided, 'type'>,
): boolean => {
  const event = { type: 'GateDecided', ...decided } as const
  const turn = startTurn(indexDefinition(definition), runState, event)
  const gate = runState.gates[decided.gateId]
  const state = gate && stateOf(turn, gate.step)
  if (!gate || !state) return false
  if (gate.recovers || state.definition.kind === 'agent') return gate.outcomes.includes(decided.decision)
  return accepting(turn, { state, gate, decided: event }) !== null
}

/**
 * Applies a decision. One that no transition accepts (an adjustment without the values that the guard asks for) leads
 * nowhere: the gate opens again under a new id with its old deadline, so that the run is neither lost nor misled.
 */
export const decideGate = (turn: Turn, event: GateDecided): string | null => {
  const gate = turn.state.gates[event.gateId]
  const state = gate && stateOf(turn, gate.step)
  if (!gate || !state) return 'gate-not-open'
  const { decision } = event
  if (gate.recovers) {
    if (!gate.outcomes.includes(decision)) return 'decision-not-accepted'
    resolved(turn, state, gate, decision)
    decideRecovery(turn, state, decision)
    return null
  }
  const decided = decidedOf(turn, event)

  if (state.definition.kind === 'agent') {
    closeGateOf(turn, state.path, 'decided')
    resolved(turn, state, gate, decision)
    dispatchStep(turn, state, decided)
    return null
  }
  const transition = accepting(turn, { state, gate, decided: event })
  closeGateOf(turn, state.path, 'decided')
  if (!transition) {
    resolved(turn, state, gate, 'not accepted')
    openGate(turn, state, { ...gate, inPlaceOf: gate })
    return null
  }
  resolved(turn, state, gate, decision)
  completeStep(turn, state, { on: decision, values: { output: null, event: decided }, transition })
  return null
}

/** A gate's deadline: its `timeout` transition, else the step fails with GATE_TIMEOUT. */
export const expireGate = (turn: Turn, gateId: string | null): string | null => {
  const gate = gateId === null ? undefined : turn.state.gates[gateId]
  const state = gate && stateOf(turn, gate.step)
  if (!gate || !state) return 'gate-not-open'
  if (gate.dueAt === null || turn.at < gate.dueAt) return 'not-due'
  closeGateOf(turn, state.path, 'expired')
  resolved(turn, state, gate, 'timeout')
  if (answers(state, 'timeout')) {
    const event = {
      type: 'timeout',
      gateId: gate.gateId,
      decision: 'timeout',
      values: null,
      comment: null,
      decidedBy: 'timeout',
      at: turn.at,
    }
    setStep(turn, state.path, { dueAt: null, due: null })
    completeStep(turn, state, { on: 'timeout', values: { output: null, event } })
  } else {
    const message = `${state.title}: nobody decided in time`
    failStep(turn, state, { code: 'GATE_TIMEOUT', message })
  }
  return null
}
