import { fileURLToPath } from 'node:url'
import { agentLaws, callAgent } from '@flotilla/agent-sdk/testing'
import type { Citation, ResearchDraftInput, StyleGuide, VerificationReport } from '@flotilla/contracts'
import { describe, expect, test } from 'vitest'
import { loadCorpus } from '../corpus/load-corpus.js'
import { draftAgent, finalizeAgent, makeExtractAgent, makeVerifyAgent, outlineAgent } from './brief-agents.js'
import { checkCitations } from './check-citations.js'
import { checkCompliance, forbiddenIn } from './check-compliance.js'
import { extractSources } from './extract-sources.js'
import { finalizeBrief } from './finalize-brief.js'
import { makeOutline } from './make-outline.js'
import { writeDraft } from './write-draft.js'

const corpus = await loadCorpus(fileURLToPath(new URL('../../data/policies', import.meta.url)))
const topic = 'protection against summer heat'
const found = extractSources(corpus, { topic })
const { outline } = makeOutline({ topic, ...found })
const wrongAmount = {
  sourceId: 'cool-roofs-2023',
  text: 'The programme costs 9.9 million marks over five years.',
}
const right =
  'The programme costs 6.2 million marks over five years, of which the national climate fund pays 40 per cent.'

const draftWith = (given: Partial<ResearchDraftInput> = {}) => writeDraft({ topic, outline, ...found, ...given }).draft

const reportOn = (draft: ReturnType<typeof draftWith>, style?: StyleGuide): VerificationReport => {
  const citations = checkCitations(corpus, draft)
  const compliance = style ? checkCompliance(draft, style) : []
  const passed = citations.length === 0 && compliance.length === 0
  return { passed, citations, compliance, citationsChecked: draft.citations.length, words: 1 }
}

describe('research', () => {
  test('quotes stand in their sources at the places given', () => {
    expect(found.quotes.length).toBeGreaterThan(10)
    for (const { sourceId, start, end, text } of found.quotes)
      expect(corpus.byId(sourceId)?.text.slice(start, end)).toBe(text)
  })

  test('keeps to the days and the number of sources asked for', () => {
    const { sources } = extractSources(corpus, {
      topic: 'heat',
      constraints: { issuedSince: '2023-01-01', issuedUntil: '2023-12-31', sourcesMax: 2 },
    })
    expect(sources.map(({ issuedOn }) => issuedOn.slice(0, 4))).toEqual(['2023', '2023'])
  })

  test('finds more with the words that were missing', () => {
    const { sources } = extractSources(corpus, { topic, also: ['cool roofs'] })
    expect(sources.map(({ id }) => id)).toContain('cool-roofs-2023')
    expect(found.sources.map(({ id }) => id)).not.toContain('cool-roofs-2023')
  })

  test('finding nothing is an answer', () => {
    expect(extractSources(corpus, { topic: 'submarine cables' })).toEqual({ sources: [], quotes: [], sourcesMin: 2 })
  })
})

describe('the outline', () => {
  test('has a summary, themes by office, and recommendations that say what must be', () => {
    expect(outline.sections.map(({ role }) => role)).toEqual([
      'summary',
      'findings',
      'findings',
      'findings',
      'recommendations',
    ])
    const duties = outline.sections.at(-1)?.quotes.map((position) => found.quotes[position]?.text ?? '') ?? []
    expect(duties.length).toBeGreaterThan(2)
    expect(duties.filter((text) => !/must|should|may not/.test(text))).toEqual([])
  })

  test('names what a template asks for and nothing supports', () => {
    const template = {
      sections: [
        { heading: 'Findings', role: 'findings' as const },
        { heading: 'Costs', role: 'findings' as const, about: 'penguins' },
      ],
    }
    expect(makeOutline({ topic, ...found, template })).toMatchObject({ complete: false, missing: ['penguins'] })
  })
})

describe('the draft', () => {
  test('quotes nothing but its sources, with numbers in the order of the text', () => {
    const draft = draftWith()
    expect(checkCitations(corpus, draft)).toEqual([])
    expect(draft.citations.map(({ number }) => number)).toEqual(draft.citations.map((_, position) => position + 1))
  })

  test('a planted wrong quotation is found, and a revision puts the words of the source in its place', () => {
    const quotations = [wrongAmount, { sourceId: 'nowhere', text: 'Nobody said this.' }]
    const draft = draftWith({ quotations })
    const report = reportOn(draft)
    expect(report.citations.map(({ code, instead }) => [code, instead])).toEqual([
      ['QUOTE_NOT_IN_SOURCE', right],
      ['SOURCE_UNKNOWN', null],
    ])
    const revised = draftWith({ quotations, draft, verification_report: report })
    expect(revised.version).toBe(2)
    expect(reportOn(revised).passed).toBe(true)
    expect(revised.citations.some(({ quote }) => quote === right)).toBe(true)
  })

  test('what the client insists on stays wrong however often it is audited', () => {
    const quotations = [{ ...wrongAmount, insist: true }]
    const draft = draftWith({ quotations })
    const revised = draftWith({ quotations, draft, verification_report: reportOn(draft) })
    expect(reportOn(revised).citations).toHaveLength(1)
  })

  test('each section leaves a checkpoint', async () => {
    const call = await callAgent(draftAgent, { topic, outline, ...found })
    expect(call.checkpoints).toHaveLength(outline.sections.length)
    expect(call.progress.at(-1)?.fraction).toBe(1)
  })
})

describe('the audit', () => {
  /** Holds a figure, and stands in one sentence alone. */
  const damagedNumber = 5
  const damaged = (change: (citation: Citation) => Citation) => {
    const draft = draftWith()
    return { ...draft, citations: draft.citations.map((one) => (one.number === damagedNumber ? change(one) : one)) }
  }

  test('finds a figure that was changed', () => {
    const draft = damaged((one) => ({ ...one, quote: one.quote.replace(/\d/, '7') }))
    expect(checkCitations(corpus, draft).map(({ number }) => number)).toContain(damagedNumber)
  })

  test('finds a sentence that has other words than its citation', () => {
    const draft = damaged((one) => ({ ...one, quote: found.quotes[0]?.text ?? '' }))
    expect(checkCitations(corpus, draft)).toContainEqual({
      number: damagedNumber,
      code: 'QUOTE_DIFFERS',
      instead: null,
    })
  })

  test('finds numbers without a citation and citations without a sentence', () => {
    const draft = damaged((one) => ({ ...one, number: 99 }))
    const codes = checkCitations(corpus, draft).map(({ code }) => code)
    expect(codes).toEqual(['NUMBER_UNDEFINED', 'CITATION_UNUSED'])
  })

  test('a quote taken from another source than it names does not stand there', () => {
    const draft = damaged((one) => ({ ...one, sourceId: 'library-hours-2023' }))
    expect(checkCitations(corpus, draft)).toEqual([
      { number: damagedNumber, code: 'QUOTE_NOT_IN_SOURCE', instead: null },
    ])
  })

  test('checks length, sections and words against the style guide', () => {
    const style = { wordsMin: 10_000, wordsMax: 20, sections: ['Costs', 'summary'], forbidden: ['HEAT alert', 'hea'] }
    expect(checkCompliance(draftWith(), style)).toEqual([
      { code: 'TOO_SHORT', about: null },
      { code: 'TOO_LONG', about: null },
      { code: 'SECTION_MISSING', about: 'Costs' },
      { code: 'WORD_FORBIDDEN', about: 'HEAT alert' },
    ])
    expect(forbiddenIn('Heating', ['heat'])).toEqual([])
  })
})

describe('the brief', () => {
  const style = { wordsMax: 300, forbidden: ['sandbag'] }
  const draft = draftWith({ quotations: [wrongAmount] })
  const report = reportOn(draft, style)
  const brief = finalizeBrief({ draft, sources: found.sources, verification_report: report, style_guide: style })

  test('says what the report changed', () => {
    expect(brief.changes[0]).toBe(`Citation ${report.citations[0]?.number} was corrected to the words of its source.`)
    expect(brief.changes.at(-1)).toMatch(/^The text was shortened from \d+ to \d+ words\.$/)
    expect(brief.body).not.toContain('9.9 million')
  })

  test('lists a source for each number in the text, without gaps', () => {
    const numbers = [...brief.body.split('## Sources')[0]!.matchAll(/\[(\d+)\]/g)].map((match) => Number(match[1])) // there is one
    expect([...new Set(numbers)]).toEqual(brief.citations.map(({ number }) => number))
    expect(brief.body.split('## Sources')[1]?.trim().split('\n')).toHaveLength(brief.citations.length)
  })
})

describe('laws', () => {
  const draft = draftWith({ quotations: [wrongAmount] })
  const verification_report = reportOn(draft)
  const laws = [
    ...agentLaws(makeExtractAgent(corpus), [{ topic }, { topic: 'submarine cables' }, { topic, also: ['costs'] }]),
    ...agentLaws(outlineAgent, [
      { topic, ...found },
      { topic, sources: [], quotes: [] },
    ]),
    ...agentLaws(draftAgent, [
      { topic, outline, ...found },
      { topic, outline, ...found, draft, verification_report },
      {
        topic,
        outline: makeOutline({ topic, sources: [], quotes: [], sourcesMin: 0 } as never).outline,
        sources: [],
        quotes: [],
      },
    ]),
    ...agentLaws(makeVerifyAgent(corpus), [{ draft }, { draft, style_guide: { wordsMax: 20 } }]),
    ...agentLaws(finalizeAgent, [{ draft, sources: found.sources, verification_report }]),
  ]
  for (const law of laws) test(`${law.name}`, async () => expect(await law.check()).toBeUndefined())
})
