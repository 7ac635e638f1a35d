import { stateOf } from './states-of.js'
import type { OpenGate } from './state.js'
import { publish, setGate, type Turn } from './turn.js'

/** Where reminders go: whoever reads this channel knows the deciders. */
export const remindChannel = 'deciders'

const gateAndState = (turn: Turn, gateId: string | null) => {
  const gate = gateId === null ? undefined : turn.state.gates[gateId]
  const state = gate && stateOf(turn, gate.step)
  return gate && state?.definition.kind === 'human' ? { gate, state, definition: state.definition } : null
}

/** The next reminder after `at`, in step with the gate's opening: those missed meanwhile are left out. */
const nextReminder = ({ remindAt = 0 }: OpenGate, everyMs: number, at: number): number =>
  remindAt + everyMs * (Math.floor((at - remindAt) / everyMs) + 1)

/** Reminds a gate's deciders. */
export const remindDeciders = (turn: Turn, gateId: string | null): string | null => {
  const found = gateAndState(turn, gateId)
  const everyMs = found?.definition.remindEveryMs
  if (!found || everyMs === undefined) return 'gate-not-open'
  const { gate, state } = found
  if (gate.remindAt === undefined || turn.at < gate.remindAt) return 'not-due'
  const reminders = (gate.reminders ?? 0) + 1
  setGate(turn, gate.gateId, { ...gate, reminders, remindAt: nextReminder(gate, everyMs, turn.at) })
  const message = `${state.title}: a decision is still needed`
  publish(turn, {
    type: 'hitl.reminded',
    message,
    about: state,
    spanKey: `gate:${gate.gateId}`,
    meta: { gate: gate.gate, gateId: gate.gateId, reminders, waitedMs: turn.at - gate.since, dueAt: gate.dueAt },
  })
  turn.commands.push({ type: 'Notify', channel: remindChannel, message, step: state.path })
  return null
}

/** Tells somebody else of a gate that nobody has decided yet; once. */
export const escalateGate = (turn: Turn, gateId: string | null): string | null => {
  const found = gateAndState(turn, gateId)
  const escalate = found?.definition.escalate
  if (!found || escalate === undefined) return 'gate-not-open'
  const { gate, state } = found
  if (gate.escalateAt === undefined || turn.at < gate.escalateAt) return 'not-due'
  const { escalateAt: _, ...rest } = gate
  setGate(turn, gate.gateId, rest)
  const message = `${state.title}: nobody has decided yet`
  publish(turn, {
    type: 'hitl.escalated',
    message,
    about: state,
    spanKey: `gate:${gate.gateId}`,
    meta: {
      gate: gate.gate,
      gateId: gate.gateId,
      channel: escalate.channel,
      waitedMs: turn.at - gate.since,
      dueAt: gate.dueAt,
    },
  })
  turn.commands.push({ type: 'Notify', channel: escalate.channel, message, step: state.path })
  return null
}
