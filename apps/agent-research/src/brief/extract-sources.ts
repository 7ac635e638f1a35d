import type {
  BriefQuote,
  BriefSource,
  ResearchExtractInput,
  ResearchExtractOutput,
  ResearchGatherInput,
  ResearchGatherOutput,
  ResearchPlanOutput,
  ResearchTask,
  ResearchWorkOutput,
} from '@flotilla/contracts'
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

const sourceOf = ({ document: { id, title, issuer, issuedOn }, score }: Found): BriefSource => ({
  id,
  title,
  issuer,
  issuedOn,
  score,
})

interface FoundSources {
  readonly found: readonly Found[]
  /** Everything that was searched for. */
  readonly query: string
  readonly sourcesMin: number
}

/** Searches the policies for a topic, for the topic with each of `also`, and for those alone; best first. */
const findSources = (corpus: Corpus, input: ResearchExtractInput): FoundSources => {
  const { topic, constraints, also } = input
  const queries = [topic, ...(also ?? []).flatMap((word) => [`${topic} ${word}`, word])]
  const found = joinFound(queries.flatMap((query) => corpus.search(query)))
    .filter((one) => inTime(one, input))
    .slice(0, constraints?.sourcesMax ?? sourcesMaxDefault)
  return { found, query: queries.join(' ').slice(0, 5_000), sourcesMin: constraints?.sourcesMin ?? sourcesMinDefault }
}

/**
 * Searches the policies and takes sentences out of what was found, with their places. Nothing found is an answer: who
 * asked compares with `sourcesMin`.
 */
export const extractSources = (corpus: Corpus, input: ResearchExtractInput): ResearchExtractOutput => {
  const { found, query, sourcesMin } = findSources(corpus, input)
  return { sources: found.map(sourceOf), quotes: found.flatMap((one) => quotesOf(corpus, one, query)), sourcesMin }
}

/** A supervisor's plan: one task for each source worth reading. */
export const planTasks = (corpus: Corpus, input: ResearchExtractInput): ResearchPlanOutput => {
  const { found, query, sourcesMin } = findSources(corpus, input)
  return { tasks: found.map(({ document, score }) => ({ sourceId: document.id, query, score })), sourcesMin }
}

/** A worker's part: the quotes of one source. Null where there is no such source. */
export const readSource = (corpus: Corpus, { sourceId, query, score }: ResearchTask): ResearchWorkOutput | null => {
  const document = corpus.byId(sourceId)
  if (!document) return null
  const one = { document, score }
  return { source: sourceOf(one), quotes: [...quotesOf(corpus, one, query)] }
}

/** The supervisor's review: what the workers brought as one list, and whether it is enough. */
export const gatherFound = ({ found, sourcesMin }: ResearchGatherInput): ResearchGatherOutput => ({
  sources: found.map(({ source }) => source),
  quotes: found.flatMap(({ quotes }) => quotes),
  sourcesMin,
  enough: found.length >= sourcesMin,
})
