import type { OpenGate, RunState, StepState } from './state.js'
import { isActive } from './step-at.js'

/** Kinds of deadline by which nothing ends. */
export type Reminder = 'remind' | 'escalate' | 'checkpoint'

/** A moment at which something of a run is due, by the step that it is about. */
export interface DueMoment {
  readonly at: number
  readonly deadline: NonNullable<StepState['due']> | Reminder
  readonly path: string
  readonly gateId: string | null
}

const ofGate = ({ gateId, step, dueAt, remindAt, escalateAt }: OpenGate): readonly DueMoment[] => {
  // One that comes when the gate is over is none.
  const before = (at: number | undefined): at is number => at !== undefined && (dueAt === null || at < dueAt)
  return [
    ...(before(remindAt) ? [{ at: remindAt, deadline: 'remind' as const, path: step, gateId }] : []),
    ...(before(escalateAt) ? [{ at: escalateAt, deadline: 'escalate' as const, path: step, gateId }] : []),
  ]
}

const ofStep = (path: string, step: StepState): readonly DueMoment[] => {
  if (!isActive(step)) return []
  const { dueAt, due, gateId, checkpointAt } = step
  return [
    ...(dueAt === null ? [] : [{ at: dueAt, deadline: due ?? ('step' as const), path, gateId }]),
    ...(checkpointAt === undefined ? [] : [{ at: checkpointAt, deadline: 'checkpoint' as const, path, gateId: null }]),
  ]
}

/** Every moment at which a step or gate of the run is due, in no order. */
export const dueMoments = (state: RunState): readonly DueMoment[] => [
  ...Object.entries(state.steps).flatMap(([path, step]) => ofStep(path, step)),
  ...Object.values(state.gates).flatMap(ofGate),
]

/** The first moment at which an open gate ends, or its deciders are reminded or somebody else is told; null: never. */
export const gateDueAt = (gate: OpenGate): number | null =>
  ofGate(gate).reduce<number | null>((next, { at }) => (next === null || at < next ? at : next), gate.dueAt)
