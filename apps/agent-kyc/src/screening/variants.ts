import type { SanctionsEntry } from './parse-sanctions-list.js'
import { makeSeededRandom } from './seeded-random.js'
import type { SeededRandom } from './seeded-random.js'
import { SPELLINGS, TRANSLITERATION_RULES } from './transliteration-rules.js'
import type { TransliterationRule } from './transliteration-rules.js'

/** The ways in which an applicant's spelling departs from the list; each is measured by itself. */
export const VARIANT_CLASSES = [
  'exact',
  'word-order',
  'diacritics',
  'spelling',
  'transliteration',
  'typo',
  'alias',
  'alias-one-word',
  'missing-middle',
  'joined',
  'split',
  'initials',
  'titles',
  'case',
  'ocr',
  'combined',
] as const
export type VariantClass = (typeof VARIANT_CLASSES)[number]

/** A name as somebody might write it, and the entry that it means. */
export interface Variant {
  readonly text: string
  readonly uid: string
  readonly variantClass: VariantClass
  /** The entry's own date of birth where it lists an exact day, for the measurement with dates. */
  readonly birthDate: string | null
}

/** Which half of the letter rules and spellings may be used: figures are only quoted for a half that was not tuned on. */
export type RuleHalf = 'tuning' | 'validation' | 'all'

interface NameParts {
  readonly given: readonly string[]
  readonly surname: readonly string[]
}

const words = (text: string): string[] =>
  text.split(/\s+/).filter((word) => word !== '' && !/^(dr|gen|col)\.$/i.test(word))

const titleCase = (text: string): string =>
  text
    .toLowerCase()
    .replace(/(^|[\s\-'])([a-z])/g, (_all, before: string, letter: string) => before + letter.toUpperCase())

const partsOf = (listed: string): NameParts => {
  const comma = listed.indexOf(',')
  if (comma < 0) return { given: words(titleCase(listed)), surname: [] }
  return { given: words(titleCase(listed.slice(comma + 1))), surname: words(titleCase(listed.slice(0, comma))) }
}

const natural = (parts: NameParts): string => [...parts.given, ...parts.surname].join(' ')

const half = <T>(from: readonly T[], which: RuleHalf): readonly T[] =>
  which === 'all' ? from : from.filter((_, index) => (index % 2 === 0) === (which === 'tuning'))

const longWords = (text: string, lettersMin: number): number[] =>
  words(text).flatMap((word, index) => (word.replace(/[^A-Za-z]/g, '').length >= lettersMin ? [index] : []))

const replaceWord = (text: string, index: number, change: (word: string) => string): string =>
  words(text)
    .map((word, at) => (at === index ? change(word) : word))
    .join(' ')

const ACCENTED: Readonly<Record<string, string>> = {
  a: 'áàâäãåā', c: 'çčć', d: 'ďđ', e: 'éèêëěē', g: 'ğģ', i: 'íìîïī', l: 'łľ', n: 'ñňń', o: 'óòôöõøō', r: 'řŕ',
  s: 'šśş', t: 'ťţ', u: 'úùûüůū', y: 'ýÿ', z: 'žźż',
} // prettier-ignore

const withDiacritics = (text: string, random: SeededRandom): string | null => {
  const places = [...text].flatMap((letter, index) => (ACCENTED[letter] === undefined ? [] : [index]))
  if (places.length === 0) return null
  const chosen = new Set(Array.from({ length: 1 + random.int(3) }, () => random.pick(places)))
  return [...text]
    .map((letter, index) => (chosen.has(index) ? random.pick([...(ACCENTED[letter] ?? letter)]) : letter))
    .join('')
}

const scriptOf = (entry: SanctionsEntry): TransliterationRule['script'] => {
  const name = entry.name.toLowerCase()
  if (/(ov|ev|in|sky|skiy|ova|eva|enko|yuk|vich|vna)\b/.test(name)) return 'cyrillic'
  if (
    /\b(al|el|bin|abd|abdul|abu|ahmad|ahmed|ali|hass?an|khan|m[uo]h?amm?[ae]d|hussein|hossein|reza|said)\b/.test(name)
  )
    return 'arabic'
  if (/^(kim|ri|pak|choe|kang|chong|han|yun|so|o|an|ryu|chang|hong|jon|kwon|paek|yi|sin|rim|ho)\b/.test(name))
    return 'korean'
  if (words(name).every((word) => word.length <= 9) && /\b(zh|x|q)[a-z]+/.test(name)) return 'chinese'
  return /\b(jose|juan|carlos|luis|maria|jesus|antonio|jorge|miguel)\b/.test(name) ? 'any' : 'arabic'
}

const transliterated = (text: string, entry: SanctionsEntry, which: RuleHalf, random: SeededRandom): string | null => {
  const script = scriptOf(entry)
  const rules = half(TRANSLITERATION_RULES, which).filter((rule) => rule.script === script || rule.script === 'any')
  const options = words(text).flatMap((word, index) =>
    rules.flatMap((rule) => {
      const changed = word.toLowerCase().replace(rule.from, rule.to)
      return changed === word.toLowerCase() || changed.length < 2 ? [] : [{ index, changed }]
    }),
  )
  if (options.length === 0) return null
  const chosen = Array.from({ length: random.chance(0.4) ? 2 : 1 }, () => random.pick(options))
  return chosen.reduce((name, { index, changed }) => replaceWord(name, index, () => titleCase(changed)), text)
}

const respelt = (text: string, which: RuleHalf, random: SeededRandom): string | null => {
  const options = words(text).flatMap((word, index) => {
    const own = SPELLINGS.find((group) => group.includes(word.toLowerCase()))
    return half(own ?? [], which).flatMap((other) => (other === word.toLowerCase() ? [] : [{ index, other }]))
  })
  if (options.length > 0) {
    const { index, other } = random.pick(options)
    return replaceWord(text, index, () => titleCase(other))
  }
  if (/\bal-/i.test(text)) return text.replace(/\bal-/i, random.pick(['El-', 'Al ', 'El ', 'Al']))
  return null
}

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz']

const mistype = (word: string, random: SeededRandom): string => {
  const letters = [...word]
  const at = 1 + random.int(letters.length - 1)
  const kind = random.int(4)
  if (kind === 0) letters.splice(at, 0, random.pick(LETTERS))
  else if (kind === 1) letters.splice(at, 1)
  else if (kind === 2) letters[at] = random.pick(LETTERS.filter((letter) => letter !== letters[at]?.toLowerCase()))
  else {
    const before = Math.max(1, Math.min(at, letters.length - 2))
    const [first = '', second = ''] = [letters[before], letters[before + 1]]
    if (first === second) letters.splice(before, 1)
    else letters.splice(before, 2, second, first)
  }
  return letters.join('')
}

const withTypo = (text: string, random: SeededRandom): string | null => {
  const places = longWords(text, 4)
  return places.length === 0 ? null : replaceWord(text, random.pick(places), (word) => mistype(word, random))
}

const reordered = (parts: NameParts, random: SeededRandom): string | null => {
  const { given, surname } = parts
  if (surname.length === 0 || given.length === 0) return null
  const family = surname.join(' ')
  const first = given.join(' ')
  const forms = [`${family} ${first}`, `${family}, ${first}`, `${family.toUpperCase()} ${first}`]
  if (given.length > 1) forms.push(`${given[0] ?? ''} ${family} ${given.slice(1).join(' ')}`)
  return random.pick(forms)
}

const withoutMiddle = (parts: NameParts, random: SeededRandom): string | null => {
  if (parts.given.length < 2 || parts.surname.length === 0) return null
  const drop = 1 + random.int(parts.given.length - 1)
  return natural({ given: parts.given.filter((_, index) => index !== drop), surname: parts.surname })
}

const joined = (text: string, random: SeededRandom): string | null => {
  if (text.includes('-') && random.chance(0.5)) return text.replace('-', '')
  const all = words(text)
  if (all.length < 3) return null
  const at = random.int(all.length - 1)
  return [...all.slice(0, at), `${all[at] ?? ''}${(all[at + 1] ?? '').toLowerCase()}`, ...all.slice(at + 2)].join(' ')
}

const split = (text: string, random: SeededRandom): string | null => {
  if (text.includes('-') && random.chance(0.5)) return text.replace('-', ' ')
  const places = longWords(text, 7)
  if (places.length === 0) return null
  return replaceWord(text, random.pick(places), (word) => {
    const at = 3 + random.int(word.length - 5)
    return `${word.slice(0, at)} ${titleCase(word.slice(at))}`
  })
}

const withInitials = (parts: NameParts, random: SeededRandom): string | null => {
  if (parts.given.length < 2 || parts.surname.length === 0) return null
  const drop = 1 + random.int(parts.given.length - 1)
  const given = parts.given.map((name, index) =>
    index === drop ? `${name.replace(/[^A-Za-z]/g, '').slice(0, 1)}.` : name,
  )
  return natural({ given, surname: parts.surname })
}

const TITLES = [
  'Mr',
  'Mrs.',
  'Dr.',
  'Ing.',
  'Prof.',
  'Sheikh',
  'Haji',
  'Gen.',
  'Col.',
  'Eng.',
  'Sayyid',
  'Mullah',
  'Don',
]
const SUFFIXES = ['Jr.', 'PhD', 'CSc.', 'MBA', 'III', 'Esq.']

const withTitle = (text: string, random: SeededRandom): string =>
  random.chance(0.75) ? `${random.pick(TITLES)} ${text}` : `${text}, ${random.pick(SUFFIXES)}`

const CONFUSIONS: readonly (readonly [string, string])[] = [
  ['o', '0'], ['l', '1'], ['i', '1'], ['s', '5'], ['b', '8'], ['m', 'rn'], ['i', 'l'], ['l', 'i'], ['e', 'c'], ['h', 'b'],
  ['u', 'v'], ['g', '9'], ['rn', 'm'], ['w', 'vv'], ['n', 'ri'], ['d', 'cl'], ['a', 'o'], ['z', '2'],
] // prettier-ignore

const misread = (text: string, random: SeededRandom): string | null => {
  const options = CONFUSIONS.flatMap(([from, to]) => {
    const places = [...text.matchAll(new RegExp(from, 'g'))].map((match) => match.index)
    return places.length === 0 ? [] : [{ from, to, at: random.pick(places) }]
  })
  if (options.length === 0) return null
  const { from, to, at } = random.pick(options)
  return text.slice(0, at) + to + text.slice(at + from.length)
}

const recased = (text: string, random: SeededRandom): string =>
  random.pick([
    text.toUpperCase(),
    text.toLowerCase(),
    [...text].map((letter, at) => (at % 2 ? letter.toUpperCase() : letter)).join(''),
  ])

const COMBINABLE = [
  'word-order',
  'diacritics',
  'spelling',
  'transliteration',
  'typo',
  'titles',
  'case',
  'missing-middle',
] as const

const make = (
  entry: SanctionsEntry,
  variantClass: VariantClass,
  which: RuleHalf,
  random: SeededRandom,
  listed: string = entry.name,
): string | null => {
  const parts = partsOf(listed)
  const text = natural(parts)
  if (variantClass === 'exact') return text
  if (variantClass === 'word-order') return reordered(parts, random)
  if (variantClass === 'diacritics') return withDiacritics(text, random)
  if (variantClass === 'spelling') return respelt(text, which, random)
  if (variantClass === 'transliteration') return transliterated(text, entry, which, random)
  if (variantClass === 'typo') return withTypo(text, random)
  if (variantClass === 'missing-middle') return withoutMiddle(parts, random)
  if (variantClass === 'joined') return joined(text, random)
  if (variantClass === 'split') return split(text, random)
  if (variantClass === 'initials') return withInitials(parts, random)
  if (variantClass === 'titles') return withTitle(text, random)
  if (variantClass === 'case') return recased(text, random)
  if (variantClass === 'ocr') return misread(text, random)
  if (variantClass === 'combined') return combine(entry, which, random)
  const aliases = entry.aliases.filter((alias) => (words(alias).length === 1) === (variantClass === 'alias-one-word'))
  return aliases.length === 0 ? null : natural(partsOf(random.pick(aliases)))
}

/** Two changes of different classes, applied one after the other. */
const combine = (entry: SanctionsEntry, which: RuleHalf, random: SeededRandom): string | null => {
  const first = random.pick(COMBINABLE)
  const second = random.pick(
    COMBINABLE.filter((other) => other !== first && other !== 'word-order' && other !== 'missing-middle'),
  )
  const once = make(entry, first, which, random)
  return once === null ? null : make(entry, second, which, random, once)
}

const exactBirth = (entry: SanctionsEntry): string | null =>
  entry.births.find((birth) => birth.from === birth.to && !birth.circa)?.from ?? null

/**
 * Makes one variant per class and individual of the list, where the class applies (a name without a middle name
 * cannot lose it). Deterministic in `seed`. `entries` is which half of the individuals to take, `rules` which half of
 * the letter rules.
 */
export const makeVariants = (
  list: readonly SanctionsEntry[],
  options: { readonly seed: number; readonly entries: RuleHalf; readonly rules: RuleHalf },
): readonly Variant[] => {
  const random = makeSeededRandom(options.seed)
  const individuals = half(
    list.filter((entry) => entry.kind === 'individual'),
    options.entries,
  )
  return individuals.flatMap((entry) =>
    VARIANT_CLASSES.flatMap((variantClass) => {
      const text = make(entry, variantClass, options.rules, random)
      return text === null || words(text).length === 0
        ? []
        : [{ text, uid: entry.uid, variantClass, birthDate: exactBirth(entry) }]
    }),
  )
}
