import { stateOf } from './states-of.js'
import type { RunState } from './state.js'
import { equalJson } from './equal-json.js'
import { openGate } from './open-gate.js'
import { closeGateOf } from './stop-steps.js'
import { publish, type Turn } from './turn.js'
import { evaluateMapping, nothing } from './turn-values.js'

/**
 * A decision is about what was shown. Where an event changed the shared state so that an open gate would show something
 * else, it closes and another opens in its place, with its deadline and without its votes.
 */
export const renewGates = (turn: Turn, before: RunState): void => {
  if (turn.state.scopes === before.scopes && turn.state.artifacts === before.artifacts) return
  for (const gate of Object.values(turn.state.gates)) {
    const state = stateOf(turn, gate.step)
    // What an agent shows is its own, and how a run failed does not change.
    if (state?.definition.kind !== 'human' || gate.recovers) continue
    const { scope } = state
    if (turn.state.scopes[scope] === before.scopes[scope] && turn.state.artifacts === before.artifacts) continue
    const shown = evaluateMapping(turn, state, state.input, nothing)
    if (equalJson(shown, gate.shown)) continue
    closeGateOf(turn, state.path, 'changed')
    publish(turn, {
      type: 'hitl.changed',
      message: `${state.title}: what is to be decided has changed`,
      about: state,
      spanKey: `gate:${gate.gateId}`,
      meta: { gate: gate.gate, gateId: gate.gateId, votesLost: gate.votes?.length ?? 0 },
    })
    openGate(turn, state, { ...gate, shown, inPlaceOf: gate })
  }
}
