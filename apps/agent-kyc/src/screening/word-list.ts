import {
  consonantBits,
  encodeWord,
  lackingGroups,
  fillRow,
  makeDistanceTable,
  similarityAt,
  type DistanceTable,
} from './token-similarity.js'

/**
 * All spellings of a list by length, then in alphabetical order, in flat arrays: only near lengths are looked at,
 * neighbours share their beginnings, so a search computes each shared beginning once, and leaves a whole branch as
 * soon as it costs too much. Measured on OFAC's full list: a fifth of the time of one comparison per spelling.
 */
export interface WordList {
  /** Number of the spelling, as given to `makeWordList`, by place in the order. */
  readonly ids: Int32Array
  readonly letters: Uint8Array
  /** Where each spelling starts in `letters`; one more at the end. */
  readonly starts: Int32Array
  /** Letters shared with the spelling before, which has the same length; 0 for the first of a length. */
  readonly shared: Uint8Array
  readonly bits: Int32Array
  /** Place of the first spelling of each length; one more at the end. */
  readonly lengthStarts: Int32Array
}

/** How different a spelling may be and still be found. */
export interface Reach {
  /** Least similarity, 0..1. */
  readonly atLeast: number
  /** The same where either word has at most four letters. */
  readonly atLeastShort: number
  /** Most letters of difference in length. */
  readonly lettersMax: number
  /** Most consonant groups that either word has and the other lacks. */
  readonly groupsMax: number
}

const SHORT = 4
const LENGTH_MAX = 32

const sharedLetters = (left: string, right: string): number => {
  if (left.length !== right.length) return 0
  let count = 0
  while (count < left.length && left.charCodeAt(count) === right.charCodeAt(count)) count += 1
  return count
}

/** Sorts folded spellings into a searchable list; a spelling's number is its place in `folded`. */
export const makeWordList = (folded: readonly string[]): WordList => {
  const words = folded.map((word) => word.slice(0, LENGTH_MAX))
  const wordOf = (id: number | undefined): string => words[id ?? -1] ?? ''
  const ids = Int32Array.from(words.keys()).sort((left, right) => {
    const [one, other] = [wordOf(left), wordOf(right)]
    return one.length - other.length || (one < other ? -1 : one > other ? 1 : left - right)
  })
  const list = {
    ids,
    letters: new Uint8Array(words.reduce((sum, word) => sum + word.length, 0)),
    starts: new Int32Array(ids.length + 1),
    shared: new Uint8Array(ids.length),
    bits: new Int32Array(ids.length),
    lengthStarts: new Int32Array(LENGTH_MAX + 2),
  }
  let start = 0
  ids.forEach((id, at) => {
    const word = wordOf(id)
    list.letters.set(encodeWord(word), start)
    list.starts[at] = start
    list.shared[at] = at === 0 ? 0 : sharedLetters(word, wordOf(ids[at - 1]))
    list.bits[at] = consonantBits(word)
    start += word.length
    list.lengthStarts[word.length + 1] = at + 1
  })
  list.starts[ids.length] = start
  for (let length = 1; length < list.lengthStarts.length; length += 1)
    list.lengthStarts[length] = Math.max(list.lengthStarts[length] ?? 0, list.lengthStarts[length - 1] ?? 0)
  return list
}

/** Calls `found(id, similarity)` for every spelling within reach of a folded word. */
export const searchWords = (
  list: WordList,
  query: string,
  reach: Reach,
  found: (id: number, similarity: number) => void,
): void => {
  const table = makeDistanceTable(query)
  const queryBits = consonantBits(query)
  const longest = Math.min(LENGTH_MAX, query.length + reach.lettersMax)
  for (let length = Math.max(1, query.length - reach.lettersMax); length <= longest; length += 1)
    searchLength(list, table, { length, queryBits, queryLength: query.length, reach, found })
}

interface LengthSearch {
  readonly length: number
  readonly queryBits: number
  readonly queryLength: number
  readonly reach: Reach
  readonly found: (id: number, similarity: number) => void
}

const searchLength = (list: WordList, table: DistanceTable, search: LengthSearch): void => {
  const { ids, letters, starts, shared, bits, lengthStarts } = list
  const { length, queryBits, queryLength, reach, found } = search
  const atLeast = Math.min(length, queryLength) <= SHORT ? reach.atLeastShort : reach.atLeast
  const costMax = (1 - atLeast) * Math.max(length, queryLength) + 1e-9
  const end = lengthStarts[length + 1] ?? 0
  // Rows filled for the present beginning; a branch whose first `deadAt` letters cost too much is skipped.
  let filled = 0
  let deadAt = LENGTH_MAX + 1
  for (let at = lengthStarts[length] ?? 0; at < end; at += 1) {
    const common = shared[at] ?? 0
    if (common >= deadAt) continue
    deadAt = LENGTH_MAX + 1
    if (common < filled) filled = common
    if (lackingGroups(queryBits, bits[at] ?? 0) > reach.groupsMax) continue
    const start = (starts[at] ?? 0) - 1
    while (filled < length) {
      filled += 1
      fillRow(table, filled, letters[start + filled] ?? 0, filled > 1 ? (letters[start + filled - 1] ?? 0) : -1)
      // Two rows, because a transposition or a digraph jumps over one.
      if (filled > 1 && (table.lows[filled] ?? 0) > costMax && (table.lows[filled - 1] ?? 0) > costMax) {
        deadAt = filled
        break
      }
    }
    if (deadAt <= length) continue
    const value = similarityAt(table, length)
    if (value >= atLeast) found(ids[at] ?? 0, value)
  }
}
