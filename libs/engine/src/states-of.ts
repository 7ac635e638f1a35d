import { undoneAt, undoStateOf } from './compensations.js'
import type { IndexedItem, IndexedRegion, IndexedState } from './definition-index.js'
import { stepAt } from './step-at.js'
import type { Turn } from './turn.js'

/**
 * The states of a run: those of the definition, and those of the items of maps that are in hand. A state of an item has
 * the path `<map>.<index>.<name>`, in later visits of the map `<map>.<index>-<visit>.<name>`, so that what is known by
 * its path (effects, agents' checkpoints) is not taken for that of an earlier visit. No state's name begins with a digit.
 */

/** Path of an item of a map in the visit that goes on, and key of the item's shared state. */
export const itemPath = (turn: Turn, { path }: IndexedState, item: number): string => {
  const { visits } = stepAt(turn.state, path)
  return visits > 1 ? `${path}.${item}-${visits}` : `${path}.${item}`
}

const regionAt = (turn: Turn, map: IndexedState, path: string, item: number): IndexedItem => {
  const known = turn.items.get(path)
  if (known) return known
  if (!map.makeItem) throw new Error(`${map.path} is not a map`)
  const made = map.makeItem({ path, item })
  turn.items.set(path, made)
  return made
}

/** The region of an item of a map, made once in a turn. */
export const itemOf = (turn: Turn, map: IndexedState, item: number): IndexedItem =>
  regionAt(turn, map, itemPath(turn, map, item), item)

/** A state by its path, also one that undoes; undefined for one that the run does not have. */
export const stateOf = (turn: Turn, path: string): IndexedState | undefined => {
  const known = turn.index.states.get(path)
  if (known) return known
  const undone = undoneAt(path)
  if (undone !== null) return undoStateOf(turn.state, stateOf(turn, undone))
  const parts = path.split('.')
  for (let position = parts.length - 2; position > 0; position -= 1) {
    const item = /^(\d+)(-\d+)?$/.exec(parts[position] ?? '')?.[1]
    if (item === undefined) continue
    const map = stateOf(turn, parts.slice(0, position).join('.'))
    const at = parts.slice(0, position + 1).join('.')
    return map?.makeItem ? regionAt(turn, map, at, Number(item)).all.get(path) : undefined
  }
  return undefined
}

/** A compound's regions; of a map, those of the items in hand. */
export const regionsIn = (turn: Turn, state: IndexedState): readonly IndexedRegion[] =>
  state.makeItem
    ? (stepAt(turn.state, state.path).items?.open ?? []).map((item) => itemOf(turn, state, item))
    : state.regions

/** A state and all that it holds now, in the definition's order, without ends. */
export const withInner = (turn: Turn, state: IndexedState): readonly IndexedState[] => [
  state,
  ...regionsIn(turn, state).flatMap((region) => statesIn(turn, region)),
]

/** The states of a region with all that they hold now. */
export const statesIn = (turn: Turn, { states }: IndexedRegion): readonly IndexedState[] =>
  [...states.values()].flatMap((state) => (state.definition.kind === 'end' ? [] : withInner(turn, state)))

/** Every state of the run, compounds before what they hold. */
export const allStates = (turn: Turn): readonly IndexedState[] => statesIn(turn, turn.index.root)
