import type { FraudFinding, StatementEntry } from '@flotilla/contracts'
import { findingIf } from './finding.js'

/** Benford's law: the share of amounts whose first digit is 1 to 9. */
const benford = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => Math.log10(1 + 1 / digit))

const tally = (digits: readonly number[], from: number, to: number): number[] => {
  const counts = new Array<number>(to - from + 1).fill(0)
  for (const digit of digits) counts[digit - from] = (counts[digit - from] ?? 0) + 1
  return counts
}

/** Mean absolute deviation of first digits from Benford's law (Nigrini 2012); null below 100 amounts. */
export const benfordDeviation = (amounts: readonly number[]): number | null => {
  const digits = amounts.filter((amount) => amount >= 1).map((amount) => Number(String(amount)[0]))
  if (digits.length < 100) return null
  const counts = tally(digits, 1, 9)
  return counts.reduce((total, n, index) => total + Math.abs(n / digits.length - (benford[index] ?? 0)), 0) / 9
}

/**
 * Chi-square of the last whole digit against equal shares (nine degrees of freedom), over amounts that are no multiple of
 * 100; null below 60 of them. People who invent figures avoid 0 and 5 and favour 3 and 7.
 */
export const lastDigitDeviation = (amounts: readonly number[]): number | null => {
  const digits = amounts
    .map(Math.trunc)
    .filter((whole) => whole % 100 !== 0)
    .map((whole) => whole % 10)
  if (digits.length < 60) return null
  const expected = digits.length / 10
  return tally(digits, 0, 9).reduce((total, n) => total + (n - expected) ** 2 / expected, 0)
}

/** Share of amounts that are multiples of 1,000; null below 30 amounts. */
export const roundShare = (amounts: readonly number[]): number | null =>
  amounts.length < 30 ? null : amounts.filter((amount) => amount % 1_000 === 0).length / amounts.length

/** Twice what the most extreme of 218 real statements shows (0.088, 144, 0.10), or nearly. */
export const digitLimits = { benford: 0.15, lastDigit: 250, round: 0.3 } as const

/**
 * Indications that figures were invented rather than printed by a bank. They are weak, all three together count as one
 * finding of low severity: rent, fees and standing orders bend every one of these distributions in honest statements.
 */
export const checkDigits = (statement: readonly StatementEntry[]): FraudFinding[] => {
  const amounts = statement.map((entry) => Math.abs(entry.amount))
  const signs = [
    ...((benfordDeviation(amounts) ?? 0) > digitLimits.benford ? ["first digits are far from Benford's law"] : []),
    ...((lastDigitDeviation(amounts) ?? 0) > digitLimits.lastDigit ? ['last digits are uneven'] : []),
    ...((roundShare(amounts) ?? 0) > digitLimits.round ? ['most amounts are round'] : []),
  ]
  return findingIf(signs.length > 0, 'FIGURES_UNNATURAL', 'low', `In the statement ${signs.join(', and ')}.`)
}
