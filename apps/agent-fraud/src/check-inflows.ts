import type { FraudFinding, FraudInflow, FraudInput, StatementEntry } from '@flotilla/contracts'
import { dayOf } from './calendar-day.js'
import { findingIf } from './finding.js'

const windowDays = 30
/** Fewer earlier windows are no history to compare with. */
const priorWindowsMin = 3
/** How many days money stays at least before it counts as the applicant's. */
const passThroughDays = 7

const noInflow: FraudInflow = { recent: null, priorMax: null, ratio: null }

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0)
const round = (value: number): number => Math.round(value * 100) / 100

/**
 * Credits of the 30 days before the application, and the largest sum of any full earlier 30 days since the statement
 * began. All null when the statement covers fewer than three earlier windows.
 */
export const readInflow = ({ statement, submittedOn }: FraudInput): FraudInflow => {
  const submitted = dayOf(submittedOn)
  const ages = statement.map((entry) => submitted - dayOf(entry.date)).filter((age) => age >= 0)
  const windows = Math.floor(ages.reduce((a, b) => Math.max(a, b), 0) / windowDays)
  if (windows - 1 < priorWindowsMin) return noInflow
  const sums = new Array<number>(windows).fill(0)
  for (const entry of statement) {
    // The day of the application itself belongs to the last window.
    const at = Math.floor(Math.max(submitted - dayOf(entry.date) - 1, 0) / windowDays)
    if (entry.amount > 0 && at < windows) sums[at] = (sums[at] ?? 0) + entry.amount
  }
  const recent = sums[0] ?? 0
  const priorMax = sums.slice(1).reduce((a, b) => Math.max(a, b), 0)
  return {
    recent: round(recent),
    priorMax: round(priorMax),
    ratio: priorMax === 0 ? null : round(recent / priorMax),
  }
}

type Dated = { readonly age: number; readonly amount: number; readonly balance: number }

const dated = (statement: readonly StatementEntry[], submitted: number): Dated[] =>
  statement.map(({ date, amount, balance }) => ({ age: submitted - dayOf(date), amount, balance }))

const mean = (values: readonly number[]): number => (values.length === 0 ? Number.NaN : sum(values) / values.length)

/** Whether one credit of the last 60 days, twice as large as any before, left again within a week. */
const passesThrough = (entries: readonly Dated[], material: number): boolean => {
  const priorMax = entries.filter(({ age }) => age > 60).reduce((most, { amount }) => Math.max(most, amount), 0)
  if (priorMax === 0) return false
  return entries.some(({ age, amount }) => {
    if (age > 60 || amount < material || amount < 2 * priorMax) return false
    const after = entries.filter((e) => e.amount < 0 && e.age <= age && e.age >= age - passThroughDays)
    return -sum(after.map((e) => e.amount)) >= 0.9 * amount
  })
}

/** Whether balances of the last two weeks are three times those of the half year before. */
const isDressed = (entries: readonly Dated[], material: number): boolean => {
  const now = mean(entries.filter(({ age }) => age <= 14).map(({ balance }) => balance))
  const before = mean(entries.filter(({ age }) => age > 14 && age <= 180).map(({ balance }) => balance))
  return before > 0 && now >= 3 * before && now - before >= material
}

/**
 * Money that came to be seen: credits before the application against the applicant's own history, balances raised for the
 * day, sums that only pass through. Sums below a tenth of the loan (a quarter for balances) do not matter.
 */
export const checkInflows = (input: FraudInput, { recent, priorMax, ratio }: FraudInflow): FraudFinding[] => {
  const entries = dated(input.statement, dayOf(input.submittedOn))
  const excess = (recent ?? 0) - (priorMax ?? 0)
  const unusual = recent !== null && excess >= 0.1 * input.loan.amount && (ratio === null || ratio >= 3)
  const text =
    ratio === null
      ? 'Credits began in the 30 days before the application; there were none before.'
      : `Credits of the last 30 days are ${ratio} times the most in any 30 days before.`
  const severity = ratio !== null && ratio >= 8 ? 'high' : 'medium'
  const dressed = 'The balances of the last two weeks are at least three times those of the half year before.'
  const through = 'An unusually large credit of the last 60 days left the account again within a week.'
  return [
    ...findingIf(unusual, 'INFLOW_UNUSUAL', severity, text),
    ...findingIf(isDressed(entries, 0.25 * input.loan.amount), 'BALANCE_DRESSED', 'low', dressed),
    ...findingIf(passesThrough(entries, 0.1 * input.loan.amount), 'MONEY_PASSED_THROUGH', 'medium', through),
  ]
}
