import type {
  BriefDraft,
  BriefQuote,
  BriefSource,
  Citation,
  DraftSection,
  DraftSentence,
  OutlineSection,
  Quotation,
  ResearchDraftInput,
  ResearchDraftOutput,
  SectionRole,
} from '@flotilla/contracts'
import { heedReport } from './heed-report.js'

const months = 'January February March April May June July August September October November December'.split(' ')
const dayIn = (date: string): string =>
  `${Number(date.slice(8, 10))} ${months[Number(date.slice(5, 7)) - 1] ?? ''} ${date.slice(0, 4)}`

/** Words of a source inside quotation marks: its own marks become single ones. */
const quoted = (text: string): string => `“${text.replaceAll(/[“”]/g, '’')}”`

const leads: Readonly<Record<SectionRole, (source: BriefSource) => string>> = {
  summary: ({ issuer }) => `In the words of the ${issuer}:`,
  findings: ({ issuer, issuedOn }) => `The ${issuer} states (${dayIn(issuedOn)}):`,
  recommendations: ({ title }) => `“${title}” asks for the following:`.replaceAll(/[“”]/g, '"'),
}

const opening = (topic: string, sources: readonly BriefSource[]): DraftSentence => {
  const days = sources.map(({ issuedOn }) => issuedOn).toSorted()
  const offices = new Set(sources.map(({ issuer }) => issuer)).size
  const span = `issued between ${dayIn(days[0] ?? '')} and ${dayIn(days.at(-1) ?? '')}`
  const counted = `${sources.length} ${sources.length === 1 ? 'policy' : 'policies'} of ${offices} city`
  return {
    text: `On ${topic}, this brief draws on ${counted} ${offices === 1 ? 'office' : 'offices'}, ${span}.`,
    citation: null,
  }
}

/** Numbers citations in the order in which they come up; the same words of the same source keep their number. */
const makeNumbering = () => {
  const citations: Citation[] = []
  const numberOf = (sourceId: string, quote: string): number => {
    const known = citations.find((citation) => citation.sourceId === sourceId && citation.quote === quote)
    if (known) return known.number
    citations.push({ number: citations.length + 1, sourceId, quote })
    return citations.length
  }
  return { citations, numberOf }
}

type Quoted = Pick<BriefQuote, 'sourceId' | 'text'>

const compose = (input: ResearchDraftInput): BriefDraft => {
  const { topic, outline, sources, quotes, quotations } = input
  const { citations, numberOf } = makeNumbering()
  const sentenceOf = ({ sourceId, text }: Quoted, role: SectionRole): DraftSentence => {
    const source = sources.find(({ id }) => id === sourceId)
    const lead = source ? leads[role](source) : 'The client quotes:'
    const words = quoted(text)
    const number = numberOf(sourceId, words.slice(1, -1))
    return { text: `${lead} ${words} [${number}]`, citation: number }
  }
  const wanted = outline.sections.find(({ role }) => role === 'findings') ?? outline.sections[0]
  const section = (planned: OutlineSection): DraftSection => {
    const { heading, role } = planned
    const own: readonly Quoted[] = [
      ...planned.quotes.flatMap((position) => quotes[position] ?? []),
      ...(planned === wanted ? (quotations ?? []) : []),
    ]
    const sentences = own.map((quote) => sentenceOf(quote, role))
    return { heading, role, sentences: role === 'summary' ? [opening(topic, sources), ...sentences] : sentences }
  }
  const sections = outline.sections.map(section)
  return { title: outline.title, version: (input.draft?.version ?? 0) + 1, sections, citations }
}

const insisted = (quotations: readonly Quotation[] | null | undefined): ReadonlySet<string> =>
  new Set((quotations ?? []).filter(({ insist }) => insist).map(({ text }) => quoted(text).slice(1, -1)))

/**
 * Writes what an outline asks for, each quote in a sentence of its own with the number of its citation. With the report
 * of an audit it revises the draft before instead; what the client insists on stays even so. Nothing is invented: without
 * a quote a section stays empty and is named in `missing`.
 */
export const writeDraft = (input: ResearchDraftInput): ResearchDraftOutput => {
  const { draft, verification_report: report, style_guide: style, quotations } = input
  const written =
    draft && report
      ? {
          ...heedReport(draft, { report, style: style ?? null, keep: insisted(quotations) }).draft,
          version: draft.version + 1,
        }
      : compose(input)
  const missing = written.sections.filter(({ sentences }) => !sentences.some(({ citation }) => citation))
  return { draft: written, missing: missing.map(({ heading }) => heading) }
}
