import type { Db } from '../open-store.js'

/**
 * Runs a named prepared statement (a name belongs to one text: half the cost of an unnamed one on the hot path) and
 * gives its rows, in the shape that the SQL selects.
 */
export const rowsOf = async <Row extends object>(
  db: Db,
  statement: { readonly name: string; readonly text: string },
  values: readonly unknown[] = [],
): Promise<Row[]> => (await db.query<Row>({ ...statement, values: [...values] })).rows
