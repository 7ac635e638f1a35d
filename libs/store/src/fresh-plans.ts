import type { ClientBase, Pool } from 'pg'

/** A plan that was made while tables were empty serves them badly when they are not. */
const firstAfterMs = 1_000
const atMostMs = 60_000

const dueOf = new WeakMap<ClientBase, { at: number; pauseMs: number }>()

/** Has the plans of a pool's connections made anew: after 1 second, 2 and 4 seconds later and so on, at last every minute. */
export const freshenPlans = (pool: Pool): void =>
  void pool.on(
    'connect',
    (client) => void dueOf.set(client, { at: performance.now() + firstAfterMs, pauseMs: firstAfterMs }),
  )

/** The statement that begins a transaction, where it is time with one before it that drops the connection's plans. */
export const withFreshPlans = (client: ClientBase, begin: string): string => {
  const due = dueOf.get(client)
  const now = performance.now()
  if (due === undefined || now < due.at) return begin
  const pauseMs = Math.min(atMostMs, due.pauseMs * 2)
  dueOf.set(client, { at: now + pauseMs, pauseMs })
  return `discard plans; ${begin}`
}
