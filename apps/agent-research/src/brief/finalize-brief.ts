import type { BriefDraft, BriefSource, FinalBrief, ResearchFinalizeInput } from '@flotilla/contracts'
import { countWords } from '../corpus/words-of.js'
import { heedReport } from './heed-report.js'

const sourceLine = (sources: readonly BriefSource[], id: string): string => {
  const source = sources.find((one) => one.id === id)
  return source ? `${source.title}. ${source.issuer}, ${source.issuedOn}.` : `${id}.`
}

const render = ({ title, sections, citations }: BriefDraft, sources: readonly BriefSource[]): string =>
  [
    `# ${title}`,
    ...sections
      .filter(({ sentences }) => sentences.length > 0)
      .map(({ heading, sentences }) => `## ${heading}\n\n${sentences.map(({ text }) => text).join(' ')}`),
    ...(citations.length === 0
      ? []
      : [`## Sources\n\n${citations.map((one) => `[${one.number}] ${sourceLine(sources, one.sourceId)}`).join('\n')}`]),
  ].join('\n\n')

/** Applies the report to the draft and sets the brief as Markdown, sources at its end. */
export const finalizeBrief = (input: ResearchFinalizeInput): FinalBrief => {
  const { draft, sources, verification_report: report, style_guide: style } = input
  const heeded = heedReport(draft, { report, style: style ?? null, keep: new Set() })
  const body = `${render(heeded.draft, sources)}\n`
  const { citations, title } = heeded.draft
  return { title, body, words: countWords(body), citations: [...citations], changes: [...heeded.changes] }
}
