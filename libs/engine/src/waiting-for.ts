import type { OpenGate, RunState } from './state.js'
import { isActive } from './step-at.js'

/** What a run waits for: its gates, and steps that wait for a signal or a time. */
export interface WaitingFor {
  readonly gates: readonly OpenGate[]
  readonly waits: readonly {
    readonly step: string
    readonly since: number
    readonly dueAt: number | null
    /** Of a correlated event: its name. Its key is the run's own matter. */
    readonly signal: string | null
  }[]
}

/** What a run waits for that is not an agent; null when that is nothing. Gates in the order of their opening. */
export const waitingFor = (state: RunState): WaitingFor | null => {
  // By opening, not by member: jsonb does not keep the order of members.
  const gates = Object.values(state.gates).sort((a, b) => a.since - b.since || (a.gateId < b.gateId ? -1 : 1))
  const waits = Object.entries(state.steps)
    .filter(([, step]) => isActive(step) && step.status === 'waiting' && step.dispatch === 0 && step.gateId === null)
    .map(([step, { enteredAt, dueAt, awaits }]) => ({
      step,
      since: enteredAt ?? 0,
      dueAt,
      signal: awaits?.names[0] ?? null,
    }))
  return gates.length + waits.length === 0 ? null : { gates, waits }
}
