import type { BriefDraft, ComplianceProblem, StyleGuide } from '@flotilla/contracts'
import { countWords } from '../corpus/words-of.js'

/** The forbidden words that a text holds, as whole words, whatever their case. */
export const forbiddenIn = (text: string, forbidden: readonly string[]): readonly string[] => {
  const words = ` ${text.toLowerCase().replaceAll(/[^\p{L}\d]+/gu, ' ')} `
  return forbidden.filter((word) =>
    words.includes(
      ` ${word
        .toLowerCase()
        .replaceAll(/[^\p{L}\d]+/gu, ' ')
        .trim()} `,
    ),
  )
}

/** How many words a draft has, headings included. */
export const wordsOfDraft = ({ sections }: BriefDraft): number =>
  sections.reduce(
    (sum, { heading, sentences }) =>
      sum + countWords(heading) + sentences.reduce((words, { text }) => words + countWords(text), 0),
    0,
  )

/** Where a draft breaks its style guide: length, headings that must be there and filled, words that must not. */
export const checkCompliance = (draft: BriefDraft, style: StyleGuide): ComplianceProblem[] => {
  const words = wordsOfDraft(draft)
  const sectionOf = (heading: string) =>
    draft.sections.find((section) => section.heading.toLowerCase() === heading.toLowerCase())
  const text = draft.sections
    .flatMap(({ heading, sentences }) => [heading, ...sentences.map((one) => one.text)])
    .join(' ')
  const length: ComplianceProblem[] = [
    ...(words < (style.wordsMin ?? 0) ? [{ code: 'TOO_SHORT' as const, about: null }] : []),
    ...(words > (style.wordsMax ?? Infinity) ? [{ code: 'TOO_LONG' as const, about: null }] : []),
  ]
  const sections = (style.sections ?? []).flatMap((heading): ComplianceProblem[] => {
    const section = sectionOf(heading)
    if (!section) return [{ code: 'SECTION_MISSING', about: heading }]
    return section.sentences.length === 0 ? [{ code: 'SECTION_EMPTY', about: heading }] : []
  })
  const forbidden = forbiddenIn(text, style.forbidden ?? [])
  return [...length, ...sections, ...forbidden.map((about) => ({ code: 'WORD_FORBIDDEN' as const, about }))]
}
