import { describe, expect, test } from 'vitest'
import { scorecardFeatures } from '../scorecard/scorecard-features.js'
import { allRecipes, dealFolds, fitRecipe, nestedCrossValidation, type FittingCase } from './cross-validate.js'
import { areaUnderCurve, brierScore, logLoss, makeRandom } from './measures.js'
import { fitRidgeLogistic } from './ridge-logistic.js'

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** Cases whose risk depends on the features by `effect` in the direction of their signs; 0: on nothing. */
const someCases = (count: number, effect: number, seed: number): FittingCase[] => {
  const random = makeRandom(seed)
  return Array.from({ length: count }, (_, index) => {
    const values = scorecardFeatures.map(() => normal(random))
    const risk = values.reduce((sum, value, place) => sum + effect * value * (scorecardFeatures[place]?.sign ?? 0), -2)
    return { applicationId: `c-${index}`, values, bad: random() < 1 / (1 + Math.exp(-risk)) ? 1 : 0 }
  })
}

describe('the ridge regression', () => {
  const random = makeRandom(5)
  const rows = Array.from({ length: 400 }, () => [normal(random), normal(random)])
  const bad = rows.map(([a = 0, b = 0]) => (random() < 1 / (1 + Math.exp(1 - 1.5 * a + 0.5 * b)) ? 1 : 0))

  test('stands where the penalised likelihood is flat', () => {
    const { intercept, coefficients } = fitRidgeLogistic(rows, bad, 2)
    const errors = rows.map((row, index) => {
      const logOdds = row.reduce((sum, value, j) => sum + value * (coefficients[j] ?? 0), intercept)
      return (bad[index] ?? 0) - 1 / (1 + Math.exp(-logOdds))
    })
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
    expect(sum(errors)).toBeCloseTo(0, 6)
    for (const j of [0, 1])
      expect(sum(errors.map((error, i) => error * (rows[i]?.[j] ?? 0))) - 2 * (coefficients[j] ?? 0)).toBeCloseTo(0, 6)
  })

  test('finds the coefficients that made the data, and less of them with more penalty', () => {
    const [a = 0, b = 0] = fitRidgeLogistic(rows, bad, 0).coefficients
    expect(Math.abs(a - 1.5)).toBeLessThan(0.4)
    expect(Math.abs(b + 0.5)).toBeLessThan(0.4)
    expect(Math.abs(fitRidgeLogistic(rows, bad, 100).coefficients[0] ?? 9)).toBeLessThan(Math.abs(a) / 1.5)
  })

  test('stays finite where a feature tells all', () => {
    const { coefficients } = fitRidgeLogistic([[1], [1], [-1], [-1]], [1, 1, 0, 0], 1)
    expect(coefficients[0]).toBeGreaterThan(0)
    expect(coefficients[0]).toBeLessThan(3)
  })
})

describe('the measures', () => {
  test('are those worked out by hand', () => {
    const outcomes = { predicted: [0.9, 0.4, 0.4, 0.1], bad: [1, 1, 0, 0] }
    expect(areaUnderCurve(outcomes)).toBe(3.5 / 4)
    expect(logLoss(outcomes)).toBeCloseTo(-(Math.log(0.9) + Math.log(0.4) + Math.log(0.6) + Math.log(0.9)) / 4, 10)
    expect(brierScore(outcomes)).toBeCloseTo((0.01 + 0.36 + 0.16 + 0.01) / 4, 10)
  })
})

describe('the choice of features', () => {
  test('offers two to four features with at most one of a group', () => {
    for (const { features } of allRecipes()) {
      const groups = features.map((index) => scorecardFeatures[index]?.group)
      expect(features.length).toBeGreaterThanOrEqual(2)
      expect(features.length).toBeLessThanOrEqual(4)
      expect(new Set(groups).size).toBe(groups.length)
    }
  })

  test('refuses a fit that contradicts the expected sign', () => {
    const reversed = someCases(300, -1, 3)
    expect(fitRecipe(reversed, { features: [0, 6], ridge: 1 }, 'm')).toBeNull()
    expect(fitRecipe(someCases(300, 1, 3), { features: [0, 6], ridge: 1 }, 'm')).not.toBeNull()
  })

  test('deals bad cases out evenly', () => {
    const cases = someCases(218, 0.3, 9)
    const folds = dealFolds(cases, makeRandom(1))
    const bads = [0, 1, 2, 3, 4].map((fold) => cases.filter((c, i) => c.bad === 1 && folds[i] === fold).length)
    expect(Math.max(...bads) - Math.min(...bads)).toBeLessThanOrEqual(1)
  })

  test('gains nothing from noise, because what chooses never sees what is predicted', () => {
    const areas: number[] = []
    for (let seed = 1; seed <= 60 && areas.length < 6; seed += 1) {
      try {
        areas.push(areaUnderCurve(nestedCrossValidation(someCases(100, 0, seed), seed)))
      } catch (error) {
        // Most noise contradicts the expected signs and is refused; what is left agrees by chance, hence a little above a half.
        if (!(error instanceof RangeError)) throw error
      }
    }
    expect(areas.length).toBeGreaterThanOrEqual(3)
    expect(areas.reduce((sum, area) => sum + area, 0) / areas.length).toBeLessThan(0.65)
  }, 60_000)

  test('finds what is there', () => {
    expect(areaUnderCurve(nestedCrossValidation(someCases(150, 1, 4), 1))).toBeGreaterThan(0.65)
  }, 60_000)
})
