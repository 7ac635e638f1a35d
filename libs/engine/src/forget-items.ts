import type { IndexedState } from './definition-index.js'
import { itemPath } from './states-of.js'
import { stepAt } from './step-at.js'
import { dropWithin, setStep, type Turn } from './turn.js'

/** Forgets the steps and shared states of an item that is over. */
export const forgetItem = (turn: Turn, map: IndexedState, index: number): void =>
  dropWithin(turn, itemPath(turn, map, index))

/** Forgets the items in hand of a map that is over; how many there were stays. */
export const forgetItems = (turn: Turn, map: IndexedState): void => {
  const { items } = stepAt(turn.state, map.path)
  if (!items || (items.open.length === 0 && items.ahead.length === 0 && items.asked === null)) return
  for (const index of items.open) forgetItem(turn, map, index)
  setStep(turn, map.path, { items: { ...items, open: [], ahead: [], asked: null } })
}
