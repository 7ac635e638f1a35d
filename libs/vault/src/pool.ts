import { Pool } from 'pg'

/**
 * A small pool: agents' statements are single and short. Statements end after 5 s, without an answer after 8 s, a connection attempt
 * after 3 s.
 */
export const makePool = (
  databaseUrl: string,
  { connectionsMax = 5, onError }: { readonly connectionsMax?: number; readonly onError?: (error: Error) => void } = {},
): Pool => {
  const pool = new Pool({
    connectionString: databaseUrl,
    max: connectionsMax,
    connectionTimeoutMillis: 3_000,
    statement_timeout: 5_000,
    // Of a server that is paused no timeout of its own comes.
    query_timeout: 8_000,
    idleTimeoutMillis: 30_000,
    application_name: 'flotilla-vault',
  })
  // Without a listener a connection's loss ends the process. The pool listens to idle ones only.
  pool.on('error', (error) => onError?.(error))
  pool.on('connect', (client) => void client.on('error', () => undefined))
  return pool
}
