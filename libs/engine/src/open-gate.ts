import type { IndexedState } from './definition-index.js'
import type { JsonObject } from './json.js'
import { stepAt } from './step-at.js'
import { publish, setGate, setStep, type Turn } from './turn.js'

/** Outcomes that every gate has. */
export const gateOutcomes = ['approve', 'reject', 'adjust'] as const

interface OpenedGate {
  readonly shown: JsonObject
  readonly outcomes: readonly string[]
  readonly dueAt: number | null
}

/** Opens a gate for a step under the run's next gate number. What it shows goes to deciders, never to the stream. */
export const openGate = (turn: Turn, state: IndexedState, { shown, outcomes, dueAt }: OpenedGate): void => {
  turn.state.gateCount += 1
  const gateId = `${turn.state.runId}.${state.path}.${turn.state.gateCount}`
  const gate = state.definition.name
  const { visits } = stepAt(turn.state, state.path)
  const common = { gateId, gate, step: state.path, shown, outcomes, dueAt }
  setStep(turn, state.path, { status: 'waiting', gateId, dueAt, due: dueAt === null ? null : 'gate' })
  setGate(turn, gateId, { ...common, since: turn.at })
  turn.commands.push({ type: 'OpenGate', ...common, visit: visits, openedAt: turn.at })
  publish(turn, {
    type: 'hitl.requested',
    message: `${state.title}: a decision is needed`,
    about: state,
    spanKey: `gate:${gateId}`,
    meta: { gate, gateId, outcomes, dueAt },
  })
}
