import type { Scorecard } from './score-pd.js'

/** Written by fitting/fit.ts; docs/scorecard.md says on what and how well it was validated. */
export const pdScorecard: Scorecard = {
  model: 'pd-scorecard@1',
  intercept: -3.944834,
  terms: [
    { feature: 'balanceVariation90', mean: 0.305227, deviation: 0.203846, coefficient: 1.363459 },
    { feature: 'lowestBalance365ToPayment', mean: 0.912136, deviation: 0.856627, coefficient: -1.266621 },
    { feature: 'negativeBalance', mean: 0.036697, deviation: 0.188017, coefficient: 0.945536 },
    { feature: 'netFlowToPayment', mean: 1.134479, deviation: 1.105859, coefficient: -0.874642 },
  ],
}
