import type { StatementEntry } from '@flotilla/contracts'

const msPerDay = 86_400_000
const dayNumber = (date: string): number => Math.floor(Date.parse(`${date.slice(0, 10)}T00:00:00Z`) / msPerDay)

/** A month has 30 days, so that months compare. */
export const daysPerMonth = 30
/** Older months say little about today. */
export const monthsMax = 12

/**
 * The entries of each complete month before `submittedOn`, latest month first, at most twelve. Entries of the
 * statement's first day are left out: what opens an account is no income. An entry on or after the application does not
 * count. A statement that is shorter than a month has none.
 */
export const observedMonths = (statement: readonly StatementEntry[], submittedOn: string): StatementEntry[][] => {
  const end = dayNumber(submittedOn)
  const dated = statement.map((entry) => ({ entry, day: dayNumber(entry.date) })).filter(({ day }) => day < end)
  const first = dated.reduce((low, { day }) => Math.min(low, day), end)
  const months = Math.min(monthsMax, Math.floor((end - first) / daysPerMonth))
  const byMonth: StatementEntry[][] = Array.from({ length: months }, () => [])
  for (const { entry, day } of dated) if (day > first) byMonth[Math.floor((end - 1 - day) / daysPerMonth)]?.push(entry)
  return byMonth
}
