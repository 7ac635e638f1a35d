import { stateOf } from './states-of.js'
import type { RunEvent } from './event.js'
import { publish, setGate, type Turn } from './turn.js'

type GateVoted = Extract<RunEvent, { readonly type: 'GateVoted' }>

/**
 * Notes a vote that does not decide yet; who decides when is said by the gate's row, not here. The stream tells that
 * somebody voted, not who and for what: nobody is to vote after the others.
 */
export const noteVote = (turn: Turn, { gateId, decision, votedBy }: GateVoted): string | null => {
  const gate = turn.state.gates[gateId]
  const state = gate && stateOf(turn, gate.step)
  if (!gate || !state) return 'gate-not-open'
  const votes = gate.votes ?? []
  if (votes.some(({ by }) => by === votedBy)) return 'duplicate'
  setGate(turn, gateId, { ...gate, votes: [...votes, { by: votedBy, decision, at: turn.at }] })
  publish(turn, {
    type: 'hitl.voted',
    message: `${state.title}: a vote has come in`,
    about: state,
    spanKey: `gate:${gateId}`,
    meta: { gate: gate.gate, gateId, votes: votes.length + 1, needed: gate.needed ?? 1 },
  })
  return null
}
