import { describe, expect, test } from 'vitest'
import { checkCampaign } from './check-campaign.mjs'
import { corruptions } from './corruptions.mjs'
import { invariants } from './findings.mjs'
import { memorySource } from './sources.mjs'
import { synthesise } from './synthesise.mjs'
import { NothingFit } from './synthesis/falsify.mjs'
import { makeRandom } from './synthesis/random.mjs'

const seed = Number(process.env['SEED'] ?? 1)
const valid = Number(process.env['CHECKER_VALID'] ?? 500)
const corrupted = Number(process.env['CHECKER_CORRUPTED'] ?? 500)

/** Campaigns without a fault by seed, as text: each is falsified many times. */
const texts = new Map<number, string>()
const textOf = (one: number): string => {
  const known = texts.get(one) ?? JSON.stringify({ ...synthesise(one), random: null })
  texts.set(one, known)
  return known
}

/** A campaign with one corruption; what a campaign has nothing fit for is tried on the next. */
const falsified = (corruption: (typeof corruptions)[number], from: number) => {
  for (let one = from; one < from + 40; one += 1)
    try {
      const campaign = { ...JSON.parse(textOf(one)), random: makeRandom(one) }
      corruption.falsify(campaign)
      return { campaign, one }
    } catch (error) {
      if (!(error instanceof NothingFit)) throw error
    }
  throw new Error(`nothing fit for "${corruption.name}" from seed ${from} on`)
}

describe('campaigns without a fault', () => {
  test('no false alarm is given, and every invariant is looked at', async () => {
    const facts = Object.fromEntries(Object.keys(invariants).map((id) => [id, 0]))
    for (let one = seed; one < seed + valid; one += 1) {
      const report = await checkCampaign(memorySource(synthesise(one)))
      expect(report.violations, `SEED=${one}`).toEqual([])
      for (const [id, { facts: found }] of Object.entries(report.invariants)) facts[id] = (facts[id] ?? 0) + found
    }
    expect(Object.entries(facts).filter(([, found]) => found === 0)).toEqual([])
  }, 300_000)

  test('what there is nothing to judge by is not checked, rather than held', async () => {
    const { files, ...rest } = synthesise(seed)
    const left = { 'dump/run': files['dump/run'] ?? [], 'dump/history': files['dump/history'] ?? [] }
    const definitions = { 'dump/definition_content': files['dump/definition_content'] ?? [] }
    const campaign = { ...rest, files: { ...left, ...definitions }, canaries: [] }
    const { invariants: found } = await checkCampaign(memorySource(campaign))
    for (const id of ['I3', 'I7', 'I10', 'I13', 'I14', 'I15', 'I16', 'I17'])
      expect(found[id]?.verdict, id).toBe('not checked')
  })
})

describe('falsified campaigns', () => {
  const each = Math.max(1, Math.ceil(corrupted / corruptions.length))
  test('are of many classes', () => expect(corruptions.length).toBeGreaterThanOrEqual(100))

  test.each(corruptions)(
    'it is found that $name',
    async (corruption) => {
      for (let n = 0; n < each; n += 1) {
        const { campaign, one } = falsified(corruption, seed + n * 7)
        const { violations } = await checkCampaign(memorySource(campaign))
        expect(
          violations.map(({ invariant }) => invariant),
          `SEED=${one}`,
        ).toContain(corruption.breaks)
      }
    },
    120_000,
  )
})
