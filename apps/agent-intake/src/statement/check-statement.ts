import { statementBreaksMax, type StatementBreak, type StatementCheck } from '@flotilla/contracts'
import { orderDay, type BalanceMove, type BalanceRange } from './day-order.js'
import { statementDays, toCents, toleranceCents, type StatementDay, type StatementLine } from './statement-days.js'

/** The balance at the end of a day that had entries, in units of the currency. */
export interface DayClosing {
  readonly date: string
  readonly balance: number
}

interface CheckedDay {
  readonly closing: BalanceRange | null
  readonly closingCents: number
  readonly broken: StatementBreak | null
}

const gapCents = (found: BalanceRange, expected: BalanceRange): number =>
  found.low > expected.high ? found.low - expected.high : found.high - expected.low

const movesOf = (day: StatementDay): BalanceMove[] =>
  day.entries.map(({ amount, balance }) => ({ before: toCents(balance) - toCents(amount), after: toCents(balance) }))

const checkDay = (day: StatementDay, from: BalanceRange | null, tolerance: number): CheckedDay => {
  const moves = movesOf(day)
  const chained = orderDay(moves, { from, tolerance })
  const order = chained ?? orderDay(moves, { from: null, tolerance })
  const last = toCents(day.entries.at(-1)?.balance ?? 0)
  if (order === null)
    return {
      closing: null,
      closingCents: last,
      broken: { date: day.date, code: 'DAY_INCONSISTENT', difference: null },
    }
  const broken: StatementBreak | null =
    chained !== null || from === null
      ? null
      : { date: day.date, code: 'BALANCE_GAP', difference: gapCents(order.opening, from) / 100 }
  return { closing: order.closing, closingCents: order.closing.high, broken }
}

/**
 * Checks that every balance of a statement follows from its entries, day by day; entries of one day may come in any
 * order. After a break the check goes on from what the statement says, so that one wrong balance is not counted for
 * every day that follows. Returns the check and the balance at the end of each day. Linear but for sorting.
 */
export const checkStatement = (
  statement: readonly StatementLine[],
): { readonly check: StatementCheck; readonly closings: readonly DayClosing[] } => {
  const tolerance = toleranceCents(statement)
  const breaks: StatementBreak[] = []
  const closings: DayClosing[] = []
  const days = statementDays(statement)
  let from: BalanceRange | null = null
  for (const day of days) {
    const { closing, closingCents, broken } = checkDay(day, from, tolerance)
    if (broken !== null) breaks.push(broken)
    closings.push({ date: day.date, balance: closingCents / 100 })
    from = closing
  }
  const first = days[0]
  const opening = first && orderDay(movesOf(first), { from: null, tolerance })?.opening
  return {
    check: {
      ok: breaks.length === 0,
      daysChecked: days.length,
      entriesChecked: statement.length,
      tolerance: tolerance / 100,
      openingBalance: opening ? opening.low / 100 : null,
      closingBalance: closings.at(-1)?.balance ?? null,
      breaksTotal: breaks.length,
      breaks: breaks.slice(0, statementBreaksMax),
    },
    closings,
  }
}
