import { createHash, randomBytes } from 'node:crypto'
import type { Principal } from './principal.js'

/**
 * Tickets let a browser open a stream or a picture, whose requests cannot carry a header.
 *
 * T1 A ticket is good once and for 60 s: taking it removes it, in one step.
 * T2 Only its hash is kept, in Redis, which forgets it by itself. Redis away: no tickets, everything else goes on.
 */
export interface TicketStore {
  /** Keeps a value under a name for `ttlMs`. */
  readonly put: (name: string, value: string, ttlMs: number) => Promise<void>
  /** Gives the value and removes it, in one step; null when there is none. */
  readonly take: (name: string) => Promise<string | null>
}

/** How long a ticket is good, ms. */
export const ticketMs = 60_000

const nameOf = (ticket: string): string => createHash('sha256').update(ticket).digest('hex')

/** Makes a ticket that stands for a principal; `expiresAt` is epoch ms. */
export const issueTicket = async (
  store: TicketStore,
  principal: Principal,
  now: number,
): Promise<{ ticket: string; expiresAt: number }> => {
  const ticket = `tk_${randomBytes(32).toString('base64url')}`
  await store.put(nameOf(ticket), JSON.stringify(principal), ticketMs) // T2
  return { ticket, expiresAt: now + ticketMs }
}

/** Spends a ticket: whom it stands for, or null when it is unknown, spent or too old. */
export const spendTicket = async (store: TicketStore, ticket: string): Promise<Principal | null> => {
  if (!/^tk_[A-Za-z0-9_-]{43}$/.test(ticket)) return null
  const value = await store.take(nameOf(ticket)) // T1
  return value === null ? null : (JSON.parse(value) as Principal) // written by issueTicket alone
}
