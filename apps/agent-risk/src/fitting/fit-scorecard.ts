import type { Scorecard } from '../scorecard/score-pd.js'
import { chooseRecipe, fitRecipe, nestedCrossValidation, type FittingCase, type Recipe } from './cross-validate.js'
import { areaUnderCurve, brierScore, logLoss, makeRandom, percentile, type Outcomes } from './measures.js'
import { fitRidgeLogistic } from './ridge-logistic.js'

/** Everything random starts here. */
const fittingSeed = 20_260_101
const choiceRepeats = 10
const bootstrapRounds = 2_000
const decimals = 6

const round = (value: number): number => Number(value.toFixed(decimals))

/** Chooses features and penalty on all cases, fits, and rounds to six decimals: the scorecard that is served. */
export const fitScorecard = (
  cases: readonly FittingCase[],
  model: string,
): { readonly scorecard: Scorecard; readonly recipe: Recipe } => {
  const recipe = chooseRecipe(cases, choiceRepeats, fittingSeed)
  const fitted = fitRecipe(cases, recipe, model)
  if (fitted === null) throw new RangeError('the chosen recipe contradicts the expected signs')
  const terms = fitted.terms.map(({ feature, mean, deviation, coefficient }) => ({
    feature,
    mean: round(mean),
    deviation: round(deviation),
    coefficient: round(coefficient),
  }))
  return { scorecard: { model, intercept: round(fitted.intercept), terms }, recipe }
}

/** What validation found, all on cases that had no part in the scorecard that predicts them. */
export interface Validation extends Outcomes {
  readonly repeats: number
  /** One area under the curve for each repeat. */
  readonly areas: readonly number[]
  /** Mean over the repeats. */
  readonly area: number
  /** 95 % interval of the area over samples of such applications: bootstrap of cases, stratified by outcome. */
  readonly areaInterval: readonly [number, number]
  readonly logLoss: number
  readonly brier: number
  /** Slope and intercept of the outcome on predicted log odds; 1 and 0 are perfect. */
  readonly calibrationSlope: number
  readonly calibrationIntercept: number
  readonly recipes: readonly Recipe[]
}

const resample = (bad: readonly number[], random: () => number): number[] => {
  const strata = [0, 1].map((outcome) => bad.flatMap((value, index) => (value === outcome ? [index] : [])))
  return strata.flatMap((indices) => indices.map(() => indices[Math.floor(random() * indices.length)] ?? 0))
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/**
 * Repeats nested cross-validation and sums it up. `predicted` is each case's mean over the repeats. The interval resamples
 * cases and takes in each round the mean area over the repeats, so that it holds what 19 bad cases leave open.
 */
export const validateScorecard = (cases: readonly FittingCase[], repeats: number): Validation => {
  const runs = Array.from({ length: repeats }, (_, index) => nestedCrossValidation(cases, index + 1))
  const bad = cases.map((c) => c.bad)
  const areas = runs.map(areaUnderCurve)
  const predicted = cases.map((_, index) => mean(runs.map((run) => run.predicted[index] ?? NaN)))
  const random = makeRandom(fittingSeed)
  const resampled = Array.from({ length: bootstrapRounds }, () => {
    const drawn = resample(bad, random)
    const areaOf = (run: Outcomes): number =>
      areaUnderCurve({ predicted: drawn.map((i) => run.predicted[i] ?? NaN), bad: drawn.map((i) => bad[i] ?? 0) })
    return mean(runs.map(areaOf))
  })
  const logOdds = runs.flatMap((run) => run.predicted.map((p) => [Math.log(p / (1 - p))]))
  const calibration = fitRidgeLogistic(
    logOdds,
    runs.flatMap(() => bad),
    0,
  )
  return {
    repeats,
    areas,
    area: mean(areas),
    areaInterval: [percentile(resampled, 0.025), percentile(resampled, 0.975)],
    logLoss: mean(runs.map(logLoss)),
    brier: mean(runs.map(brierScore)),
    calibrationSlope: calibration.coefficients[0] ?? NaN,
    calibrationIntercept: calibration.intercept,
    recipes: runs.flatMap((run) => run.recipes),
    predicted,
    bad,
  }
}
