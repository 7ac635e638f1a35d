import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const dataDir =
  process.env['FLOTILLA_DATA_DIR'] ?? path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../shared/data')

const file = path.join(dataDir, 'loans/applications.jsonl')

/** Whether the real applications are on this machine. */
export const haveRealApplications = existsSync(file)

/** The real applications, with what the bank came to know of each under `outcome`. */
export const realApplications = (): any[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

/** Deterministic days: the n-th day from 2024-01-01 as an ISO date. */
const day = (n: number): string => new Date(Date.UTC(2024, 0, 1 + n)).toISOString().slice(0, 10)

/**
 * A synthetic application with a statement whose arithmetic holds: a salary each month, rent, and spending.
 * `salary`, `spending` and `monthlyPayment` in CZK decide how it looks to the desk.
 */
export const anApplication = ({
  id,
  salary = 45_000,
  spending = 22_000,
  monthlyPayment = 3_000,
  months = 14,
  applicant = {},
}: {
  readonly id: string
  readonly salary?: number
  readonly spending?: number
  readonly monthlyPayment?: number
  readonly months?: number
  readonly applicant?: Record<string, unknown>
}): Record<string, unknown> => {
  let balance = 0
  const statement: Record<string, unknown>[] = []
  const entry = (at: number, amount: number, operation: string, purpose: string | null) => {
    balance = Math.round((balance + amount) * 100) / 100
    statement.push({ date: day(at), amount, balance, operation, purpose })
  }
  entry(0, 20_000, 'credit in cash', null)
  for (let month = 0; month < months; month += 1) {
    entry(month * 30 + 5, salary, 'collection from another bank', null)
    entry(month * 30 + 8, -Math.round(spending * 0.4), 'remittance to another bank', 'household payment')
    entry(month * 30 + 15, -Math.round(spending * 0.3), 'withdrawal in cash', null)
    entry(month * 30 + 22, -Math.round(spending * 0.3), 'withdrawal in cash', null)
  }
  return {
    applicationId: id,
    submittedOn: day(months * 30 + 2),
    applicant,
    account: { openedOn: day(0), iban: null },
    loan: { amount: monthlyPayment * 12, currency: 'CZK', durationMonths: 12, monthlyPayment },
    statement,
  }
}
