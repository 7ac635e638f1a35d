import type { ResearchReport, ResearchSynthesizeInput, ResearchWorkOutput } from '@flotilla/contracts'

const sectionOf = ({ source, quotes }: ResearchWorkOutput, number: number): string =>
  [`## ${source.title}`, '', ...quotes.map(({ text }) => `- “${text}” [${number}]`)].join('\n')

const sourceLine = ({ source }: ResearchWorkOutput, number: number): string =>
  `[${number}] ${source.title}. ${source.issuer}, ${source.issuedOn}.`

/** Puts what was found about each part of a topic into one report, in the order of the parts. The same every time. */
export const synthesizeReport = ({ topic, found }: ResearchSynthesizeInput): ResearchReport => {
  // What nothing was quoted from is no part of the report.
  const parts = found.filter(({ quotes }) => quotes.length > 0)
  const title = `Report on ${topic}`
  const body = [
    `# ${title}`,
    parts.length === 0 ? 'The policies say nothing about it.' : `What ${parts.length} policies say.`,
    ...parts.map((part, index) => sectionOf(part, index + 1)),
    ...(parts.length === 0 ? [] : [`## Sources\n\n${parts.map((one, at) => sourceLine(one, at + 1)).join('\n')}`]),
  ].join('\n\n')
  return {
    title,
    body: `${body}\n`,
    quotes: parts.reduce((sum, { quotes }) => sum + quotes.length, 0),
    sources: parts.map(({ source }) => source),
  }
}
