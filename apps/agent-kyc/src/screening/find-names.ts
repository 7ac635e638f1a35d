import type { IndexedName, NameIndex } from './name-index.js'
import { tokensOf } from './name-tokens.js'
import type { NameToken } from './name-tokens.js'
import { foldWord } from './token-similarity.js'
import { searchWords } from './word-list.js'
import type { Reach } from './word-list.js'

/** How a person's name compares with one listed name. */
export interface NameComparison {
  /** Position in the index' `names`. */
  readonly name: number
  /** 0..1: the share of both names that agrees, weighted by how telling each word is. */
  readonly agreement: number
  /** Bits of surprise in what agrees; a common name agrees by chance, a rare one does not. */
  readonly evidence: number
  /** How many telling words agree. */
  readonly wordsAgreed: number
  readonly surnameAgreed: boolean
}

interface QueryUnit {
  readonly first: number
  readonly length: 1 | 2
  readonly loss: number
  /** Similarity by unit id of the list. */
  readonly found: ReadonlyMap<number, number>
}

const SIMILARITY_MIN = 0.7
/** One letter of four may differ; of three, only by a cheap difference. */
const SIMILARITY_MIN_SHORT = 0.72
const SHORT = 4
const LONG = 9
const JOINED_LETTERS_MIN = 5
const CANDIDATES_MAX = 60
/** Cost of a word that only one side has, as a share of its weight. */
const LISTED_GIVEN_MISSING = 0.28
const LISTED_SURNAME_MISSING = 1.1
const APPLICANT_EXTRA = 0.75
/**
 * A word that agrees less than fully loses faster than its similarity does; much faster where the list knows the
 * applicant's spelling as a name of its own: Rakesh is no misspelt Rajesh, Rajezh is.
 */
const LOSS = 1.7
const LOSS_OF_KNOWN = 3

/** Two words written as one are the same letters; a difference there is mostly another word. */
const JOINED: Reach = { atLeast: 0.88, atLeastShort: 0.88, lettersMax: 1, groupsMax: 1 }

const reachOf = (text: string, word: string): Reach => ({
  atLeast: SIMILARITY_MIN,
  atLeastShort: SIMILARITY_MIN_SHORT,
  lettersMax: word.length <= SHORT ? 1 : word.length <= LONG ? 2 : 3,
  groupsMax: word.length > LONG || MISREAD.test(text) ? 2 : 1,
})

/** Letters that scanners make out of one letter of another sound (rn for m, cl for d). */
const MISREAD = /rn|cl|vv|ri|nn/

/** Words whose spellings were found lately; the same given names come again and again. */
const FOUND_MAX = 2048
const foundLately = new WeakMap<NameIndex, Map<string, ReadonlyMap<number, number>>>()

const findWord = (index: NameIndex, text: string, word: string): ReadonlyMap<number, number> => {
  let lately = foundLately.get(index)
  if (lately === undefined) foundLately.set(index, (lately = new Map()))
  const known = lately.get(text)
  if (known !== undefined) return known
  const found = new Map<number, number>()
  searchWords(index.singles, word, reachOf(text, word), (id, value) => found.set(id, value))
  if (word.length >= JOINED_LETTERS_MIN)
    searchWords(index.joins, word, JOINED, (id, value) => found.set(index.singlesCount + id, value))
  if (lately.size >= FOUND_MAX) lately.clear()
  lately.set(text, found)
  return found
}

const isKnown = (index: NameIndex, found: ReadonlyMap<number, number>): boolean => {
  for (const [id, value] of found) if (value === 1 && id < index.singlesCount) return true
  return false
}

const queryUnits = (index: NameIndex, tokens: readonly NameToken[]): QueryUnit[] =>
  tokens.flatMap(({ text }, first) => {
    const spellings = findWord(index, text, foldWord(text))
    const loss = isKnown(index, spellings) ? LOSS_OF_KNOWN : LOSS
    const single: QueryUnit = { first, length: 1, loss, found: spellings }
    const next = tokens[first + 1]
    const joined = foldWord(text + (next?.text ?? ''))
    if (next === undefined || joined.length < JOINED_LETTERS_MIN) return [single]
    const found = new Map<number, number>()
    searchWords(index.singles, joined, JOINED, (id, value) => found.set(id, value))
    return [single, { first, length: 2, loss: LOSS, found }]
  })

/** Names that share enough with the query to be compared in full, most promising first. */
const candidatesOf = (index: NameIndex, units: readonly QueryUnit[]): number[] => {
  const { starts, names, positions } = index.occurrences
  const gains = new Float32Array(index.names.length)
  const best = new Float32Array(index.names.length)
  const touched = new Set<number>()
  for (const { found, loss } of units) {
    const ofUnit: number[] = []
    for (const [id, value] of found) {
      const kept = 1 - loss * (1 - value)
      const end = starts[id + 1] ?? 0
      for (let at = starts[id] ?? 0; at < end; at += 1) {
        const name = names[at] ?? 0
        const gain = kept * (index.names[name]?.weights[positions[at] ?? 0] ?? 0)
        const before = best[name] ?? 0
        if (gain <= before) continue
        if (before === 0) ofUnit.push(name)
        best[name] = gain
      }
    }
    for (const name of ofUnit) {
      gains[name] = (gains[name] ?? 0) + (best[name] ?? 0)
      best[name] = 0
      touched.add(name)
    }
  }
  return [...touched]
    .map((name) => ({ name, rank: (gains[name] ?? 0) - 0.3 * (index.names[name]?.weightTotal ?? 0) }))
    .sort((left, right) => right.rank - left.rank || left.name - right.name)
    .slice(0, CANDIDATES_MAX)
    .map(({ name }) => name)
}

interface Pairing {
  readonly queryFirst: number
  readonly queryLength: number
  readonly listedFirst: number
  readonly listedLength: number
  readonly value: number
  readonly gain: number
  /** What the gain were if the words agreed fully. */
  readonly full: number
}

const pairingsOf = (name: IndexedName, units: readonly QueryUnit[]): Pairing[] => {
  const pairings: Pairing[] = []
  const consider = (unit: QueryUnit, listedFirst: number, listedLength: number, id: number): void => {
    const value = unit.found.get(id)
    if (value === undefined) return
    let weight = name.weights[listedFirst] ?? 0
    if (listedLength === 2) weight += name.weights[(listedFirst + 1) % name.tokens.length] ?? 0
    const gain = weight * (1 - unit.loss * (1 - value))
    if (gain <= 0) return
    const { first: queryFirst, length: queryLength } = unit
    pairings.push({ queryFirst, queryLength, listedFirst, listedLength, value, gain, full: weight })
  }
  for (const unit of units)
    for (let at = 0; at < name.singles.length; at += 1) {
      consider(unit, at, 1, name.singles[at] ?? -1)
      if (unit.length === 1) consider(unit, at, 2, name.joins[at] ?? -1)
    }
  // Equal words first: 'Thida Oo' is 'Thida' and 'Oo', although 'Thida' also resembles 'oo' and 'thida' in one.
  const isEqual = (pairing: Pairing): number =>
    pairing.value === 1 && pairing.queryLength === 1 && pairing.listedLength === 1 ? 1 : 0
  return pairings.sort((left, right) => isEqual(right) - isEqual(left) || right.gain - left.gain)
}

const isInitialOf = (query: NameToken, listed: NameToken): boolean =>
  query.text !== listed.text &&
  (query.text.length === 1 || listed.text.length === 1) &&
  query.text.charAt(0) === listed.text.charAt(0)

const compare = (
  index: NameIndex,
  position: number,
  tokens: readonly NameToken[],
  units: readonly QueryUnit[],
): NameComparison => {
  // Positions come from the index itself.
  const name = index.names[position] as IndexedName
  const queryUsed = new Uint8Array(tokens.length)
  const listedUsed = new Uint8Array(name.tokens.length)
  let agreed = 0
  let lost = 0
  let wordsAgreed = 0
  let surnameAgreed = false
  for (const pairing of pairingsOf(name, units)) {
    const { queryFirst, queryLength, listedFirst, listedLength } = pairing
    const queryEnd = queryFirst + queryLength - 1
    const listedEnd = (listedFirst + listedLength - 1) % listedUsed.length
    if (queryUsed[queryFirst] === 1 || queryUsed[queryEnd] === 1) continue
    if (listedUsed[listedFirst] === 1 || listedUsed[listedEnd] === 1) continue
    queryUsed[queryFirst] = queryUsed[queryEnd] = 1
    listedUsed[listedFirst] = listedUsed[listedEnd] = 1
    agreed += pairing.gain
    lost += pairing.full - pairing.gain
    for (const at of new Set([listedFirst, listedEnd])) {
      if (name.tokens[at]?.weak === true) continue
      wordsAgreed += 1
      if (at >= name.surnameFrom) surnameAgreed = true
    }
  }
  tokens.forEach((token, at) => {
    if (queryUsed[at] === 1) return
    const initial = name.tokens.findIndex((listed, other) => listedUsed[other] === 0 && isInitialOf(token, listed))
    if (initial >= 0) {
      listedUsed[initial] = 1
      agreed += 1
    } else lost += APPLICANT_EXTRA * index.weightOf(token)
  })
  name.tokens.forEach((_, at) => {
    if (listedUsed[at] === 1) return
    lost += (name.weights[at] ?? 0) * (at >= name.surnameFrom ? LISTED_SURNAME_MISSING : LISTED_GIVEN_MISSING)
  })
  return { name: position, agreement: agreed / (agreed + lost), evidence: agreed, wordsAgreed, surnameAgreed }
}

/**
 * Compares a name with the listed names that resemble it, best first; at most sixty. An empty or unreadable name
 * gives an empty list.
 */
export const findNames = (index: NameIndex, fullName: string): readonly NameComparison[] => {
  const tokens = tokensOf(fullName)
  if (tokens.length === 0) return []
  const units = queryUnits(index, tokens)
  return candidatesOf(index, units)
    .map((position) => compare(index, position, tokens, units))
    .filter((comparison) => comparison.evidence > 0)
    .sort((left, right) => right.agreement - left.agreement || right.evidence - left.evidence || left.name - right.name)
}
