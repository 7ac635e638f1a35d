import { leaveOpen, type Store } from '@flotilla/store'
import type { WorkflowDefinition } from '@flotilla/engine'
import { statementOf } from './model-statements.js'
import { emptyTables, type Tables } from './model-tables.js'
import type { Process, Scheduler } from './scheduler.js'
import { makeTransactions, sqlError, type Transaction } from './transactions.js'

/** Postgres ends a session that idles in a transaction for longer. */
const idleInTransactionMs = 30_000

/** Statements that change nothing and take no lock. */
const reads = new Set([
  'now',
  'read-contents',
  'purge-idempotency',
  'purge-signals',
  'queue-depths',
  'list-parked',
  'list-unmirrored',
  'list-claims',
  'append-audit',
  'count-deliveries-due',
  'count-open-gates',
  'match-triggers',
])

const none = <T>(rows: Iterable<T>, test: (row: T) => boolean): boolean => {
  for (const row of rows) if (test(row)) return false
  return true
}

/** Whether a statement finds nothing to do. */
const isLook = (tables: Tables, name: string): boolean => {
  if (reads.has(name)) return true
  if (name === 'claim-suspect') return none(tables.run.values(), ({ crashes }) => crashes > 0)
  if (name === 'take-owed') return none(tables.outbox.values(), ({ sentAt }) => sentAt === null)
  return name === 'settle-stray-events' && tables.inbox.size === 0
}

/** A statement on its way to the database. */
export interface Query {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}

export interface ModelPostgres {
  readonly tables: Tables
  /** The store as one process sees it: the real statements of libs/store run on it. */
  readonly storeFor: (process: Process) => Store
  readonly holds: (holder: object) => boolean
  readonly deadlocks: () => number
  readonly changes: () => number
  /** Names whose session lives. */
  readonly names: Set<string>
}

/** What the simulation looks at, and may plant a bug in. */
export interface PostgresHooks {
  readonly definitions: ReadonlyMap<string, WorkflowDefinition>
  /** Called after every commit that wrote something. */
  readonly onCommit: (tables: Tables, process: Process) => void
  /** An error that no fault explains: a broken constraint, a deadlock. */
  readonly onError: (error: unknown, statement: string) => void
  /** For planted bugs: replaces the values of a statement before it runs. */
  readonly tamper?: (query: Query) => Query
  /** For planted bugs: a statement whose locks are forgotten. */
  readonly unlocked?: string
  /** For planted bugs: replaces the rows that a statement gives. */
  readonly answer?: (query: Query, rows: readonly object[]) => readonly object[]
}

/** Makes the database of one world. Statements run one at a time, when the scheduler picks them. */
export const makeModelPostgres = (scheduler: () => Scheduler, hooks: PostgresHooks): ModelPostgres => {
  const tables = emptyTables()
  const transactions = makeTransactions()
  const names = new Set<string>()
  let changes = 0

  const run = (tx: Transaction, given: Query): { rows: readonly object[] } => {
    const query = hooks.tamper?.(given) ?? given
    const now = scheduler().now()
    if (query.name === 'read-contents') {
      const [hashes] = query.values as [string[]]
      return { rows: hashes.map((hash) => ({ hash, definition: hooks.definitions.get(hash) })) }
    }
    const writes = tx.writes.length
    const own = tx.ownInbox.length
    const votes = tx.ownVotes.length
    try {
      const rows = statementOf(query.name, query.text)(
        {
          tables,
          tx,
          now,
          lock: (key) => transactions.lock(tx, key),
          tryLock: (key) => query.name === hooks.unlocked || transactions.tryLock(tx, key),
          write: (change) => void tx.writes.push(change),
          isDead: (name) => !names.has(name),
        },
        query.values,
      )
      tx.waitsFor = null
      return { rows: hooks.answer?.(query, rows) ?? rows }
    } catch (error) {
      // A statement that waits, or fails, has done nothing.
      tx.writes.length = writes
      tx.ownInbox.length = own
      tx.ownVotes.length = votes
      if (error instanceof Error) hooks.onError(error, query.name)
      throw error
    }
  }
  const commit = (tx: Transaction): void => {
    const wrote = tx.writes.length > 0
    transactions.commit(tx)
    if (!wrote) return
    changes += 1
    hooks.onCommit(tables, tx.process)
  }
  const whole = (
    process: Process,
    query: Query,
    kept: { tx: Transaction | null },
    open: Set<Transaction>,
  ): { rows: readonly object[] } => {
    kept.tx ??= transactions.begin(process, scheduler().now())
    open.add(kept.tx)
    const result = run(kept.tx, query)
    // Markers come with every tick: they are not news.
    const before = changes
    commit(kept.tx)
    if (query.name === 'mark-claim') changes = before
    return result
  }

  const storeFor = (process: Process): Store => {
    const open = new Set<Transaction>()
    process.whenDead.push(() => {
      for (const tx of open) transactions.rollback(tx)
    })
    const connect = () => {
      let tx: Transaction | null = null
      const end = (): void => {
        if (tx !== null) {
          transactions.rollback(tx)
          open.delete(tx)
        }
        tx = null
      }
      const answer = async (given: string | Query): Promise<{ rows: readonly object[] }> => {
        const point = `pg ${typeof given === 'string' ? (given.split(';')[0] ?? '') : given.name.replace(/save-applied-.*/, 'save-applied')}`
        try {
          const idle =
            typeof given === 'string' ? given !== 'commit' || tx?.writes.length === 0 : isLook(tables, given.name)
          return await scheduler()[idle ? 'look' : 'io'](process, point, () => {
            const now = scheduler().now()
            if (given === 'rollback') {
              end()
              return { rows: [] }
            }
            if (typeof given === 'string' && given.startsWith('begin')) {
              tx = transactions.begin(process, now)
              open.add(tx)
              return { rows: [] }
            }
            if (tx === null || !tx.open) throw sqlError('57P01', 'the connection has ended')
            if (now - tx.lastAt > idleInTransactionMs && tx.waitsFor === null) {
              end()
              throw sqlError('25P03', 'idle in a transaction for too long')
            }
            tx.lastAt = now
            if (given === 'commit') {
              open.delete(tx)
              const ending = tx
              tx = null
              commit(ending)
              return { rows: [] }
            }
            return run(tx, given as Query)
          })
        } catch (error) {
          end() // a statement that failed has aborted the transaction
          throw error
        }
      }
      // One connection answers in the order in which it was asked.
      let last: Promise<unknown> = Promise.resolve()
      const query = (given: string | Query): Promise<{ rows: readonly object[] }> => {
        const answered = last.then(() => answer(given))
        last = answered.catch(() => undefined)
        return answered
      }
      const client = { query, release: () => undefined }
      leaveOpen(client)
      return client
    }
    const pool = {
      connect: async () => connect(),
      query: async (given: Query) => {
        const kept: { tx: Transaction | null } = { tx: null }
        try {
          return await scheduler()[isLook(tables, given.name) ? 'look' : 'io'](process, `pg ${given.name}`, () =>
            whole(process, given, kept, open),
          )
        } catch (error) {
          if (kept.tx !== null) transactions.rollback(kept.tx)
          throw error
        } finally {
          if (kept.tx !== null) open.delete(kept.tx)
        }
      },
    }
    leaveOpen(pool)
    // What the statements use of a pool: connections and queries.
    return { pool, prisma: null, close: async () => undefined } as unknown as Store
  }
  return {
    tables,
    storeFor,
    holds: transactions.holds,
    deadlocks: transactions.deadlocks,
    changes: () => changes,
    names,
  }
}
