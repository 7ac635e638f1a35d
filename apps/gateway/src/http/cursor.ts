import { GatewayError } from './gateway-error.js'

/**
 * Writes a cursor: what the next page starts after, opaque to clients. `kind` keeps a cursor of one list from being
 * used on another.
 */
export const writeCursor = (kind: string, parts: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify([kind, ...parts])).toString('base64url')

/** Reads a cursor back; throws CURSOR_INVALID unless it is one of that kind whose parts `check` accepts. */
export const readCursor = <T>(kind: string, cursor: string, check: (parts: readonly unknown[]) => T | null): T => {
  const refusal = new GatewayError('CURSOR_INVALID')
  if (cursor.length > 1_024 || !/^[A-Za-z0-9_-]+$/.test(cursor)) throw refusal
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    throw refusal
  }
  if (!Array.isArray(value) || value[0] !== kind) throw refusal
  const found = check(value.slice(1))
  if (found === null) throw refusal
  return found
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Whether a value is a UUID in lower case. */
export const isUuid = (value: unknown): value is string => typeof value === 'string' && uuid.test(value)
