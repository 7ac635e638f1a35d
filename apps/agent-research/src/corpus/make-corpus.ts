import type { PolicyDocument } from './policy-document.js'
import { sentencesOf, type Sentence } from './sentences-of.js'
import { wordsOf } from './words-of.js'

/** A document that answers a query. */
export interface Found {
  readonly document: PolicyDocument
  readonly score: number
}

/** A sentence that answers a query. */
export interface FoundSentence extends Sentence {
  readonly score: number
}

/** What can be looked up in the policies. */
export interface Corpus {
  readonly documents: readonly PolicyDocument[]
  readonly byId: (id: string) => PolicyDocument | undefined
  /** Documents that share enough of the query's words, best first; equal ones by id. */
  readonly search: (query: string) => readonly Found[]
  /** Sentences of a document that share a word with the query, best first; equal ones as they stand. */
  readonly searchWithin: (document: PolicyDocument, query: string) => readonly FoundSentence[]
}

/** BM25's usual constants: how soon a repeated word stops to count, and how much length is held against a text. */
const saturation = 1.2
const lengthShare = 0.75
/** A word of the title says more about a document than one of its text. */
const titleWeight = 3
/** A document that scores less than this part of the best one is about something else. */
const scoreShareMin = 0.3
/** Fewer of the query's words are chance, unless the query has no more or the title has one. */
const sharedMin = 2

interface Indexed {
  readonly counts: ReadonlyMap<string, number>
  readonly length: number
}

const indexWords = (words: readonly string[]): Indexed => {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return { counts, length: words.length }
}

/**
 * Makes documents searchable by Okapi BM25 (Robertson and Zaragoza, 2009) with a never negative weight of rarity:
 * `ln(1 + (N - n + 0.5) / (n + 0.5))`.
 */
export const makeCorpus = (documents: readonly PolicyDocument[]): Corpus => {
  const indexed = new Map(
    documents.map((document) => {
      const title = wordsOf(document.title)
      const words = [...Array.from({ length: titleWeight }, () => title).flat(), ...wordsOf(document.text)]
      return [document.id, { ...indexWords(words), title: new Set(title) }] as const
    }),
  )
  const all = [...indexed.values()]
  const meanLength = all.reduce((sum, { length }) => sum + length, 0) / Math.max(1, all.length)
  const rarityOf = (word: string): number => {
    const having = all.filter(({ counts }) => counts.has(word)).length
    return Math.log(1 + (all.length - having + 0.5) / (having + 0.5))
  }
  const scoreOf = ({ counts, length }: Indexed, words: readonly string[], mean: number): number =>
    words.reduce((sum, word) => {
      const count = counts.get(word) ?? 0
      const spread = saturation * (1 - lengthShare + (lengthShare * length) / mean)
      return sum + (rarityOf(word) * count * (saturation + 1)) / (count + spread)
    }, 0)
  const rounded = (score: number): number => Math.round(score * 1_000) / 1_000

  return {
    documents,
    byId: (id) => documents.find((document) => document.id === id),
    search: (query) => {
      const words = [...new Set(wordsOf(query))]
      const found = documents.flatMap((document) => {
        const index = indexed.get(document.id)
        const shared = words.filter((word) => index?.counts.has(word))
        if (!index || shared.length === 0) return []
        const fits = shared.length >= Math.min(sharedMin, words.length) || shared.some((word) => index.title.has(word))
        return fits ? [{ document, score: rounded(scoreOf(index, words, meanLength)) }] : []
      })
      const best = Math.max(...found.map(({ score }) => score))
      return found
        .filter(({ score }) => score >= scoreShareMin * best)
        .toSorted((a, b) => b.score - a.score || (a.document.id < b.document.id ? -1 : 1))
    },
    searchWithin: (document, query) => {
      const words = [...new Set(wordsOf(query))]
      const sentences = sentencesOf(document.text).map((sentence) => ({ ...sentence, words: wordsOf(sentence.text) }))
      const mean = sentences.reduce((sum, sentence) => sum + sentence.words.length, 0) / Math.max(1, sentences.length)
      return sentences
        .map(({ words: own, ...sentence }) => ({ ...sentence, score: rounded(scoreOf(indexWords(own), words, mean)) }))
        .filter(({ score }) => score > 0)
        .toSorted((a, b) => b.score - a.score || a.start - b.start)
    },
  }
}
