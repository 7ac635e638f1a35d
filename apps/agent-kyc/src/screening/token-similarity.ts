/**
 * Similarity of two words of a name: a weighted edit distance in which the differences that romanisation, hearing and
 * scanning make are cheap, and all others cost one. Words are sequences of letter codes 0..25.
 */

const A = 97
const LETTERS = 26
const code = (letter: string): number => letter.charCodeAt(0) - A

const SUBSTITUTION = new Float64Array(LETTERS * LETTERS).fill(1)
const INDEL = new Float64Array(LETTERS).fill(1)
/** Cost of replacing two letters by one: index is (first * 26 + second) * 26 + single; 0 means "no such rule". */
const PAIR = new Float64Array(LETTERS * LETTERS * LETTERS)
const IN_PAIR = new Uint8Array(LETTERS * LETTERS)

for (let letter = 0; letter < LETTERS; letter += 1) SUBSTITUTION[letter * LETTERS + letter] = 0

const cheap = (cost: number, pairs: string): void => {
  for (const pair of pairs.split(' ')) {
    const [left, right] = [code(pair.charAt(0)), code(pair.charAt(1))]
    SUBSTITUTION[left * LETTERS + right] = cost
    SUBSTITUTION[right * LETTERS + left] = cost
  }
}

const pairCost = (cost: number, rules: string): void => {
  for (const rule of rules.split(' ')) {
    const pair = code(rule.charAt(0)) * LETTERS + code(rule.charAt(1))
    PAIR[pair * LETTERS + code(rule.charAt(2))] = cost
    IN_PAIR[pair] = 1
  }
}

// Vowels differ between romanisations more often than they are mistyped.
cheap(0.1, 'yi kq ck')
cheap(0.2, 'ou jy ji wv cq')
cheap(0.3, 'ae ei')
cheap(0.4, 'ao au eo eu ai iu io ye yu ea uw')
cheap(0.5, 'kg qg gj jz sz sc bp td vf vb kh gh sx zc xq cj jq dz fp qh cz')
// Scanners: l/i, e/c, h/b, u/v, a/o (above), g/q, n/h.
cheap(0.4, 'li ec hb uv mn')
for (const letter of 'aeiou') INDEL[code(letter)] = 0.45
for (const letter of 'hy') INDEL[code(letter)] = 0.35
INDEL[code('w')] = 0.7
// Digraph to letter: romanisation first, then what scanners make of letters.
pairCost(0.1, 'oou ouu eei dhd tht ghg khk khh djj zhj phf ckk')
pairCost(0.2, 'shs zhz tsc tzc tzz jhj auo awo aui ksx hsx chx chq chk chh dhz aye aie eye eie jui')
pairCost(0.3, 'rnm cld vvw rin nnm')

const TRANSPOSITION = 0.8

const GROUPS = ['bp', 'ckqgx', 'dt', 'fv', 'sz', 'j', 'l', 'mn', 'r']
const GROUP_BIT = new Int32Array(LETTERS)
GROUPS.forEach((group, bit) => [...group].forEach((letter) => (GROUP_BIT[code(letter)] = 1 << bit)))

/**
 * Signature of a word: a bit per group of consonants that occurs in it, and further up a bit per group that occurs
 * twice. Comparing signatures costs a nanosecond and spares most comparisons of letters.
 */
export const consonantBits = (folded: string): number => {
  let once = 0
  let twice = 0
  for (let at = 0; at < folded.length; at += 1) {
    const bit = GROUP_BIT[folded.charCodeAt(at) - A] ?? 0
    twice |= once & bit
    once |= bit
  }
  return once | (twice << GROUPS.length)
}

const POPULATION = Uint8Array.from({ length: 1 << (2 * GROUPS.length) }, (_, bits) => {
  let count = 0
  for (let rest = bits; rest > 0; rest &= rest - 1) count += 1
  return count
})

/** How many consonant groups one word lacks of the other, the larger of both directions. */
export const lackingGroups = (left: number, right: number): number =>
  Math.max(POPULATION[left & ~right] ?? 0, POPULATION[right & ~left] ?? 0)

/** A lower-case Latin word with doubled letters and spelling habits that carry no sound folded away. */
export const foldWord = (word: string): string =>
  word
    .replace(/(?<=[aeiouy])ff$/, 'v')
    .replace(/yev$/, 'ev')
    .replace(/(?<=[^aeiou])yev/, 'ev')
    .replace(/t?ch$/, 'ch')
    .replace(/(?<=[aeou])h$/, '')
    .replace(/i[iy]$|y[ij]$|ij$/, 'i')
    .replace(/([a-z])\1+/g, '$1')

/** A folded word as letter codes. */
export const encodeWord = (folded: string): Uint8Array => Uint8Array.from(folded, (letter) => letter.charCodeAt(0) - A)

/** Words are compared by their first 32 letters. */
const LETTERS_MAX = 32
const STRIDE = LETTERS_MAX + 1

/** One query word against many listed words: rows of the distance table, one per letter of the listed word. */
export interface DistanceTable {
  readonly columns: number
  readonly cells: Float64Array
  /** Least cost in each row: no word that begins so can cost less than the lower of two neighbouring rows. */
  readonly lows: Float64Array
  readonly letters: Int32Array
  /** Cost of leaving out each letter of the query. */
  readonly indels: Float64Array
  /** Digraph that ends at each letter of the query, as an offset into PAIR; -1 where none has a rule. */
  readonly pairs: Int32Array
  /** Per letter of the alphabet the costs of standing for each letter of the query. */
  readonly substitutions: Float64Array
}

/** Prepares the table of a folded query word. */
export const makeDistanceTable = (folded: string): DistanceTable => {
  const letters = Int32Array.from(encodeWord(folded.slice(0, LETTERS_MAX)))
  const columns = letters.length
  const indels = Float64Array.from(letters, (letter) => INDEL[letter] ?? 1)
  const cells = new Float64Array(STRIDE * STRIDE)
  indels.forEach((cost, at) => (cells[at + 1] = (cells[at] ?? 0) + cost))
  const pairs = letters.map((letter, at) => {
    const pair = at === 0 ? 0 : (letters[at - 1] ?? 0) * LETTERS + letter
    return at > 0 && IN_PAIR[pair] === 1 ? pair * LETTERS : -1
  })
  const substitutions = new Float64Array(LETTERS * STRIDE)
  for (let letter = 0; letter < LETTERS; letter += 1)
    letters.forEach((own, at) => (substitutions[letter * STRIDE + at] = SUBSTITUTION[letter * LETTERS + own] ?? 1))
  return { columns, cells, lows: new Float64Array(STRIDE), letters, indels, pairs, substitutions }
}

/**
 * Fills the row of a listed word's letter number `row` (from 1); `before` is the letter before it, -1 at the start.
 * The rows above must belong to the same word or to one that begins alike.
 */
export const fillRow = (table: DistanceTable, row: number, letter: number, before: number): void => {
  // The assertions `as number` below are reads of typed arrays within bounds by construction, in the hottest loop.
  const { columns, cells, letters, indels, pairs, substitutions } = table
  const here = row * STRIDE
  const above = here - STRIDE
  const twoAbove = above - STRIDE
  const drop = INDEL[letter] as number
  const pair = before < 0 ? -1 : before * LETTERS + letter
  const pairRules = pair >= 0 && IN_PAIR[pair] === 1 ? pair * LETTERS : -1
  const costs = letter * STRIDE
  let left = (cells[above] as number) + drop
  let diagonal = cells[above] as number
  let low = left
  cells[here] = left
  for (let column = 1; column <= columns; column += 1) {
    const at = column - 1
    const up = cells[above + column] as number
    let best = diagonal + (substitutions[costs + at] as number)
    if (up + drop < best) best = up + drop
    const added = left + (indels[at] as number)
    if (added < best) best = added
    if (pairRules >= 0) {
      const rule = PAIR[pairRules + (letters[at] as number)] as number
      if (rule > 0 && (cells[twoAbove + at] as number) + rule < best) best = (cells[twoAbove + at] as number) + rule
    }
    const ownPair = pairs[at] as number
    if (ownPair >= 0) {
      const rule = PAIR[ownPair + letter] as number
      if (rule > 0 && (cells[above + at - 1] as number) + rule < best) best = (cells[above + at - 1] as number) + rule
    }
    if (at > 0 && before === letters[at] && letter === letters[at - 1]) {
      const swapped = (cells[twoAbove + at - 1] as number) + TRANSPOSITION
      if (swapped < best) best = swapped
    }
    cells[here + column] = best
    if (best < low) low = best
    left = best
    diagonal = up
  }
  table.lows[row] = low
}

/** Similarity 0..1 from the filled rows of a listed word: one minus the cost over the longer word's letters. */
export const similarityAt = (table: DistanceTable, length: number): number => {
  const rows = Math.min(length, LETTERS_MAX)
  const longer = Math.max(rows, table.columns)
  if (longer === 0) return 0
  return Math.max(0, 1 - (table.cells[rows * STRIDE + table.columns] ?? longer) / longer)
}

/** Similarity of two lower-case Latin words, 0..1. */
export const similarity = (one: string, other: string): number => {
  const right = encodeWord(foldWord(other))
  const table = makeDistanceTable(foldWord(one))
  const length = Math.min(right.length, LETTERS_MAX)
  for (let row = 1; row <= length; row += 1) fillRow(table, row, right[row - 1] ?? 0, right[row - 2] ?? -1)
  return similarityAt(table, length)
}
