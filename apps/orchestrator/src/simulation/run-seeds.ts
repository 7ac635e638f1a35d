import { describeCoverage, makeCoverage } from './coverage.js'
import { describeFailure, generatedStories, shrink, simulateCore } from './simulate-core.js'

/** Seeds of a test run: many where nobody waits for it. `SIM_SEEDS` says otherwise, `SEED` is the first. */
const seedsMax = Number(process.env['SIM_SEEDS'] ?? (process.env['CI'] ? 50_000 : 2_000))
const firstSeed = Number(process.env['SEED'] ?? 1)

/**
 * Simulates one of two halves of the seeds (each second one), so that two workers share them; prints what was covered.
 * Gives the world that broke, shrunk, as text, or ''.
 */
export const runSeeds = async (half: 0 | 1): Promise<string> => {
  const coverage = makeCoverage()
  const options = { stories: generatedStories(300), coverage }
  const seeds = Array.from({ length: seedsMax }, (_, index) => firstSeed + index).filter(
    (_, index) => index % 2 === half,
  )
  const failed = await simulateCore(seeds, options)
  console.log(describeCoverage(coverage))
  return failed === null ? '' : describeFailure(await shrink(failed, options))
}
