import type { Db } from '../open-store.js'
import { rowsOf } from './statement.js'

const payloads = {
  name: 'read-payloads',
  text: 'select ref, body from vault.payload where ref = any($1::text[])',
}

/** Sealed texts of replies that were too large to travel, by reference; those that are missing are left out. */
export const readPayloads = async (db: Db, refs: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  if (refs.length === 0) return new Map()
  const rows = await rowsOf<{ ref: string; body: Buffer }>(db, payloads, [refs])
  return new Map(rows.map(({ ref, body }) => [ref, body.toString('utf8')]))
}
