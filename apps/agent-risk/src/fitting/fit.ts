import 'reflect-metadata'
import { writeFileSync } from 'node:fs'
import { describeScorecard } from './describe-scorecard.js'
import { fitScorecard, validateScorecard } from './fit-scorecard.js'
import { readCases } from './read-cases.js'

/**
 * `node dist/fitting/fit.js applications.jsonl`: fits the scorecard, validates it, and writes its coefficients and its
 * documentation; format them afterwards. About a minute.
 */
const model = 'pd-scorecard@1'
const repeats = 20

const [, , path] = process.argv
if (path === undefined) {
  console.error('usage: node dist/fitting/fit.js applications.jsonl')
  process.exit(64)
}
const cases = readCases(path)
const { scorecard, recipe } = fitScorecard(cases, model)
const validation = validateScorecard(cases, repeats)

const here = new URL('../../', import.meta.url)
const terms = scorecard.terms.map((term) => `    ${JSON.stringify(term)},`).join('\n')
writeFileSync(
  new URL('src/scorecard/pd-scorecard-1.ts', here),
  `import type { Scorecard } from './score-pd.js'

/** Written by fitting/fit.ts; docs/scorecard.md says on what and how well it was validated. */
export const pdScorecard: Scorecard = {
  model: '${model}',
  intercept: ${scorecard.intercept},
  terms: [
${terms}
  ],
}
`,
)
writeFileSync(new URL('docs/scorecard.md', here), describeScorecard(scorecard, recipe, cases, validation))
const [low, high] = validation.areaInterval
console.log(`AUC ${validation.area.toFixed(3)} (95 % ${low.toFixed(3)} to ${high.toFixed(3)}), ${cases.length} cases`)
