import type { StateDefinition } from './definition.js'
import type { IndexedState } from './definition-index.js'
import type { JsonObject } from './json.js'
import type { OpenGate } from './state.js'
import { stepAt } from './step-at.js'
import { publish, setGate, setStep, type Turn } from './turn.js'

/** Outcomes that every gate has. */
export const gateOutcomes = ['approve', 'reject', 'adjust'] as const

interface OpenedGate {
  readonly shown: JsonObject
  readonly outcomes: readonly string[]
  readonly dueAt: number | null
  /** The gate whose place it takes: reminders and escalation go on as they stood. */
  readonly inPlaceOf?: OpenGate
  /** It decides how a failed run goes on, not what its state decides. */
  readonly recovers?: boolean
}

type HumanState = Extract<StateDefinition, { readonly kind: 'human' }>

/** When deciders are reminded and somebody else is told. */
const remindersOf = (
  turn: Turn,
  human: HumanState | undefined,
  before: OpenGate | undefined,
): Pick<OpenGate, 'remindAt' | 'reminders' | 'escalateAt'> => {
  if (!human) return {}
  const { remindEveryMs, escalate } = human
  if (before)
    return {
      ...(before.remindAt === undefined ? {} : { remindAt: before.remindAt }),
      ...(before.reminders === undefined ? {} : { reminders: before.reminders }),
      ...(before.escalateAt === undefined ? {} : { escalateAt: before.escalateAt }),
    }
  return {
    ...(remindEveryMs === undefined ? {} : { remindAt: turn.at + remindEveryMs }),
    ...(escalate === undefined ? {} : { escalateAt: turn.at + escalate.afterMs }),
  }
}

/** Opens a gate for a step under the run's next gate number. What it shows goes to deciders, never to the stream. */
export const openGate = (
  turn: Turn,
  state: IndexedState,
  { shown, outcomes, dueAt, inPlaceOf, recovers }: OpenedGate,
): void => {
  turn.state.gateCount += 1
  const gateId = `${turn.state.runId}.${state.path}.${turn.state.gateCount}`
  const gate = state.definition.name
  const { visits } = stepAt(turn.state, state.path)
  const human = state.definition.kind === 'human' && !recovers ? state.definition : undefined
  const { needed = 1, scope } = human?.deciders ?? {}
  const several = needed > 1 ? { needed } : {}
  const common = { gateId, gate, step: state.path, shown, outcomes, dueAt, ...several }
  setStep(turn, state.path, { status: 'waiting', gateId, dueAt, due: dueAt === null ? null : 'gate' })
  setGate(turn, gateId, {
    ...common,
    since: turn.at,
    ...(recovers ? { recovers } : remindersOf(turn, human, inPlaceOf)),
  })
  turn.commands.push({
    type: 'OpenGate',
    ...common,
    visit: visits,
    openedAt: turn.at,
    ...(scope === undefined ? {} : { scope }),
  })
  publish(turn, {
    type: 'hitl.requested',
    message: `${state.title}: a decision is needed`,
    about: state,
    spanKey: `gate:${gateId}`,
    meta: { gate, gateId, outcomes, dueAt, ...several },
  })
}
