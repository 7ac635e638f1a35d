import type { JsonObject, RunState, StepState } from '@flotilla/engine'

/** Of a step what is no personal data: where it stands, times, numbers and codes. */
const remainingStep = ({ awaits, decision: _decision, outputs: _outputs, items, ...step }: StepState): StepState => ({
  ...step,
  ...(awaits === undefined ? {} : { awaits: { names: awaits.names, key: '' } }),
  ...(items === undefined ? {} : { items: { ...items, ahead: [] } }),
})

/** What remains of a state when its run is erased: what `viewOf` shows, without what people wrote or agents found. */
export const remainingOf = (state: RunState | null): JsonObject | null => {
  if (state === null) return null
  const { status, steps, gates, cancel, openings, dueAt } = state
  const remaining = {
    status,
    steps: Object.fromEntries(Object.entries(steps).map(([path, step]) => [path, remainingStep(step)])),
    gates: Object.fromEntries(Object.entries(gates).map(([id, gate]) => [id, { ...gate, shown: {} }])),
    cancel: cancel === null ? null : { ...cancel, reason: null },
    openings,
    dueAt,
  }
  return remaining as unknown as JsonObject // members of a state, which is JSON
}
