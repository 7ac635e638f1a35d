import type { DayClosing } from '../statement/check-statement.js'

const msPerDay = 86_400_000
const dayNumber = (iso: string): number => Math.round(Date.parse(`${iso}T00:00:00Z`) / msPerDay)

/**
 * The balance at the end of each of the last `days` days before `until` (an ISO day, not included), oldest first; on a
 * day without entries it is that of the day before. Days before the first entry are left out, so that a young account
 * has a shorter path. Empty when there is no entry before `until`.
 */
export const balancePath = (closings: readonly DayClosing[], until: string, days: number): number[] => {
  const end = dayNumber(until)
  const known = closings.map(({ date, balance }) => ({ day: dayNumber(date), balance })).filter(({ day }) => day < end)
  const first = known[0]
  if (first === undefined) return []
  const path: number[] = []
  let index = 0
  let balance = first.balance
  for (let day = Math.max(first.day, end - days); day < end; day += 1) {
    for (let next = known[index]; next !== undefined && next.day <= day; next = known[index]) {
      balance = next.balance
      index += 1
    }
    path.push(balance)
  }
  return path
}

/** Arithmetic mean; null of nothing. */
export const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length

/** Standard deviation of the population over the mean, at most 10; 10 where the mean is not positive; null of nothing. */
export const variation = (values: readonly number[]): number | null => {
  const centre = mean(values)
  if (centre === null) return null
  if (centre <= 0) return 10
  const variance = mean(values.map((value) => (value - centre) ** 2)) ?? 0
  return Math.min(10, Math.sqrt(variance) / centre)
}

/**
 * The value that a share `share` (0 to 1) of the values do not exceed, between neighbours by straight line (type 7 of
 * Hyndman and Fan 1996); null of nothing.
 */
export const quantile = (values: readonly number[], share: number): number | null => {
  const sorted = values.toSorted((a, b) => a - b)
  const position = (sorted.length - 1) * share
  const below = sorted[Math.floor(position)]
  const above = sorted[Math.ceil(position)]
  if (below === undefined || above === undefined) return null
  return below + (above - below) * (position - Math.floor(position))
}
