import type {
  BriefDraft,
  Citation,
  CitationProblem,
  DraftSection,
  DraftSentence,
  StyleGuide,
  VerificationReport,
} from '@flotilla/contracts'
import { countWords } from '../corpus/words-of.js'
import { forbiddenIn } from './check-compliance.js'

export interface Heeding {
  readonly report: VerificationReport
  readonly style: StyleGuide | null
  /** Words that stay quoted whatever the report says. */
  readonly keep: ReadonlySet<string>
}

export interface Heeded {
  readonly draft: BriefDraft
  /** What was changed, in words. */
  readonly changes: readonly string[]
}

const citationOf = (draft: BriefDraft, number: number | null | undefined): Citation | undefined =>
  draft.citations.find((citation) => citation.number === number)

/** The sentence with the words of its source in the place of wrong ones, where the source has any like them. */
const corrected = (
  sentence: DraftSentence,
  citation: Citation,
  { code, instead }: CitationProblem,
): { readonly sentence: DraftSentence; readonly citation: Citation } | null =>
  code === 'QUOTE_NOT_IN_SOURCE' && instead
    ? {
        sentence: { ...sentence, text: sentence.text.replace(`“${citation.quote}”`, () => `“${instead}”`) },
        citation: { ...citation, quote: instead },
      }
    : null

const wordsIn = (sections: readonly DraftSection[]): number =>
  sections.reduce(
    (sum, { heading, sentences }) =>
      sum + countWords(heading) + sentences.reduce((words, { text }) => words + countWords(text), 0),
    0,
  )

/** Leaves out sentences from the end of the longest section, never its last one, until the text is short enough. */
const shorten = (sections: readonly DraftSection[], wordsMax: number): readonly DraftSection[] => {
  if (wordsIn(sections) <= wordsMax) return sections
  const longest = sections.toSorted((a, b) => b.sentences.length - a.sentences.length)[0]
  if (!longest || longest.sentences.length <= 1) return sections
  const shorter = { ...longest, sentences: longest.sentences.slice(0, -1) }
  return shorten(
    sections.map((section) => (section === longest ? shorter : section)),
    wordsMax,
  )
}

/** Citations in the order of the text, from 1 without gaps; sentences follow. */
const renumbered = (draft: BriefDraft): BriefDraft => {
  const used = [
    ...new Set(draft.sections.flatMap(({ sentences }) => sentences.flatMap(({ citation }) => citation ?? []))),
  ]
  const numberOf = (before: number): number => used.indexOf(before) + 1
  const sections = draft.sections.map((section) => ({
    ...section,
    sentences: section.sentences.map((sentence) =>
      sentence.citation
        ? {
            text: sentence.text.replace(/\[\d+\]$/, `[${numberOf(sentence.citation)}]`),
            citation: numberOf(sentence.citation),
          }
        : sentence,
    ),
  }))
  const citations = used.flatMap((number) => {
    const citation = citationOf(draft, number)
    return citation ? [{ ...citation, number: numberOf(number) }] : []
  })
  return { ...draft, sections, citations }
}

/**
 * Changes a draft as the report of its audit asks: wrong quotes are replaced by the source's own words where it has
 * some, else left out; so are sentences with forbidden words; a text that is too long is shortened. Numbers close up.
 */
export const heedReport = (draft: BriefDraft, { report, style, keep }: Heeding): Heeded => {
  const changes: string[] = []
  const citations = new Map(draft.citations.map((citation) => [citation.number, citation]))
  const heed = (sentence: DraftSentence): readonly DraftSentence[] => {
    const citation = citationOf(draft, sentence.citation)
    if (citation && keep.has(citation.quote)) return [sentence]
    const forbidden = forbiddenIn(sentence.text, style?.forbidden ?? [])
    if (forbidden.length > 0) {
      changes.push(`A sentence was left out because of the word ${forbidden.join(', ')}.`)
      return []
    }
    const problem = sentence.citation ? report.citations.find(({ number }) => number === sentence.citation) : undefined
    if (!problem) return [sentence]
    const better = citation ? corrected(sentence, citation, problem) : null
    if (!better) {
      changes.push(`A sentence was left out: citation ${problem.number}, ${problem.code}.`)
      return []
    }
    citations.set(better.citation.number, better.citation)
    changes.push(`Citation ${problem.number} was corrected to the words of its source.`)
    return [better.sentence]
  }
  const heeded = draft.sections.map((section) => ({ ...section, sentences: section.sentences.flatMap(heed) }))
  const sections = style?.wordsMax ? shorten(heeded, style.wordsMax) : heeded
  const before = wordsIn(heeded)
  if (wordsIn(sections) < before) changes.push(`The text was shortened from ${before} to ${wordsIn(sections)} words.`)
  return { draft: renumbered({ ...draft, sections: [...sections], citations: [...citations.values()] }), changes }
}
