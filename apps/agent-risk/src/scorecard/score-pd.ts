import {
  invariant,
  type CreditFeatures,
  type RiskContribution,
  type RiskFinding,
  type RiskPdOutput,
} from '@flotilla/contracts'
import { pdScorecard } from './pd-scorecard-1.js'
import { scorecardFeatures, type ScorecardFeature } from './scorecard-features.js'

/** A fitted scorecard: logistic regression on standardised features. */
export interface Scorecard {
  readonly model: string
  /** Log odds of default of the average applicant. */
  readonly intercept: number
  readonly terms: readonly {
    readonly feature: string
    readonly mean: number
    readonly deviation: number
    /** Log odds of default for one standard deviation. */
    readonly coefficient: number
  }[]
}

/** The score of 30 to 1 odds that a loan is repaid. */
export const baseScore = 700
export const baseOdds = 30
/** So many points double the odds. */
export const pointsToDouble = 40
export const scoreMin = 300
export const scoreMax = 850
/** A statement of fewer days than this is thin evidence. */
export const thinDays = 60

const pointsPerLogOdds = pointsToDouble / Math.LN2
const byName = new Map(scorecardFeatures.map((feature) => [feature.name, feature]))

/** The score of a probability of default: 40 points double the odds, 700 are 30 to 1, within 300 to 850. */
export const scoreOf = (pd: number): number => {
  const score = baseScore + pointsPerLogOdds * (Math.log((1 - pd) / pd) - Math.log(baseOdds))
  return Math.round(Math.min(scoreMax, Math.max(scoreMin, score)))
}

/** Points below which a term is named as a reason. */
const reasonPointsMax = -15

const findingsOf = (features: CreditFeatures): RiskFinding[] => {
  const { statementDays, statementEntries, negativeBalance, statementConsistent } = features
  const notes: [boolean, RiskFinding][] = [
    [
      statementEntries === 0,
      {
        code: 'STATEMENT_MISSING',
        severity: 'high',
        text: 'Without a statement the probability is that of the average.',
      },
    ],
    [
      statementEntries > 0 && statementDays < thinDays,
      { code: 'STATEMENT_SHORT', severity: 'medium', text: `The statement covers ${statementDays} days only.` },
    ],
    [
      !statementConsistent,
      {
        code: 'STATEMENT_INCONSISTENT',
        severity: 'high',
        text: 'Balances of the statement do not follow from its entries.',
      },
    ],
    [negativeBalance === 1, { code: 'NEGATIVE_BALANCE', severity: 'medium', text: 'The account was overdrawn.' }],
  ]
  return notes.filter(([holds]) => holds).map(([, finding]) => finding)
}

/**
 * Probability of default by a scorecard, with what each feature adds to the score. A feature that the statement does not
 * tell counts as average, and the evidence says so. The probability is kept within 0.0001 to 0.9999: nobody is certain.
 */
export const scorePd = (features: CreditFeatures, scorecard: Scorecard = pdScorecard): RiskPdOutput => {
  const terms = scorecard.terms.map((term) => {
    const feature = byName.get(term.feature)
    invariant(feature !== undefined, `the scorecard reads ${term.feature}, which nobody defines`)
    const value = feature.read(features)
    const logOdds = value === null ? 0 : (term.coefficient * (value - term.mean)) / term.deviation
    return { feature, value, logOdds, points: Math.round(-pointsPerLogOdds * logOdds * 10) / 10 + 0 }
  })
  const logOdds = terms.reduce((sum, term) => sum + term.logOdds, scorecard.intercept)
  const pd = Math.min(0.9999, Math.max(0.0001, Math.round(1e6 / (1 + Math.exp(-logOdds))) / 1e6))
  const contributions: RiskContribution[] = terms.map(({ feature, value, points }) => ({
    feature: feature.name,
    value: value === null ? null : Math.round(value * 1e4) / 1e4,
    points,
  }))
  const adverse = terms.filter(({ points }) => points <= reasonPointsMax).sort((a, b) => a.points - b.points)
  const thin = features.statementDays < thinDays || terms.some(({ value }) => value === null)
  return {
    model: scorecard.model,
    pd,
    score: scoreOf(pd),
    evidence: features.statementEntries === 0 ? 'none' : thin ? 'thin' : 'sufficient',
    contributions,
    reasons: adverse.map(({ feature }: { feature: ScorecardFeature }) => ({ ...feature.reason })),
    findings: findingsOf(features),
  }
}
