import { scorecardFeatures, type ScorecardFeature } from '../scorecard/scorecard-features.js'
import type { Scorecard } from '../scorecard/score-pd.js'
import { logLoss, makeRandom, type Outcomes } from './measures.js'
import { fitRidgeLogistic } from './ridge-logistic.js'

/** One application with known outcome: each feature that a scorecard may use, by its place in `scorecardFeatures`. */
export interface FittingCase {
  readonly applicationId: string
  readonly values: readonly number[]
  readonly bad: 0 | 1
}

/** What a scorecard is made of: places in `scorecardFeatures`, and how strongly coefficients are held back. */
export interface Recipe {
  readonly features: readonly number[]
  readonly ridge: number
}

/** More features than this cannot be told from chance with 19 bad cases. */
export const featuresMax = 4
const featuresMin = 2
/** Penalties that are tried, on standardised features. */
export const ridges = [1, 3] as const
export const foldsCount = 5

const featureAt = (index: number): ScorecardFeature => {
  const feature = scorecardFeatures[index]
  if (feature === undefined) throw new RangeError(`no scorecard feature at ${index}`)
  return feature
}

/** Every choice of two to four features with at most one of each group, with every penalty. */
export const allRecipes = (): Recipe[] => {
  const subsets = scorecardFeatures.reduce<number[][]>(
    (found, feature, index) => [
      ...found,
      ...found
        .filter((subset) => subset.length < featuresMax && subset.every((i) => featureAt(i).group !== feature.group))
        .map((subset) => [...subset, index]),
    ],
    [[]],
  )
  return subsets
    .filter(({ length }) => length >= featuresMin)
    .flatMap((features) => ridges.map((ridge) => ({ features, ridge })))
}

/** Fits a recipe; null when a coefficient contradicts the sign that credit practice expects. */
export const fitRecipe = (
  cases: readonly FittingCase[],
  { features, ridge }: Recipe,
  model: string,
): Scorecard | null => {
  const scales = features.map((index) => {
    const values = cases.map((c) => c.values[index] ?? 0)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
    return { index, mean, deviation: Math.sqrt(variance) || 1 }
  })
  const rows = cases.map(({ values }) =>
    scales.map(({ index, mean, deviation }) => ((values[index] ?? 0) - mean) / deviation),
  )
  const fitted = fitRidgeLogistic(
    rows,
    cases.map(({ bad }) => bad),
    ridge,
  )
  const terms = scales.map(({ index, mean, deviation }, place) => ({
    feature: featureAt(index).name,
    mean,
    deviation,
    coefficient: fitted.coefficients[place] ?? 0,
  }))
  const sane = terms.every(({ coefficient }, place) => coefficient * featureAt(features[place] ?? -1).sign > 0)
  return sane ? { model, intercept: fitted.intercept, terms } : null
}

const predict = ({ intercept, terms }: Scorecard, features: readonly number[], { values }: FittingCase): number => {
  const logOdds = terms.reduce(
    (sum, { mean, deviation, coefficient }, place) =>
      sum + (coefficient * ((values[features[place] ?? -1] ?? 0) - mean)) / deviation,
    intercept,
  )
  return 1 / (1 + Math.exp(-logOdds))
}

/** The fold of each case: bad and good ones are dealt out evenly, in random order. */
export const dealFolds = (cases: readonly FittingCase[], random: () => number): number[] => {
  const folds = cases.map(() => 0)
  for (const bad of [0, 1]) {
    const indices = cases.flatMap((c, index) => (c.bad === bad ? [{ index, key: random() }] : []))
    indices.sort((a, b) => a.key - b.key).forEach(({ index }, place) => (folds[index] = place % foldsCount))
  }
  return folds
}

/**
 * Predicts every case by a scorecard that was made without it: `make` sees the other folds only. Returns predictions in
 * the order of the cases, or null where no scorecard could be made.
 */
const predictOutOfFold = (
  cases: readonly FittingCase[],
  folds: readonly number[],
  make: (training: readonly FittingCase[], fold: number) => { card: Scorecard; recipe: Recipe } | null,
): Outcomes | null => {
  const predicted = cases.map(() => NaN)
  for (let fold = 0; fold < foldsCount; fold += 1) {
    const made = make(
      cases.filter((_, index) => folds[index] !== fold),
      fold,
    )
    if (made === null) return null
    cases.forEach((c, index) => {
      if (folds[index] === fold) predicted[index] = predict(made.card, made.recipe.features, c)
    })
  }
  return { predicted, bad: cases.map(({ bad }) => bad) }
}

/** Chooses the recipe with the least log loss in `repeats` cross-validations of the given cases alone. */
export const chooseRecipe = (cases: readonly FittingCase[], repeats: number, seed: number): Recipe => {
  const random = makeRandom(seed)
  const deals = Array.from({ length: repeats }, () => dealFolds(cases, random))
  let best: { recipe: Recipe; loss: number } | null = null
  for (const recipe of allRecipes()) {
    if (fitRecipe(cases, recipe, 'candidate') === null) continue
    const make = (training: readonly FittingCase[]) => {
      const card = fitRecipe(training, recipe, 'candidate')
      return card && { card, recipe }
    }
    const results = deals.map((folds) => predictOutOfFold(cases, folds, make))
    if (results.some((result) => result === null)) continue
    const loss = results.reduce((sum, result) => sum + (result ? logLoss(result) : 0), 0) / repeats
    if (best === null || loss < best.loss) best = { recipe, loss }
  }
  if (best === null) throw new RangeError('no recipe fits the expected signs')
  return best.recipe
}

/**
 * One nested cross-validation: in each outer fold the features and the penalty are chosen anew, by inner
 * cross-validation of the outer training cases (Varma and Simon, BMC Bioinformatics 7:91, 2006), so that the choice
 * itself is validated. Returns the predictions of cases that had no part in their scorecard, and what was chosen.
 */
export const nestedCrossValidation = (
  cases: readonly FittingCase[],
  seed: number,
): Outcomes & { readonly recipes: readonly Recipe[] } => {
  const folds = dealFolds(cases, makeRandom(seed))
  const recipes: Recipe[] = []
  const outcomes = predictOutOfFold(cases, folds, (training, fold) => {
    const recipe = chooseRecipe(training, 1, seed * foldsCount + fold + 1)
    recipes.push(recipe)
    const card = fitRecipe(training, recipe, 'outer')
    return card && { card, recipe }
  })
  if (outcomes === null) throw new RangeError('a chosen recipe does not fit')
  return { ...outcomes, recipes }
}
