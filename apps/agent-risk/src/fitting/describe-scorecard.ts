import { baseOdds, baseScore, pointsToDouble, scoreMax, scoreMin, type Scorecard } from '../scorecard/score-pd.js'
import { scorecardFeatures } from '../scorecard/scorecard-features.js'
import { featuresMax, foldsCount, ridges, type FittingCase, type Recipe } from './cross-validate.js'
import type { Validation } from './fit-scorecard.js'
import { percentile } from './measures.js'

const fixed = (value: number, digits = 3): string => value.toFixed(digits)
const percent = (value: number): string => `${(100 * value).toFixed(1)} %`
const nameAt = (index: number): string => scorecardFeatures[index]?.name ?? '?'

const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

const termsTable = ({ terms }: Scorecard): string =>
  table(
    ['feature', 'transformation', 'mean', 'standard deviation', 'coefficient', 'points for one deviation'],
    terms.map(({ feature, mean, deviation, coefficient }) => [
      `\`${feature}\``,
      scorecardFeatures.find(({ name }) => name === feature)?.transformation ?? '',
      fixed(mean, 4),
      fixed(deviation, 4),
      fixed(coefficient, 4),
      fixed((-coefficient * pointsToDouble) / Math.LN2, 1),
    ]),
  )

const bands = [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 1] as const

const calibrationTable = ({ predicted, bad }: Validation): string =>
  table(
    ['predicted', 'applications', 'mean prediction', 'bad', 'observed'],
    bands.slice(0, -1).flatMap((low, place) => {
      const high = bands[place + 1] ?? 1
      const inside = predicted.flatMap((p, index) => (p >= low && p < high ? [{ p, bad: bad[index] ?? 0 }] : []))
      const bads = inside.filter((c) => c.bad === 1).length
      if (inside.length === 0) return []
      const mean = inside.reduce((sum, { p }) => sum + p, 0) / inside.length
      return [
        [
          `${percent(low)} to ${percent(high)}`,
          String(inside.length),
          percent(mean),
          String(bads),
          percent(bads / inside.length),
        ],
      ]
    }),
  )

const chosenTable = (recipes: readonly Recipe[]): string => {
  const counts = scorecardFeatures.map(
    (_, index) => recipes.filter(({ features }) => features.includes(index)).length / recipes.length,
  )
  return table(
    ['feature', 'sign', 'group', 'chosen in'],
    scorecardFeatures.map(({ name, sign, group }, index) => [
      `\`${name}\``,
      sign > 0 ? 'more is riskier' : 'more is safer',
      group,
      percent(counts[index] ?? 0),
    ]),
  )
}

/** The documentation of a scorecard, in Markdown. */
export const describeScorecard = (
  scorecard: Scorecard,
  recipe: Recipe,
  cases: readonly FittingCase[],
  validation: Validation,
): string => {
  const bads = cases.filter(({ bad }) => bad === 1).length
  const [low, high] = validation.areaInterval
  const folds = validation.recipes.length
  return `# ${scorecard.model}

The probability that a loan is not repaid, from the bank statement before the application and the loan. Written by
\`node apps/agent-risk/dist/fitting/fit.js <applications.jsonl>\` together with the coefficients in
\`src/scorecard/pd-scorecard-1.ts\`; a test refits it and compares. Do not edit.

## Data

${cases.length} applications to a Czech bank, 1997 and 1998, with outcome (PKDD'99 Discovery Challenge, Berka and
Sochorova); ${bads} are bad (${percent(bads / cases.length)}): finished unpaid or running in debt. Features come from the
intake agent itself and read entries dated before the application only.

## Scorecard

Log odds of default = ${fixed(scorecard.intercept, 4)} + sum of coefficient * (feature - mean) / standard deviation.

${termsTable(scorecard)}

Logistic regression with a ridge penalty of ${recipe.ridge} / 2 on the squared coefficients of standardised features,
intercept free, by Newton's method. Score = ${baseScore} + ${pointsToDouble} / ln 2 * (ln((1 - pd) / pd) - ln ${baseOdds}), rounded,
within ${scoreMin} to ${scoreMax}: ${pointsToDouble} points double the odds. A feature that the statement does not tell counts as its mean, and the
evidence is called thin.

## Choice

Of the ten features below, ${nameAt(0)} to ${nameAt(scorecardFeatures.length - 1)}, two to ${featuresMax} are used, at most one of a group, with a penalty of
${ridges.join(' or ')}. The least log loss in repeated ${foldsCount}-fold cross-validation wins; a fit in which a coefficient contradicts the expected
sign is refused. "Chosen in" is the share of the ${folds} outer folds below in which the choice, made anew, took it.

${chosenTable(validation.recipes)}

## Validation

Nested cross-validation, ${foldsCount} folds, stratified, repeated ${validation.repeats} times: choice, standardisation and fit see the outer
training cases only (Varma and Simon, BMC Bioinformatics 7:91, 2006). All figures are out of sample.

- Area under the ROC curve: **${fixed(validation.area)}**, 95 % interval **${fixed(low)} to ${fixed(high)}** (bootstrap of cases, stratified by
  outcome); the repeats lie between ${fixed(percentile(validation.areas, 0))} and ${fixed(percentile(validation.areas, 1))}.
- Log loss ${fixed(validation.logLoss)}, Brier score ${fixed(validation.brier, 4)}.
- Calibration: slope ${fixed(validation.calibrationSlope)}, intercept ${fixed(validation.calibrationIntercept)} (1 and 0 are perfect; a slope below 1 means that
  predictions are too extreme); mean prediction ${percent(validation.predicted.reduce((sum, p) => sum + p, 0) / cases.length)} against ${percent(bads / cases.length)} observed.

${calibrationTable(validation)}

## Limits

- ${bads} bad cases: the interval is wide, and a single coefficient means little. \`negativeBalance\` is nearly a verdict:
  whoever was overdrawn before applying was bad in these data, so its coefficient is what the penalty leaves of it.
- One bank, one country, two years, accepted applications only (rejected ones are not in the data).
- The first weeks of a young account show larger swings than an old one.
- Sex, age, nationality and place do not enter; a test changes them and expects the same score. The number of authorised
  users would help and is left out, because it tells of a marriage. Whether features stand in for any of these has
  not been studied.
`
}
