/** A statement's entry as far as arithmetic goes; `date` is an ISO day. */
export interface StatementLine {
  readonly date: string
  readonly amount: number
  readonly balance: number
}

/** The entries of one day, in the order of the statement. */
export interface StatementDay<T extends StatementLine = StatementLine> {
  readonly date: string
  readonly entries: readonly T[]
}

/** Whole cents of an amount in units of the currency. */
export const toCents = (amount: number): number => Math.round(amount * 100)

/** Groups a statement by day, oldest day first; within a day the statement's own order is kept. */
export const statementDays = <T extends StatementLine>(statement: readonly T[]): StatementDay<T>[] => {
  const byDate = new Map<string, T[]>()
  for (const entry of statement) {
    const entries = byDate.get(entry.date)
    if (entries === undefined) byDate.set(entry.date, [entry])
    else entries.push(entry)
  }
  return [...byDate]
    .map(([date, entries]) => ({ date, entries }))
    .sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0))
}

/**
 * By how many cents a balance may miss the sum because the bank rounds amounts and balances each by itself: one unit
 * of the last decimal that the statement states. Some banks book in cents and state tenths; a statement in whole units
 * is exact, because nothing shows that it was rounded. One value in a hundred may have more decimals than the rest
 * without changing what the statement is stated in.
 */
export const toleranceCents = (statement: readonly StatementLine[]): number => {
  const values = statement.flatMap(({ amount, balance }) => [toCents(amount), toCents(balance)])
  const odd = Math.floor(values.length / 100)
  if (values.filter((cents) => cents % 10 !== 0).length > odd) return 1
  return values.some((cents) => cents % 100 !== 0) ? 10 : 0
}
