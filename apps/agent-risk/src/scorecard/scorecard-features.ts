import type { CreditFeatures } from '@flotilla/contracts'

/** A number that the scorecard may read, as it reads it. */
export interface ScorecardFeature {
  readonly name: string
  /** The feature it is made from; its unit stands there. */
  readonly from: keyof CreditFeatures
  /** What is done to it, for the documentation. */
  readonly transformation: string
  /** 1 where more means more risk, -1 where more means less; a fit that disagrees is refused. */
  readonly sign: 1 | -1
  /** Of one group at most one is used: they measure the same. */
  readonly group: string
  /** What it says about an applicant whom it costs points. */
  readonly reason: { readonly code: string; readonly text: string }
  /** Null where the statement does not tell. */
  readonly read: (features: CreditFeatures) => number | null
}

const within = (low: number, high: number, value: number): number => Math.min(high, Math.max(low, value))

const volatile = { code: 'BALANCE_VOLATILE', text: 'The balance of the account swings widely.' }
const drained = { code: 'BALANCE_LOW', text: 'The balance falls low in comparison with the payment.' }

const variationOf = (from: 'balanceVariation90' | 'balanceVariation180' | 'balanceVariation365'): ScorecardFeature => ({
  name: from,
  from,
  transformation: 'limited to 0 to 1.5',
  sign: 1,
  group: 'variation',
  reason: volatile,
  read: (features) => {
    const value = features[from]
    return value === null ? null : within(0, 1.5, value)
  },
})

const reserveOf = (
  from: 'lowestBalance90ToPayment' | 'lowestBalance365ToPayment' | 'lowDecileBalanceToPayment',
): ScorecardFeature => ({
  name: from,
  from,
  transformation: 'ln(1 + x), x limited to 0 to 20',
  sign: -1,
  group: 'reserve',
  reason: drained,
  read: (features) => {
    const value = features[from]
    return value === null ? null : Math.log1p(within(0, 20, value))
  },
})

/**
 * Every feature that a scorecard may use, chosen for what credit practice expects of it before any was fitted. None of
 * them is in money, so the currency does not matter, and none is about the person: sex, age, nationality and place may
 * not enter, and the number of authorised users is left out because it tells of a marriage.
 */
export const scorecardFeatures: readonly ScorecardFeature[] = [
  variationOf('balanceVariation90'),
  variationOf('balanceVariation180'),
  variationOf('balanceVariation365'),
  reserveOf('lowestBalance90ToPayment'),
  reserveOf('lowestBalance365ToPayment'),
  reserveOf('lowDecileBalanceToPayment'),
  {
    name: 'negativeBalance',
    from: 'negativeBalance',
    transformation: 'none',
    sign: 1,
    group: 'negative',
    reason: { code: 'NEGATIVE_BALANCE', text: 'The account was overdrawn.' },
    read: ({ negativeBalance }) => negativeBalance,
  },
  {
    name: 'amountToBalance',
    from: 'amountToBalance',
    transformation: 'ln(x), x limited to 0.1 to 100',
    sign: 1,
    group: 'amount',
    reason: { code: 'LOAN_LARGE_FOR_BALANCE', text: 'The loan is large in comparison with the usual balance.' },
    read: ({ amountToBalance }) => (amountToBalance === null ? null : Math.log(within(0.1, 100, amountToBalance))),
  },
  {
    name: 'paymentToIncome',
    from: 'paymentToIncome',
    transformation: 'limited to 0 to 1',
    sign: 1,
    group: 'burden',
    reason: { code: 'PAYMENT_LARGE_FOR_INCOME', text: 'The payment takes a large part of what comes in.' },
    read: ({ paymentToIncome }) => (paymentToIncome === null ? null : within(0, 1, paymentToIncome)),
  },
  {
    name: 'netFlowToPayment',
    from: 'netFlowToPayment',
    transformation: 'limited to -2 to 4',
    sign: -1,
    group: 'flow',
    reason: { code: 'NET_FLOW_LOW', text: 'Little more comes in than goes out, in comparison with the payment.' },
    read: ({ netFlowToPayment }) => (netFlowToPayment === null ? null : within(-2, 4, netFlowToPayment)),
  },
]
