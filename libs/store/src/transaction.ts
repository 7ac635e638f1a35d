import { escapeLiteral, type Pool } from 'pg'
import type { Tx } from './open-store.js'

const run = async <T>(pool: Pool, begin: string, work: (tx: Tx) => Promise<T>): Promise<T> => {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query(begin)
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
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
