import type {
  IncomeFinding,
  IncomeInput,
  IncomeMetrics,
  IncomeOutput,
  IncomeReason,
  IncomeRegularity,
  IncomeVerdict,
} from '@flotilla/contracts'
import { measureFlows, type Flows } from './measure-flows.js'
import { observedMonths } from './observed-months.js'

/** With fewer complete months nothing is said about an income. */
export const monthsMin = 2
/** Standard deviation over mean of the months' income above which it is irregular. */
export const regularVariationMax = 0.6
/** Share of months with income below which it is irregular. */
export const regularMonthsMin = 0.8
/**
 * Living costs are what was spent beside obligations, but at most this share of what obligations leave: who has more
 * spends more, and can spend less. On the real applications most households spend all that comes in, and repay.
 */
export const livingCostsShareMax = 0.5
/** Disposable income over payment from which the payment is carried with a reserve. */
export const sufficientRatio = 1.2

const round = (value: number): number => Math.round(value * 100) / 100
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
  return (upper + lower) / 2
}

const variationOf = (values: readonly number[]): number => {
  const centre = mean(values)
  return centre === 0 ? 0 : Math.sqrt(mean(values.map((value) => (value - centre) ** 2))) / centre
}

const isEven = (incomes: readonly number[]): boolean =>
  variationOf(incomes) <= regularVariationMax &&
  incomes.filter((amount) => amount > 0).length / incomes.length >= regularMonthsMin

const measure = (flows: Flows, monthlyPayment: number): IncomeMetrics => {
  const income = isEven(flows.incomes) ? median(flows.incomes) : mean(flows.incomes)
  const left = Math.max(0, income - flows.obligationsPerMonth)
  const livingCosts = Math.min(flows.spendingPerMonth, livingCostsShareMax * left)
  const disposable = income - flows.obligationsPerMonth - livingCosts
  return {
    monthsObserved: flows.incomes.length,
    incomePerMonth: round(income),
    incomeVariation: round(variationOf(flows.incomes)),
    monthsWithIncome: round(flows.incomes.filter((amount) => amount > 0).length / flows.incomes.length),
    obligationsPerMonth: round(flows.obligationsPerMonth),
    livingCostsPerMonth: round(livingCosts),
    disposablePerMonth: round(disposable),
    bufferPerMonth: round(disposable - monthlyPayment),
    paymentToIncome: income > 0 ? Math.round((monthlyPayment / income) * 10_000) / 10_000 : null,
  }
}

const nothingMeasured = (monthsObserved: number): IncomeMetrics => ({
  monthsObserved,
  incomePerMonth: null,
  incomeVariation: null,
  monthsWithIncome: null,
  obligationsPerMonth: null,
  livingCostsPerMonth: null,
  disposablePerMonth: null,
  bufferPerMonth: null,
  paymentToIncome: null,
})

const judgeRegularity = ({ incomes }: Flows): IncomeRegularity =>
  incomes.every((amount) => amount === 0) ? 'none' : isEven(incomes) ? 'regular' : 'irregular'

const judge = (metrics: IncomeMetrics, monthlyPayment: number): IncomeVerdict => {
  const disposable = metrics.disposablePerMonth ?? 0
  if (disposable >= sufficientRatio * monthlyPayment) return 'sufficient'
  return disposable >= monthlyPayment ? 'tight' : 'insufficient'
}

const reasonsOf = (verdict: IncomeVerdict, regularity: IncomeRegularity): IncomeReason[] => {
  const texts: Record<IncomeVerdict, IncomeReason> = {
    sufficient: { code: 'INCOME_SUFFICIENT', text: 'What is left of the income each month carries the payment.' },
    tight: { code: 'INCOME_TIGHT', text: 'What is left of the income each month carries the payment without reserve.' },
    insufficient: {
      code: 'INCOME_INSUFFICIENT',
      text: 'What is left of the income each month is less than the payment.',
    },
    unknown: { code: 'INCOME_UNKNOWN', text: 'The statement is too short to tell an income.' },
  }
  const irregular = { code: 'INCOME_IRREGULAR', text: 'The income differs much from month to month.' }
  const none = { code: 'INCOME_ABSENT', text: 'No income came in.' }
  return [texts[verdict], ...(regularity === 'irregular' ? [irregular] : regularity === 'none' ? [none] : [])]
}

const findingsOf = (flows: Flows, regularity: IncomeRegularity): IncomeFinding[] => {
  const inBank = flows.sources.some(({ kind }) => kind === 'bank_transfer')
  const notes: [boolean, IncomeFinding][] = [
    [
      regularity === 'irregular',
      { code: 'INCOME_IRREGULAR', severity: 'low', text: 'The income differs much from month to month.' },
    ],
    [regularity === 'none', { code: 'INCOME_ABSENT', severity: 'high', text: 'No income came in.' }],
    [
      !inBank && regularity !== 'none',
      { code: 'INCOME_IN_CASH', severity: 'info', text: 'All income came in as cash; nobody vouches for its source.' },
    ],
    [
      flows.obligations.some(({ kind }) => kind === 'loan' || kind === 'leasing'),
      { code: 'OTHER_CREDIT', severity: 'low', text: 'Payments for another loan or a lease go out.' },
    ],
  ]
  return notes.filter(([holds]) => holds).map(([, finding]) => finding)
}

/**
 * Income, its regularity and sources, obligations, and whether what is left carries the payment, from the complete
 * months of the statement before the application. Disposable income is the income of a month (the median of regular
 * months, the mean of irregular ones) less obligations less living costs.
 */
export const assessIncome = ({ statement, submittedOn, loan }: IncomeInput): IncomeOutput => {
  const months = observedMonths(statement, submittedOn)
  if (months.length < monthsMin) {
    const text = `The statement has ${months.length} complete months before the application, less than ${monthsMin}.`
    return {
      verdict: 'unknown',
      regularity: 'unknown',
      reasons: reasonsOf('unknown', 'unknown'),
      findings: [{ code: 'STATEMENT_SHORT', severity: 'medium', text }],
      sources: [],
      obligations: [],
      metrics: nothingMeasured(months.length),
    }
  }
  const flows = measureFlows(months)
  const metrics = measure(flows, loan.monthlyPayment)
  const regularity = judgeRegularity(flows)
  const verdict = judge(metrics, loan.monthlyPayment)
  return {
    verdict,
    regularity,
    reasons: reasonsOf(verdict, regularity),
    findings: findingsOf(flows, regularity),
    sources: [...flows.sources],
    obligations: [...flows.obligations],
    metrics,
  }
}
