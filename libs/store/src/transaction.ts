import { escapeLiteral, type Pool } from 'pg'
import type { Tx } from './open-store.js'

/** The driver gave up waiting (`answerTimeoutMs`): the statement may still be under way, the connection is of no use. */
const isUnanswered = (error: unknown): error is Error =>
  error instanceof Error && error.message === 'Query read timeout'

const run = async <T>(pool: Pool, begin: string, work: (tx: Tx) => Promise<T>): Promise<T> => {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query(begin)
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    if (isUnanswered(error)) {
      // A rollback would wait behind it; closing the connection ends the transaction as well.
      broken = error
      throw error
    }
    try {
      await client.query('rollback')
    } catch (rollbackError) {
      // The connection is gone, and the transaction with it: what the work failed with says more.
      broken = rollbackError instanceof Error ? rollbackError : new Error('rollback failed')
    }
    throw error
  } finally {
    client.release(broken)
  }
}

/** Runs `work` in one transaction (read committed); rolls back when it rejects. */
export const inTransaction = <T>(pool: Pool, work: (tx: Tx) => Promise<T>): Promise<T> => run(pool, 'begin', work)

/**
 * Runs `work` in one transaction that sees one tenant: row-level security hides everything else from the gateway's role.
 * Begin and setting travel together, and the setting ends with the transaction.
 */
export const asTenant = <T>(pool: Pool, tenant: string, work: (tx: Tx) => Promise<T>): Promise<T> =>
  run(pool, `begin; set local flotilla.tenant = ${escapeLiteral(tenant)}`, work)
