import type { Action, Assignment, Expression, Reducer } from '@flotilla/engine'

/** How a value joins a key of the shared state. */
export interface Joined {
  readonly from: Expression
  readonly reducer: Reducer
}

/** Key of the shared state, dotted where it goes deeper -> what is written there; in the order given. */
export type Writes = Readonly<Record<string, Expression | Joined>>

/** Adds to the list that the key holds: one value, or each of a list. */
export const append = (from: Expression): Joined => ({ from, reducer: 'append' })

/** Puts the members of an object into the one that the key holds. */
export const merge = (from: Expression): Joined => ({ from, reducer: 'merge' })

/** Adds to the number that the key holds. */
export const sum = (from: Expression): Joined => ({ from, reducer: 'sum' })

/** Writes as a definition lists them. */
export const assignmentsOf = (writes: Writes): readonly Assignment[] =>
  Object.entries(writes).map(([to, value]) => (typeof value === 'string' ? { to, from: value } : { to, ...value }))

/** Writes to the log. */
export const log = (message: string): Action => ({ do: 'log', message })

/** Tells a channel of the notification service. */
export const notify = (channel: string, message: string): Action => ({ do: 'notify', channel, message })

/** Writes to the shared state. */
export const assign = (writes: Writes): Action => ({ do: 'assign', assign: assignmentsOf(writes) })
