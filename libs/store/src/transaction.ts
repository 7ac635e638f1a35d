import { escapeLiteral, type Pool } from 'pg'
import { withFreshPlans } from './fresh-plans.js'
import type { Tx } from './open-store.js'

/** The driver gave up waiting (`answerTimeoutMs`): the statement may still be under way, the connection is of no use. */
const isUnanswered = (error: unknown): error is Error =>
  error instanceof Error && error.message === 'Query read timeout'

/**
 * Hands in statements whose outcome nothing in the transaction depends on: they travel together with the commit. What they
 * reject with, the transaction rejects with, and nothing of it has happened.
 */
export type Closing = (statement: Promise<unknown>) => void

/** What a promise was rejected with; null while it is not. */
const failureOf = async (promises: readonly Promise<unknown>[]): Promise<Error | null> => {
  for (const settled of await Promise.allSettled(promises))
    if (settled.status === 'rejected')
      return settled.reason instanceof Error ? settled.reason : new Error('statement failed')
  return null
}

/**
 * Statements are answered in the order in which they were sent, and one that fails fails all after it, so nothing waits
 * for an answer that it does not need: the begin travels with the first statement, `closing` ones with the commit, which
 * Postgres turns into a rollback when one of them has failed. `whole`: so do all statements of `work`.
 */
const run = async <T>(
  pool: Pool,
  begin: string,
  work: (tx: Tx, closing: Closing) => Promise<T>,
  { whole = false }: { readonly whole?: boolean } = {},
): Promise<T> => {
  const client = await pool.connect()
  const sent: Promise<unknown>[] = []
  let failed = false
  const send: Closing = (statement) => {
    statement.catch(() => (failed = true)) // awaited below, also where `work` fails first
    sent.push(statement)
  }
  let broken: Error | undefined
  try {
    send(client.query(withFreshPlans(client, begin)))
    const working = work(client, send)
    if (whole) send(working)
    else await working
    // One that failed before it was sent is unknown to Postgres, which would commit the rest.
    if (failed) await Promise.all(sent)
    send(client.query('commit'))
    await Promise.all(sent)
    return await working
  } catch (error) {
    // What failed first says why: the statements after it only say that the transaction is aborted.
    const first = isUnanswered(error) ? error : ((await failureOf(sent)) ?? error)
    if (isUnanswered(first)) {
      // A rollback would wait behind it; closing the connection ends the transaction as well.
      broken = first
      throw first
    }
    try {
      await client.query('rollback')
    } catch (rollbackError) {
      // The connection is gone, and the transaction with it: what the work failed with says more.
      broken = rollbackError instanceof Error ? rollbackError : new Error('rollback failed')
    }
    throw first
  } finally {
    client.release(broken)
  }
}

/** Runs `work` in one transaction (read committed); rolls back when it rejects. */
export const inTransaction = <T>(pool: Pool, work: (tx: Tx, closing: Closing) => Promise<T>): Promise<T> =>
  run(pool, 'begin', work)

const asThat = (tenant: string): string => `begin; set local flotilla.tenant = ${escapeLiteral(tenant)}`

/**
 * Runs `work` in one transaction that sees one tenant: row-level security hides everything else from the gateway's role.
 * Begin and setting travel together, and the setting ends with the transaction.
 */
export const asTenant = <T>(pool: Pool, tenant: string, work: (tx: Tx) => Promise<T>): Promise<T> =>
  run(pool, asThat(tenant), work)

/**
 * The same in one round trip, for work that sends all its statements at once: one, that is, or several that do not wait
 * for each other. A statement sent later would be outside of the transaction and see no tenant at all.
 */
export const askAsTenant = <T>(pool: Pool, tenant: string, work: (tx: Tx) => Promise<T>): Promise<T> =>
  run(pool, asThat(tenant), work, { whole: true })
