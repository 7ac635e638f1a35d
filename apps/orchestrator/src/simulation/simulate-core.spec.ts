import { expect, test } from 'vitest'
import { describeCoverage, makeCoverage } from './coverage.js'
import { describeFailure, generatedStories, shrink, simulateCore } from './simulate-core.js'

const seedsMax = Number(process.env['SIM_SEEDS'] ?? 500)
const firstSeed = Number(process.env['SEED'] ?? 1)

test('no world breaks', { timeout: 600_000 }, async () => {
  const coverage = makeCoverage()
  const options = { stories: generatedStories(300), coverage }
  const startedAt = performance.now()
  const seeds = Array.from({ length: seedsMax }, (_, index) => firstSeed + index)
  const failed = await simulateCore(seeds, options)
  console.log(describeCoverage(coverage), `${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  expect(failed === null ? '' : describeFailure(await shrink(failed, options))).toBe('')
})
