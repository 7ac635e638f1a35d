import type { Action, Expression, Transition } from '@flotilla/engine'
import { assignmentsOf, type Writes } from './actions.js'

/** Where an event leads, and what happens on the way. */
export interface Way<To extends string> {
  readonly to: To
  readonly when?: Expression
  readonly assign?: Writes
  readonly actions?: readonly Action[]
}

/** A state's name, a way, or several ways with guards: the first whose guard holds is taken. */
export type Edge<To extends string> = To | Way<To> | readonly Way<To>[]

/** An edge for each of some events. */
export type Edges<On extends string, To extends string> = { readonly [Event in On]: Edge<To> }

type Refuse<Event extends string, Instead> = [Event] extends [never] ? unknown : { readonly [E in Event]: Instead }

/**
 * Every outcome is among the events answered, and nothing but the outcomes and what else may be answered. Conditional
 * types, because TypeScript would infer from mapped ones and widen the names of states to `string`.
 */
export type Answering<
  On extends string,
  Outcome extends string,
  Optional extends string = 'failed' | 'timeout',
> = Refuse<Exclude<Outcome, On>, Edge<string>> & Refuse<Exclude<On, Outcome | Optional>, never>

/** A way as a transition; `on` null for a choice's. */
export const transitionOf = (on: string | null, { to, when, assign, actions }: Way<string>): Transition => ({
  ...(on === null ? {} : { on }),
  ...(when === undefined ? {} : { when }),
  to,
  ...(assign === undefined ? {} : { assign: assignmentsOf(assign) }),
  ...(actions === undefined ? {} : { actions }),
})

const waysOf = (edge: Edge<string>): readonly Way<string>[] => {
  if (typeof edge === 'string') return [{ to: edge }]
  return 'to' in edge ? [edge] : edge
}

/** Edges as a definition lists them: by event in the order given, each event's ways in theirs. */
export const transitionsOf = (edges: Readonly<Record<string, Edge<string> | undefined>>): readonly Transition[] =>
  Object.entries(edges).flatMap(([on, edge]) =>
    edge === undefined ? [] : waysOf(edge).map((way) => transitionOf(on, way)),
  )
