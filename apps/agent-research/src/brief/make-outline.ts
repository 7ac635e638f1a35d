import type {
  BriefQuote,
  BriefTemplate,
  OutlineSection,
  ResearchOutlineInput,
  ResearchOutlineOutput,
  TemplateSection,
} from '@flotilla/contracts'
import { wordsOf } from '../corpus/words-of.js'

const isDuty = ({ text }: BriefQuote): boolean => /\b(?:must|should|may not)\b/.test(text)

const quotesPerSummary = 2
const quotesPerSection = 8
const themesMax = 3

/**
 * Themes of a topic: the sources that were found, by the office that issued them, as offices divide a city's work; the
 * strongest first. An office with one source gives its title.
 */
const themesOf = ({ sources, quotes }: ResearchOutlineInput): readonly TemplateSection[] => {
  const used = sources.filter(({ id }) => quotes.some(({ sourceId }) => sourceId === id))
  const offices = [...new Set(used.map(({ issuer }) => issuer))]
  return offices.slice(0, themesMax).map((office) => {
    const own = used.filter(({ issuer }) => issuer === office)
    const heading = own.length === 1 ? (own[0]?.title ?? office) : office
    return { heading: heading.slice(0, 120), role: 'findings', about: office }
  })
}

const usual = (input: ResearchOutlineInput): BriefTemplate => ({
  sections: [
    { heading: 'Summary', role: 'summary' },
    ...themesOf(input),
    { heading: 'Recommendations', role: 'recommendations' },
  ],
})

const bestOf = (quotes: readonly BriefQuote[], all: readonly BriefQuote[], max: number): number[] =>
  quotes
    .toSorted((a, b) => b.score - a.score)
    .slice(0, max)
    .map((quote) => all.indexOf(quote))
    .toSorted((a, b) => a - b)

/** Whether a quote, or the source that it is from, has to do with some words. */
const concerns = (quote: BriefQuote, about: string, { sources }: ResearchOutlineInput): boolean => {
  const source = sources.find(({ id }) => id === quote.sourceId)
  if (source?.issuer === about) return true
  const words = new Set(wordsOf(`${source?.title ?? ''} ${quote.text}`))
  return wordsOf(about).some((word) => words.has(word))
}

const fill = (section: TemplateSection, input: ResearchOutlineInput): OutlineSection => {
  const { heading, role, about } = section
  const { quotes } = input
  const fitting = quotes.filter(
    (quote) => (role !== 'recommendations' || isDuty(quote)) && (!about || concerns(quote, about, input)),
  )
  const max = role === 'summary' ? quotesPerSummary : quotesPerSection
  const stated = role === 'findings' ? fitting.filter((quote) => !isDuty(quote)) : fitting
  return { heading, role, quotes: bestOf(stated.length > 0 ? stated : fitting, quotes, max) }
}

/**
 * Puts quotes under the headings of a template, or of the usual one: summary, the topic's themes, recommendations (what
 * sources say must or should be). Sections that nothing supports are named in `missing`.
 */
export const makeOutline = (input: ResearchOutlineInput): ResearchOutlineOutput => {
  const template = input.template ?? usual(input)
  const sections = template.sections.map((section) => fill(section, input))
  const missing = template.sections.filter((_, position) => sections[position]?.quotes.length === 0)
  return {
    outline: { title: template.title ?? `Policy brief: ${input.topic}`.slice(0, 300), sections },
    complete: missing.length === 0,
    missing: missing.map(({ about, heading }) => about ?? heading),
  }
}
