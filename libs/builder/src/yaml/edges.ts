import type { Action, Assignment, Transition } from '@flotilla/engine'
import { assignmentsIn, readActions } from './actions.js'
import { compact, type Cursor, isGiven, itemsOf, member, membersOf, objectOf, refuse, textOf } from './cursor.js'
import { expressionOf, type Names } from './expressions.js'

/** An edge as it was read; `on` as the document calls the event. */
export interface ReadEdge {
  readonly on: string | null
  readonly transition: Omit<Transition, 'on'>
}

const actionWords = ['on_enter', 'on_exit']

/** One way: a state's name, or a mapping with target, guard, assignments and actions. */
const wayOf = (cursor: Cursor, state: string, names: Names): Omit<Transition, 'on'> | null => {
  if (typeof cursor.value === 'string') return { to: cursor.value }
  if (objectOf(cursor.value) === null) {
    refuse(cursor, 'is no transition', 'Name a state, or give { when, to } or a list of those.')
    return null
  }
  const to = textOf(member(cursor, 'to', 'target'))
  if (to === undefined) {
    if (!isGiven(member(cursor, 'to', 'target'))) refuse(cursor, 'leads to no state', 'Add to, or target.')
    return null
  }
  const assign = member(cursor, 'assign')
  const actions = member(cursor, 'actions', 'action')
  const done: readonly Action[] = readActions(actions, { state, names }).actions
  return compact({
    when: expressionOf(member(cursor, 'when', 'guard', 'if'), names),
    to,
    assign: isGiven(assign) ? assignmentsIn(assign, names) : undefined,
    actions: done.length > 0 ? done : undefined,
  })
}

/** The ways of one event, or of a choice. */
export const waysOf = (cursor: Cursor, state: string, names: Names): readonly Omit<Transition, 'on'>[] =>
  itemsOf(cursor).flatMap((item) => {
    const way = wayOf(item, state, names)
    return way === null ? [] : [way]
  })

/** Every edge of a state: `on: { event: ... }` and `on_<event>: ...`, in the order of the text. */
export const edgesOf = (cursor: Cursor, state: string, names: Names): readonly ReadEdge[] => {
  const short = membersOf(cursor).flatMap(([name, held]) =>
    name.startsWith('on_') && !actionWords.includes(name) ? [[name.slice('on_'.length), held] as const] : [],
  )
  return [...membersOf(member(cursor, 'on')), ...short].flatMap(([on, held]) =>
    waysOf(held, state, names).map((transition) => ({ on, transition })),
  )
}

/** Has every edge but those of failures and deadlines write what the step gives. */
export const withAssignments = (edges: readonly ReadEdge[], assign: readonly Assignment[]): readonly ReadEdge[] =>
  assign.length === 0
    ? edges
    : edges.map((edge) =>
        edge.on === 'failed' || edge.on === 'timeout'
          ? edge
          : { ...edge, transition: { ...edge.transition, assign: [...assign, ...(edge.transition.assign ?? [])] } },
      )

/** The events of some edges beside failures and deadlines. */
export const outcomesOf = (edges: readonly ReadEdge[]): readonly string[] => [
  ...new Set(edges.flatMap(({ on }) => (on === null || on === 'failed' || on === 'timeout' ? [] : [on]))),
]

/** Edges as transitions; `rename` gives the engine's name of an event. */
export const transitionsFrom = (
  edges: readonly ReadEdge[],
  rename: (on: string) => string = (on) => on,
): readonly Transition[] =>
  edges.map(({ on, transition }) => ({ ...(on === null ? {} : { on: rename(on) }), ...transition }))
