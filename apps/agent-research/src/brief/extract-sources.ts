import type { BriefQuote, BriefSource, ResearchExtractInput, ResearchExtractOutput } from '@flotilla/contracts'
import type { Corpus, Found } from '../corpus/make-corpus.js'
import { sentencesOf } from '../corpus/sentences-of.js'

const sourcesMaxDefault = 8
const sourcesMinDefault = 2
/** Of each source so many sentences that answer the query, and so many of its figures and duties beside them. */
const answersPerSource = 2
const telling = /\d|\bmust\b|\bshould\b/
const tellingPerSource = 2

const inTime = ({ document }: Found, { constraints }: ResearchExtractInput): boolean =>
  document.issuedOn >= (constraints?.issuedSince ?? '') && document.issuedOn <= (constraints?.issuedUntil ?? '9999')

/** The best score of each document over several searches. */
const joinFound = (found: readonly Found[]): readonly Found[] => {
  const best = new Map<string, Found>()
  for (const one of found) {
    const before = best.get(one.document.id)
    if (!before || before.score < one.score) best.set(one.document.id, one)
  }
  return [...best.values()].toSorted((a, b) => b.score - a.score || (a.document.id < b.document.id ? -1 : 1))
}

const quotesOf = (corpus: Corpus, { document, score }: Found, query: string): readonly BriefQuote[] => {
  const asked = corpus.searchWithin(document, query)
  const answers = asked.slice(0, answersPerSource)
  const others = sentencesOf(document.text)
    .filter(({ start, text }) => telling.test(text) && !answers.some((answer) => answer.start === start))
    .slice(0, tellingPerSource)
    .map((sentence) => ({ ...sentence, score: asked.find(({ start }) => start === sentence.start)?.score ?? 0 }))
  return [...answers, ...others]
    .toSorted((a, b) => a.start - b.start)
    .map((sentence) => ({
      sourceId: document.id,
      text: sentence.text,
      start: sentence.start,
      end: sentence.end,
      score: Math.round((sentence.score + score) * 1_000) / 1_000,
    }))
}

/**
 * Searches the policies for a topic, and for the topic with each of `also`, and takes sentences out of what was found,
 * with their places. Nothing found is an answer: who asked compares with `sourcesMin`.
 */
export const extractSources = (corpus: Corpus, input: ResearchExtractInput): ResearchExtractOutput => {
  const { topic, constraints, also } = input
  const queries = [topic, ...(also ?? []).flatMap((word) => [`${topic} ${word}`, word])]
  const found = joinFound(queries.flatMap((query) => corpus.search(query)))
    .filter((one) => inTime(one, input))
    .slice(0, constraints?.sourcesMax ?? sourcesMaxDefault)
  const sources: BriefSource[] = found.map(({ document: { id, title, issuer, issuedOn }, score }) => ({
    id,
    title,
    issuer,
    issuedOn,
    score,
  }))
  const quotes = found.flatMap((one) => quotesOf(corpus, one, queries.join(' ')))
  return { sources, quotes, sourcesMin: constraints?.sourcesMin ?? sourcesMinDefault }
}
