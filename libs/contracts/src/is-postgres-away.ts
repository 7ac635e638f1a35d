/** Socket errors of the driver. */
const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
])

/** Postgres' own words for "not now": shutting down, starting, out of connections, connection broken, disk full. */
const serverCodes = /^(57P0[1-5]|53[0-9A-Z]{3}|08[0-9A-Z]{3}|25006)$/

/** What node-postgres throws without a code. */
const messages =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool after calling end|Query read timeout)/i

/** Whether an error, or one that caused it, says that Postgres cannot be reached or cannot serve now. */
export const isPostgresAway = (error: unknown, depth = 0): boolean => {
  if (!(error instanceof Error) || depth > 5) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (code === 'POSTGRES_UNAVAILABLE' || serverCodes.test(code) || messages.test(error.message)) return true
  if (socketCodes.has(code)) return true
  if (error instanceof AggregateError && error.errors.some((inner) => isPostgresAway(inner, depth + 1))) return true
  return isPostgresAway(error.cause, depth + 1)
}
