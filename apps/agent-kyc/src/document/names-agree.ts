import { tokensOf } from '../screening/name-tokens.js'
import { similarity } from '../screening/token-similarity.js'

/** Words may differ by their transliteration into the document's letters (Müller, MUELLER) or by one slip. */
const SIMILARITY_MIN = 0.75

const tellingWords = (name: string): string[] => {
  const tokens = tokensOf(name)
  const telling = tokens.filter((token) => !token.weak)
  return (telling.length > 0 ? telling : tokens).map((token) => token.text)
}

/** ICAO 9303 part 3 section 6 writes Ä as AE or A, Ö as OE, Ü as UE or UXX, Å as AA, Ñ as NXX. */
const plainest = (word: string): string =>
  word
    .replace(/(?<=[un])xx/g, '')
    .replace(/ae|aa/g, 'a')
    .replace(/oe/g, 'o')
    .replace(/ue/g, 'u')

const resembles = (left: string, right: string): boolean => {
  const [short, long] = [plainest(left), plainest(right)].toSorted((a, b) => a.length - b.length)
  if (short === undefined || long === undefined) return false
  return similarity(short, long) >= SIMILARITY_MIN || (short.length === 1 && long.startsWith(short))
}

const someOf = (words: readonly string[], declared: readonly string[]): boolean => {
  const joined = [
    ...declared,
    ...declared.slice(1).map((word, at) => `${declared[at] ?? ''}${word}`),
    declared.join(''),
  ]
  return [...words, words.join('')].some((word) => joined.some((other) => resembles(word, other)))
}

/**
 * Whether a declared full name can be the one in a document: one word of the surname and one of the given names must
 * occur in it, in any order, allowing for transliteration, omitted names and truncation by the document.
 */
export const namesAgree = (declared: string, surname: string, givenNames: string): boolean => {
  const own = tellingWords(declared)
  if (own.length === 0) return false
  return [surname, givenNames]
    .map(tellingWords)
    .filter((words) => words.length > 0)
    .every((words) => someOf(words, own))
}
