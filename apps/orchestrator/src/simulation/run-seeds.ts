import { describeCoverage, makeCoverage } from './coverage.js'
import { describeFailure, generatedStories, shrink, simulateCore } from './simulate-core.js'

/**
 * Simulates one of two halves of the seeds (each second one), so that two workers share them; prints what was covered.
 * Gives the world that broke, shrunk, as text, or ''. Of the environment: `SIM_SEEDS` says how many (50,000 under `CI`, else
 * 2,000, since somebody waits), `SEED` which is the first.
 */
export const runSeeds = async (half: 0 | 1, env: Readonly<Record<string, string | undefined>>): Promise<string> => {
  const seedsMax = Number(env['SIM_SEEDS'] ?? (env['CI'] ? 50_000 : 2_000))
  const firstSeed = Number(env['SEED'] ?? 1)
  const coverage = makeCoverage()
  const options = { stories: generatedStories(300), coverage }
  const seeds = Array.from({ length: seedsMax }, (_, index) => firstSeed + index).filter(
    (_, index) => index % 2 === half,
  )
  const failed = await simulateCore(seeds, options)
  console.log(describeCoverage(coverage))
  return failed === null ? '' : describeFailure(await shrink(failed, options))
}
