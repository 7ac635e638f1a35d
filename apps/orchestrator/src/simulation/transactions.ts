import { Blocked, type Process } from './scheduler.js'
import type { RunRow, Tables, VoteRow } from './model-tables.js'

/**
 * Transactions as Postgres keeps them, at read committed.
 *
 * X1 what a transaction writes is seen by nobody before it commits, and by nobody ever when it rolls back.
 * X2 a row that is written or locked is the transaction's until its end: others wait, or skip it where they say so.
 * X3 each statement sees what is committed when it begins.
 * X4 a cycle of waiting transactions is a deadlock: the one that closes it is rolled back with 40P01.
 */
export interface Transaction {
  readonly process: Process
  readonly startedAt: number
  readonly locks: Set<string>
  readonly writes: (() => void)[]
  /** Rows that it has inserted into the inbox and not committed: its own later statements see them. */
  readonly ownInbox: { readonly runId: string; held: boolean }[]
  /** Child runs that it has started and not committed. */
  readonly ownChildren: Map<string, RunRow>
  readonly ownVotes: VoteRow[]
  waitsFor: Transaction | null
  lastAt: number
  open: boolean
}

/** What a statement's model works on. */
export interface Statement {
  readonly tables: Tables
  readonly tx: Transaction
  readonly now: number
  /** Takes a row's lock, or waits for it (X2). */
  readonly lock: (key: string) => void
  /** Takes a row's lock unless another transaction has it: `skip locked`. */
  readonly tryLock: (key: string) => boolean
  /** Done at the commit (X1). */
  readonly write: (change: () => void) => void
  /** Whether the process under this orchestrator's name is dead: its session no longer holds the advisory lock. */
  readonly isDead: (orchestrator: string) => boolean
}

/** An error as the driver gives it. */
export const sqlError = (code: string, text: string): Error & { code: string } =>
  Object.assign(new Error(text), { code })

export interface Transactions {
  readonly begin: (process: Process, now: number) => Transaction
  readonly lock: (tx: Transaction, key: string) => void
  readonly tryLock: (tx: Transaction, key: string) => boolean
  readonly commit: (tx: Transaction) => void
  readonly rollback: (tx: Transaction) => void
  readonly holds: (holder: object) => boolean
  readonly deadlocks: () => number
}

/** Makes the lock table of one database. */
export const makeTransactions = (): Transactions => {
  const holders = new Map<string, Transaction>()
  let deadlocks = 0
  const end = (tx: Transaction): void => {
    tx.open = false
    tx.waitsFor = null
    for (const key of tx.locks) holders.delete(key)
    tx.locks.clear()
  }
  const take = (tx: Transaction, key: string): Transaction | null => {
    const holder = holders.get(key)
    if (holder === tx) return null
    if (holder !== undefined) return holder
    holders.set(key, tx)
    tx.locks.add(key)
    return null
  }
  return {
    begin: (process, now) => ({
      process,
      startedAt: now,
      locks: new Set(),
      writes: [],
      ownInbox: [],
      ownChildren: new Map(),
      ownVotes: [],
      waitsFor: null,
      lastAt: now,
      open: true,
    }),
    lock: (tx, key) => {
      const holder = take(tx, key)
      tx.waitsFor = holder
      if (holder === null) return
      for (let next = holder.waitsFor; next !== null; next = next.waitsFor)
        if (next === tx) {
          deadlocks += 1
          throw sqlError('40P01', 'deadlock detected') // X4
        }
      throw new Blocked(holder)
    },
    tryLock: (tx, key) => take(tx, key) === null,
    commit: (tx) => {
      for (const write of tx.writes) write()
      end(tx)
    },
    rollback: end,
    holds: (holder) => (holder as Transaction).open, // only transactions hold anything
    deadlocks: () => deadlocks,
  }
}
