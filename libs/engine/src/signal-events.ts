import type { IndexedState } from './definition-index.js'
import { signalAnswer } from './enter-states.js'
import type { RunEvent } from './event.js'
import { completeStep } from './settle-step.js'
import { allStates } from './states-of.js'
import { isActive, stepAt } from './step-at.js'
import type { Turn } from './turn.js'

const keptMax = 100

const awaits = (turn: Turn, { definition, path }: IndexedState, name: string): boolean =>
  definition.kind === 'wait' && definition.signal === name && isActive(stepAt(turn.state, path))

/** Gives a signal to the first step that waits for it, else keeps it, up to 100 of a name, for the first that will. */
export const receiveSignal = (
  turn: Turn,
  { name, payload }: Extract<RunEvent, { readonly type: 'SignalReceived' }>,
): string | null => {
  for (const state of allStates(turn)) {
    if (!awaits(turn, state, name)) continue
    completeStep(turn, state, { on: signalAnswer(state, name), values: { output: payload, event: payload } })
    return null
  }
  const kept = turn.state.signals[name] ?? []
  if (kept.length >= keptMax) return 'too-many-signals'
  turn.state.signals = { ...turn.state.signals, [name]: [...kept, payload] }
  return null
}
