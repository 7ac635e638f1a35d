import type { IncomeObligation, IncomeSource, StatementEntry } from '@flotilla/contracts'
import { mayBeStandingOrder, sourceKind, statedObligation } from './classify-entry.js'

/** The same amount in at least this many months is a standing order. */
export const standingOrderMonthsMin = 3

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** Money of one kind in all months together. */
interface Tally {
  total: number
  entries: number
}

/** What the months of a statement show; amounts a month, in units of the currency. */
export interface Flows {
  /** One number a month: all credits but interest. */
  readonly incomes: readonly number[]
  readonly sources: readonly IncomeSource[]
  readonly obligations: readonly IncomeObligation[]
  readonly obligationsPerMonth: number
  /** Every debit that is not an obligation. */
  readonly spendingPerMonth: number
}

const standingAmounts = (months: readonly (readonly StatementEntry[])[]): ReadonlySet<number> => {
  const seen = new Map<number, number>()
  for (const month of months) {
    const amounts = month.filter((entry) => entry.amount < 0 && mayBeStandingOrder(entry)).map(({ amount }) => amount)
    for (const amount of new Set(amounts)) seen.set(amount, (seen.get(amount) ?? 0) + 1)
  }
  return new Set([...seen].filter(([, count]) => count >= standingOrderMonthsMin).map(([amount]) => amount))
}

const add = <K>(tallies: Map<K, Tally>, kind: K, amount: number): void => {
  const tally = tallies.get(kind) ?? { total: 0, entries: 0 }
  tallies.set(kind, { total: tally.total + amount, entries: tally.entries + 1 })
}

const perMonth = <K>(tallies: ReadonlyMap<K, Tally>, months: number) =>
  [...tallies]
    .map(([kind, { total, entries }]) => ({ kind, perMonth: Math.round((total / months) * 100) / 100, entries }))
    .sort((a, b) => b.perMonth - a.perMonth)

/** Sorts the entries of complete months into income by source, obligations by kind, and other spending. */
export const measureFlows = (months: readonly (readonly StatementEntry[])[]): Flows => {
  const standing = standingAmounts(months)
  const obligationOf = (entry: StatementEntry): IncomeObligation['kind'] | null =>
    statedObligation(entry) ?? (mayBeStandingOrder(entry) && standing.has(entry.amount) ? 'standing_order' : null)
  const sources = new Map<IncomeSource['kind'], Tally>()
  const obligations = new Map<IncomeObligation['kind'], Tally>()
  let spent = 0
  for (const entry of months.flat()) {
    if (entry.amount > 0) add(sources, sourceKind(entry), entry.amount)
    if (entry.amount >= 0) continue
    const kind = obligationOf(entry)
    if (kind === null) spent -= entry.amount
    else add(obligations, kind, -entry.amount)
  }
  const count = Math.max(1, months.length)
  const owed = perMonth(obligations, count)
  return {
    incomes: months.map((month) =>
      sum(month.filter((entry) => entry.amount > 0 && sourceKind(entry) !== 'interest').map(({ amount }) => amount)),
    ),
    sources: perMonth(sources, count),
    obligations: owed,
    obligationsPerMonth: sum(owed.map((obligation) => obligation.perMonth)),
    spendingPerMonth: spent / count,
  }
}
