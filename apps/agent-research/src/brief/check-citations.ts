import type { BriefDraft, Citation, CitationProblem, DraftSentence } from '@flotilla/contracts'
import type { Corpus } from '../corpus/make-corpus.js'
import type { PolicyDocument } from '../corpus/policy-document.js'
import { sentencesOf } from '../corpus/sentences-of.js'
import { wordsOf } from '../corpus/words-of.js'

/** A sentence of the source stands in for a wrong quote when it shares at least this part of the quote's words. */
const likenessMin = 0.5

const plain = (text: string): string => text.replaceAll(/[“”’]/g, "'").replaceAll(/\s+/g, ' ').trim()

/** What the source says that is most like the quote, or null. */
const nearest = (document: PolicyDocument, quote: string): string | null => {
  const words = new Set(wordsOf(quote))
  if (words.size === 0) return null
  const likenessOf = (text: string): number => {
    const own = new Set(wordsOf(text))
    return [...words].filter((word) => own.has(word)).length / words.size
  }
  const [best] = sentencesOf(document.text)
    .map(({ text }) => ({ text, likeness: likenessOf(text) }))
    .toSorted((a, b) => b.likeness - a.likeness)
  return best && best.likeness >= likenessMin ? best.text.replaceAll(/[“”]/g, '’') : null
}

const problemOfCitation = (corpus: Corpus, { number, sourceId, quote }: Citation): readonly CitationProblem[] => {
  const document = corpus.byId(sourceId)
  if (!document) return [{ number, code: 'SOURCE_UNKNOWN', instead: null }]
  if (plain(document.text).includes(plain(quote))) return []
  return [{ number, code: 'QUOTE_NOT_IN_SOURCE', instead: nearest(document, quote) }]
}

const problemOfSentence = (draft: BriefDraft, { text, citation }: DraftSentence): readonly CitationProblem[] => {
  const words = /“([^”]*)”/.exec(text)?.[1]
  const named = Number(/\[(\d+)\]/.exec(text)?.[1] ?? 0)
  if (words === undefined && named === 0 && !citation) return []
  if (named === 0 || named !== citation) return [{ number: citation ?? 0, code: 'QUOTE_UNCITED', instead: null }]
  const found = draft.citations.find(({ number }) => number === named)
  if (!found) return [{ number: named, code: 'NUMBER_UNDEFINED', instead: null }]
  return words === found.quote ? [] : [{ number: named, code: 'QUOTE_DIFFERS', instead: null }]
}

/**
 * Audits a draft's citations: each source exists, each quote stands word for word in its source (spaces and the shape of
 * quotation marks aside), each sentence that quotes names the citation whose words it has, and none is left over.
 */
export const checkCitations = (corpus: Corpus, draft: BriefDraft): CitationProblem[] => {
  const sentences = draft.sections.flatMap((section) => section.sentences)
  const used = new Set(sentences.map(({ citation }) => citation))
  return [
    ...draft.citations.flatMap((citation) => problemOfCitation(corpus, citation)),
    ...sentences.flatMap((sentence) => problemOfSentence(draft, sentence)),
    ...draft.citations
      .filter(({ number }) => !used.has(number))
      .map(({ number }) => ({ number, code: 'CITATION_UNUSED' as const, instead: null })),
  ]
}
