import type { CreditApplication, CreditFeatures, StatementEntry } from '@flotilla/contracts'
import { daysBetween } from '../normalise/calendar-day.js'
import { checkStatement } from '../statement/check-statement.js'
import { balancePath, mean, quantile, variation } from './balance-path.js'

const daysPerMonth = 30
const ratioMax = 1_000

const round = (value: number | null, digits: number): number | null =>
  value === null ? null : Math.round(value * 10 ** digits) / 10 ** digits
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const clamp = (value: number, max: number): number => Math.min(max, Math.max(-max, value))
const lowest = (path: readonly number[]): number | null =>
  path.length === 0 ? null : path.reduce((low, balance) => Math.min(low, balance))

/** Banks write `sanction interest if negative balance` and `interest credited`. */
const isSanctionInterest = ({ purpose }: StatementEntry): boolean => /sanction interest/i.test(purpose ?? '')
const isInterest = ({ purpose }: StatementEntry): boolean => /^interest/i.test(purpose ?? '')

const pathFeatures = (path90: readonly number[], path180: readonly number[], path365: readonly number[]) => ({
  meanBalance90: round(mean(path90), 2),
  meanBalance365: round(mean(path365), 2),
  lowestBalance90: lowest(path90),
  lowestBalance365: lowest(path365),
  lowDecileBalance365: round(quantile(path365, 0.1), 2),
  balanceVariation90: round(variation(path90), 4),
  balanceVariation180: round(variation(path180), 4),
  balanceVariation365: round(variation(path365), 4),
})

const flowFeatures = (statement: readonly StatementEntry[], days: number) => {
  const first = statement[0]
  if (first === undefined) return { creditsPerMonth: null, debitsPerMonth: null, netPerMonth: null }
  const months = Math.max(1, days / daysPerMonth)
  const earned = statement.filter((entry) => entry.amount > 0 && entry.date !== first.date && !isInterest(entry))
  const spent = statement.filter(({ amount }) => amount < 0)
  const credits = sum(earned.map(({ amount }) => amount)) / months
  const debits = -sum(spent.map(({ amount }) => amount)) / months
  return { creditsPerMonth: round(credits, 2), debitsPerMonth: round(debits, 2), netPerMonth: credits - debits }
}

const negativeFeatures = (statement: readonly StatementEntry[]) => {
  const negativeBalanceDays = new Set(statement.filter(({ balance }) => balance < 0).map(({ date }) => date)).size
  const sanctionInterestCount = statement.filter(isSanctionInterest).length
  const seen: 0 | 1 = negativeBalanceDays > 0 || sanctionInterestCount > 0 ? 1 : 0
  return { negativeBalanceDays, sanctionInterestCount, negativeBalance: statement.length === 0 ? null : seen }
}

const ratio = (value: number | null, to: number): number | null =>
  value === null ? null : round(to > 0 ? clamp(value / to, ratioMax) : ratioMax, 4)

/**
 * Derives the features of a normalised application. Only entries dated before the application count, so that nothing
 * that happened afterwards can reach a score; nothing about the person is read. Windows, units and nulls are described
 * at `CreditFeatures`.
 */
export const extractFeatures = (application: CreditApplication): CreditFeatures => {
  const { loan, submittedOn } = application
  const statement = application.statement.filter(({ date }) => date < submittedOn)
  const first = statement[0]
  const statementDays = first === undefined ? 0 : daysBetween(first.date, submittedOn)
  const { check, closings } = checkStatement(statement)
  const path = (days: number): number[] => balancePath(closings, submittedOn, days)
  const balances = pathFeatures(path(90), path(180), path(365))
  const flows = flowFeatures(statement, statementDays)
  const toPayment = (value: number | null): number | null => ratio(value, loan.monthlyPayment)
  return {
    currency: loan.currency,
    statementDays,
    statementEntries: statement.length,
    statementConsistent: check.ok,
    closingBalance: check.closingBalance,
    ...balances,
    ...negativeFeatures(statement),
    creditsPerMonth: flows.creditsPerMonth,
    debitsPerMonth: flows.debitsPerMonth,
    lowestBalance90ToPayment: toPayment(balances.lowestBalance90),
    lowestBalance365ToPayment: toPayment(balances.lowestBalance365),
    lowDecileBalanceToPayment: toPayment(balances.lowDecileBalance365),
    closingBalanceToPayment: toPayment(check.closingBalance),
    netFlowToPayment: toPayment(flows.netPerMonth),
    paymentToIncome:
      flows.creditsPerMonth === null ? null : Math.min(10, ratio(loan.monthlyPayment, flows.creditsPerMonth) ?? 10),
    amountToBalance: balances.meanBalance365 === null ? null : ratio(loan.amount, balances.meanBalance365),
  }
}
