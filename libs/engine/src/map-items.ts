import type { MapState } from './definition.js'
import type { IndexedState } from './definition-index.js'
import type { RunError, RunEvent } from './event.js'
import type { Json } from './json.js'
import { completeStep, type Fate, failStep } from './settle-step.js'
import { forgetItem, forgetItems } from './forget-items.js'
import type { StepState } from './state.js'
import { itemOf, itemPath, statesIn } from './states-of.js'
import { isActive, stepAt } from './step-at.js'
import { stopInner, stopStep } from './stop-steps.js'
import { publish, raiseProgress, setScope, setStep, type Turn } from './turn.js'
import { evaluateMapping, evaluateOne, evaluateFor, nothing } from './turn-values.js'
import { compileExpression } from './expression.js'

/**
 * Maps. Invariants:
 * M1 the state of a run holds the items in hand and some read ahead, never all of them: items and results lie in rows of
 *    the shell, which gives them back as `ItemsRead` and `ItemsCollected` when the run has asked. Storage grows with the
 *    items, not with their square.
 * M2 an item is started once in a visit and settled once; what is in hand when the run fails is taken up by a resume.
 * M3 a map goes on while it has items in hand, has asked for items, or has asked for the results.
 */

type Items = NonNullable<StepState['items']>

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)

const setItems = (turn: Turn, map: IndexedState, change: Partial<Items>): Items => {
  const items = { ...itemsOf(turn, map), ...change }
  setStep(turn, map.path, { items })
  return items
}

const noItems: Items = { total: 0, done: 0, failed: 0, next: 0, open: [], ahead: [], asked: null }

const itemsOf = (turn: Turn, map: IndexedState): Items => stepAt(turn.state, map.path).items ?? noItems

/** Works out the list and starts its first items. The list goes to the shell, which keeps what is not in hand (M1). */
export const enterMap = (turn: Turn, state: IndexedState, definition: MapState): void => {
  setStep(turn, state.path, { status: 'running', startedAt: turn.at })
  publish(turn, { type: 'step.started', message: `${state.title} started`, about: state })
  const source = evaluateFor(state, () => compileExpression(definition.items))
  const list = evaluateOne(turn, state, source, nothing)
  if (!isList(list)) {
    failStep(turn, state, { code: 'ITEMS_NOT_A_LIST', message: `${state.title}: what it maps over is not a list` })
    return
  }
  if (list.length > definition.itemsMax) {
    const message = `${state.title}: ${list.length} items are more than the ${definition.itemsMax} allowed`
    failStep(turn, state, { code: 'ITEMS_TOO_MANY', message })
    return
  }
  if (list.length === 0) {
    setItems(turn, state, noItems)
    completeStep(turn, state, { on: 'done', values: { ...nothing, output: [] } })
    return
  }
  const { deadlineMs } = definition
  const { visits } = setStep(
    turn,
    state.path,
    deadlineMs === undefined ? {} : { dueAt: turn.at + deadlineMs, due: 'step' },
  )
  turn.commands.push({ type: 'OpenMap', step: state.path, visit: visits, items: list })
  setItems(turn, state, { ...noItems, total: list.length, ahead: list.slice(0, 2 * definition.concurrency) })
  continueMap(turn, state)
}

const enterItem = (turn: Turn, map: IndexedState, index: number): void => {
  const region = itemOf(turn, map, index)
  const initial = region.states.get(region.initial)
  if (!initial) throw new Error(`the initial state ${region.initial} does not exist`)
  turn.todo.push({ state: initial, parentVisit: stepAt(turn.state, map.path).visits })
}

const startItem = (turn: Turn, map: IndexedState, index: number, item: Json): void => {
  const input = { ...evaluateMapping(turn, map, map.input, nothing), item, index }
  setScope(turn, itemPath(turn, map, index), { input, data: {} })
  enterItem(turn, map, index)
}

/** Starts what may be started, asks for what comes next, and in the end for the results (M3). */
export const continueMap = (turn: Turn, map: IndexedState): void => {
  const { definition, path } = map
  if (definition.kind !== 'map' || !isActive(stepAt(turn.state, path))) return
  const { concurrency } = definition
  let { next, open, ahead, ...items } = itemsOf(turn, map)
  const room = Math.min(Math.max(0, concurrency - open.length), ahead.length)
  const begun = ahead.slice(0, room)
  if (room > 0) {
    open = [...open, ...begun.map((_, position) => next + position)]
    ahead = ahead.slice(room)
    setItems(turn, map, { open, ahead, next: next + room })
    for (const [position, item] of begun.entries()) startItem(turn, map, next + position, item)
    next += room
  }
  const known = next + ahead.length
  const step = { step: path, visit: stepAt(turn.state, path).visits }
  if (items.asked === null && known < items.total && ahead.length <= concurrency / 2) {
    turn.commands.push({ type: 'ReadItems', ...step, from: known, count: concurrency })
    setItems(turn, map, { asked: 'items' })
  } else if (items.asked === null && open.length === 0 && items.done + items.failed === items.total) {
    turn.commands.push({ type: 'CollectItems', ...step })
    setItems(turn, map, { asked: 'results' })
  }
}

interface SettledItem {
  readonly status: 'done' | 'failed'
  readonly output: Json
  readonly error: RunError | null
}

const settleItem = (turn: Turn, map: IndexedState, index: number, settled: SettledItem): void => {
  const { visits } = stepAt(turn.state, map.path)
  turn.commands.push({ type: 'SaveItem', step: map.path, visit: visits, index, ...settled })
  forgetItem(turn, map, index)
  const { open, done, failed, total } = itemsOf(turn, map)
  const counts = settled.status === 'done' ? { done: done + 1 } : { failed: failed + 1 }
  setItems(turn, map, { ...counts, open: open.filter((other) => other !== index) })
  const message = `${map.title}: ${done + failed + 1} of ${total}`
  if (raiseProgress(turn)) publish(turn, { type: 'progress', message, about: map })
  continueMap(turn, map)
}

/** An item has come to one of its ends. */
export const completeItem = (turn: Turn, map: IndexedState, index: number, output: Json): void =>
  settleItem(turn, map, index, { status: 'done', output, error: null })

/**
 * An item has failed. Best-effort counts it and goes on; fail-fast fails the map and keeps the item, so that a resume or
 * a replay takes it up where it failed.
 */
export const failItem = (turn: Turn, map: IndexedState, index: number, error: RunError): Fate => {
  const { definition } = map
  if (definition.kind === 'map' && definition.onItemFailure === 'best-effort') {
    for (const inner of statesIn(turn, itemOf(turn, map, index)).toReversed()) stopStep(turn, inner, false)
    settleItem(turn, map, index, { status: 'failed', output: null, error })
    return 'handled'
  }
  stopInner(turn, map, true)
  return failStep(turn, map, error)
}

/**
 * Begins an item again that had come to a failed end when the map failed: nothing in it had stopped, so nothing in it would
 * be taken up.
 */
const beginEndedItem = (turn: Turn, map: IndexedState, index: number): void => {
  const region = itemOf(turn, map, index)
  const goesOn = statesIn(turn, region).some((state) => {
    const step = stepAt(turn.state, state.path)
    return step.stopped === true || isActive(step)
  })
  if (goesOn || turn.todo.some(({ state }) => state.region === region)) return
  const { input } = turn.state.scopes[itemPath(turn, map, index)] ?? { input: null }
  forgetItem(turn, map, index)
  setScope(turn, itemPath(turn, map, index), { input, data: {} })
  enterItem(turn, map, index)
}

/** Takes a map up that had stopped: what it had asked for may never have come. */
export const resumeMap = (turn: Turn, map: IndexedState): void => {
  const { ahead, next, total } = itemsOf(turn, map)
  if (total === 0) return
  setItems(turn, map, { asked: null, ahead, next })
  for (const index of itemsOf(turn, map).open) beginEndedItem(turn, map, index)
  continueMap(turn, map)
}

type FromShell = Extract<RunEvent, { readonly type: 'ItemsRead' | 'ItemsCollected' }>

/** Applies what the shell gives back; the reason when it is not what was asked for. */
export const receiveItems = (turn: Turn, map: IndexedState | undefined, event: FromShell): string | null => {
  if (map?.definition.kind !== 'map') return 'stale-items'
  const step = stepAt(turn.state, map.path)
  const { asked, next, ahead } = itemsOf(turn, map)
  if (!isActive(step) || step.visits !== event.visit) return 'stale-items'
  if (event.type === 'ItemsRead') {
    if (asked !== 'items' || event.from !== next + ahead.length || event.items === undefined) return 'stale-items'
    setItems(turn, map, { asked: null, ahead: [...ahead, ...event.items] })
    continueMap(turn, map)
    return null
  }
  if (asked !== 'results' || event.outputs === undefined) return 'stale-items'
  completeStep(turn, map, { on: 'done', values: { ...nothing, output: event.outputs } })
  forgetItems(turn, map)
  return null
}
