import { makeNameIndex } from './name-index.js'
import { makeOrdinaryPeople } from './ordinary-names.js'
import type { SanctionsEntry } from './parse-sanctions-list.js'
import { screenName } from './screen-name.js'
import type { ScreenedPerson } from './screen-name.js'
import { makeVariants, VARIANT_CLASSES } from './variants.js'
import type { RuleHalf } from './variants.js'

/** Recall of one class of variants: the share for which the entry meant, or another one, is reported. */
export interface ClassFigures {
  readonly name: string
  readonly count: number
  readonly recall: number
  /** The same, given the entry's own date of birth where one is listed. */
  readonly recallWithBirth: number
}

/** Everything that docs/screening.md quotes. Shares are 0..1; times are ms of processor, which neighbours on the machine do not change. */
export interface ScreeningFigures {
  readonly classes: readonly ClassFigures[]
  readonly variants: number
  readonly recall: number
  readonly recallWithBirth: number
  readonly people: number
  readonly falsePositives: number
  readonly falsePositivesWithBirth: number
  readonly falsePositivesByCulture: Readonly<Record<string, number>>
  readonly meanMs: number
  readonly p99Ms: number
  readonly indexMs: number
}

/** What to measure on: which half of entries and rules, at most how many variants a class, how many people. */
export interface MeasureOptions {
  readonly half: RuleHalf
  readonly seed: number
  readonly perClassMax: number
  readonly people: number
}

const share = (count: number, of: number): number => (of === 0 ? 1 : count / of)

const thin = <T>(items: readonly T[], most: number): readonly T[] =>
  items.length <= most
    ? items
    : Array.from({ length: most }, (_, at) => items[Math.floor((at * items.length) / most)] as T) // in range: at < most

/**
 * Measures recall per class of variant, false positives on ordinary people and time per name. Deterministic in the
 * seed but for the times.
 */
export const measureScreening = (entries: readonly SanctionsEntry[], options: MeasureOptions): ScreeningFigures => {
  const started = performance.now()
  const index = makeNameIndex(entries)
  const indexMs = performance.now() - started
  const times: number[] = []
  const reported = (person: ScreenedPerson): string | null => {
    const before = process.threadCpuUsage()
    const { listed } = screenName(index, person)
    const { user, system } = process.threadCpuUsage(before)
    times.push((user + system) / 1000)
    return listed
  }
  const isFound = (person: ScreenedPerson): boolean => reported(person) !== null
  const { half, seed } = options
  const variants = makeVariants(entries, { seed, entries: half, rules: half })
  const classes = VARIANT_CLASSES.map((name) => {
    const own = thin(
      variants.filter((variant) => variant.variantClass === name),
      options.perClassMax,
    )
    const found = own.filter(({ text }) => isFound({ fullName: text, birthDate: null })).length
    const foundWithBirth = own.filter(({ text, birthDate }) => isFound({ fullName: text, birthDate })).length
    return { name, count: own.length, found, foundWithBirth }
  })
  const people = makeOrdinaryPeople({ count: options.people, seed: seed + 1 })
  const hits = people.filter(({ fullName }) => isFound({ fullName, birthDate: null }))
  const hitsWithBirth = people.filter((person) => isFound(person)).length
  const byCulture: Record<string, number> = {}
  for (const { culture } of hits) byCulture[culture] = (byCulture[culture] ?? 0) + 1
  const total = classes.reduce((sum, { count }) => sum + count, 0)
  const sorted = times.toSorted((left, right) => left - right)
  return {
    classes: classes.map(({ name, count, found, foundWithBirth }) => ({
      name,
      count,
      recall: share(found, count),
      recallWithBirth: share(foundWithBirth, count),
    })),
    variants: total,
    recall: share(
      classes.reduce((sum, { found }) => sum + found, 0),
      total,
    ),
    recallWithBirth: share(
      classes.reduce((sum, { foundWithBirth }) => sum + foundWithBirth, 0),
      total,
    ),
    people: people.length,
    falsePositives: share(hits.length, people.length),
    falsePositivesWithBirth: share(hitsWithBirth, people.length),
    falsePositivesByCulture: byCulture,
    meanMs: share(
      times.reduce((sum, time) => sum + time, 0),
      times.length,
    ),
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
    indexMs,
  }
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`

/** The figures as a Markdown table and a few lines. */
export const describeFigures = (figures: ScreeningFigures): string =>
  [
    '| class of variant | names | found | found, birth date given |',
    '|---|---:|---:|---:|',
    ...figures.classes
      .filter(({ count }) => count > 0)
      .map(
        ({ name, count, recall, recallWithBirth }) =>
          `| ${name} | ${count} | ${percent(recall)} | ${percent(recallWithBirth)} |`,
      ),
    `| **all** | ${figures.variants} | **${percent(figures.recall)}** | **${percent(figures.recallWithBirth)}** |`,
    '',
    `False positives among ${figures.people} ordinary people: ${percent(figures.falsePositives)} without birth date, ` +
      `${percent(figures.falsePositivesWithBirth)} with one.`,
    `Processor time per name: mean ${figures.meanMs.toFixed(2)} ms, p99 ${figures.p99Ms.toFixed(2)} ms; index built in ${figures.indexMs.toFixed(0)} ms.`,
  ].join('\n')
