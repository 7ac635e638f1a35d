import type { IndexedState } from './definition-index.js'
import { awaitedSignals, giveSignal, takesSignal } from './enter-states.js'
import type { RunEvent } from './event.js'
import { allStates } from './states-of.js'
import { isActive, stepAt } from './step-at.js'
import type { Turn } from './turn.js'

const keptMax = 100

type Signal = Extract<RunEvent, { readonly type: 'SignalReceived' }>

const awaits = (turn: Turn, state: IndexedState, { name, key }: Signal): boolean => {
  const step = stepAt(turn.state, state.path)
  return awaitedSignals(state).includes(name) && isActive(step) && (key === undefined || step.awaits?.key === key)
}

/**
 * Gives a signal to the first step that waits for it and whose guards accept it; ignores it where all that wait refuse
 * it. Where nobody waits it is kept, up to 100 of a name, for the first that will. A correlated event is for steps that
 * wait under its key, and the shell keeps those that nobody waits for.
 */
export const receiveSignal = (turn: Turn, signal: Signal): string | null => {
  const { name, payload, key } = signal
  const waiting = [...allStates(turn)].filter((state) => awaits(turn, state, signal))
  const taker = waiting.find((state) => takesSignal(turn, state, name, payload))
  if (taker) {
    giveSignal(turn, taker, name, payload)
    return null
  }
  if (waiting.length > 0) return 'not-accepted'
  if (key !== undefined) return 'nobody-waits'
  const kept = turn.state.signals[name] ?? []
  if (kept.length >= keptMax) return 'too-many-signals'
  turn.state.signals = { ...turn.state.signals, [name]: [...kept, payload] }
  return null
}
