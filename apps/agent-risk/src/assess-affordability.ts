import type {
  AffordabilityVerdict,
  IncomeOutput,
  Loan,
  RiskAffordabilityOutput,
  RiskFinding,
  RiskReason,
} from '@flotilla/contracts'

/** The share of income that the stress takes away: what a spell of illness or short work costs. */
export const incomeStress = 0.2
/** From this share of income on, a payment crowds out all else. */
export const paymentToIncomeHigh = 0.5

const round = (value: number): number => Math.round(value * 100) / 100

const reasonOf: Record<AffordabilityVerdict, RiskReason> = {
  affordable: { code: 'AFFORDABLE', text: 'The payment can be carried, also when the income falls by a fifth.' },
  tight: { code: 'AFFORDABILITY_TIGHT', text: 'The payment can be carried, but not when the income falls by a fifth.' },
  unaffordable: {
    code: 'AFFORDABILITY_INSUFFICIENT',
    text: 'What is left of the income each month is less than the payment.',
  },
  unknown: { code: 'AFFORDABILITY_UNKNOWN', text: 'The statement does not tell whether the payment can be carried.' },
}

/**
 * Whether a payment can be carried: disposable income (after obligations and living costs) less the payment, as things
 * stand and with a fifth less income.
 */
export const assessAffordability = ({ metrics, regularity }: IncomeOutput, loan: Loan): RiskAffordabilityOutput => {
  const { incomePerMonth: income, disposablePerMonth: disposable } = metrics
  const known = income !== null && disposable !== null
  const buffer = known ? disposable - loan.monthlyPayment : null
  const stressedBuffer = known && buffer !== null ? buffer - incomeStress * income : null
  const paymentToIncome = known && income > 0 ? Math.round((loan.monthlyPayment / income) * 10_000) / 10_000 : null
  const verdict: AffordabilityVerdict =
    buffer === null || stressedBuffer === null
      ? 'unknown'
      : buffer < 0
        ? 'unaffordable'
        : stressedBuffer < 0
          ? 'tight'
          : 'affordable'
  const notes: [boolean, RiskFinding][] = [
    [
      paymentToIncome !== null && paymentToIncome >= paymentToIncomeHigh,
      { code: 'PAYMENT_TO_INCOME_HIGH', severity: 'high', text: 'The payment takes half of the income or more.' },
    ],
    [
      known && income === 0,
      { code: 'INCOME_ABSENT', severity: 'high', text: 'No income came in from which the payment could be made.' },
    ],
    [
      regularity === 'irregular',
      { code: 'INCOME_IRREGULAR', severity: 'low', text: 'The income differs much from month to month.' },
    ],
  ]
  return {
    verdict,
    paymentToIncome,
    buffer: buffer === null ? null : round(buffer),
    stressedBuffer: stressedBuffer === null ? null : round(stressedBuffer),
    stress: incomeStress,
    reasons: [reasonOf[verdict]],
    findings: notes.filter(([holds]) => holds).map(([, finding]) => finding),
  }
}
