import { makeCircuitBreaker } from '@flotilla/agent-sdk'
import { agentLaws, callAgent } from '@flotilla/agent-sdk/testing'
import { RetryableError, TerminalError, type Enrichment } from '@flotilla/contracts'
import { describe, expect, test } from 'vitest'
import { makeDocumentAgents } from './document-agents.js'
import { extractEntities } from './extract-entities.js'
import { ingestDocument } from './ingest-document.js'
import { makeReferenceBook, type ReferenceService } from './reference-service.js'
import { summarizeDocument } from './summarize-document.js'

const text = `# Electric ferries

The Harbour Authority wants electric ferries by 1 May 2028. A ferry of the harbour line makes noise at the quay. The Northern
Ferry Company asks for 3.5 million crowns. Electric ferries make less noise.

Westmark Council votes in May 2027. The Harbour Authority pays 40 % of the cost.`
const request = { documentId: 'D-1', text }
const document = ingestDocument(request)
const terms = ['Harbour Authority', 'ferry', 'zeppelin']

const agentsOn = (service: ReferenceService = makeReferenceBook(), now: () => number = () => 0) =>
  makeDocumentAgents(service, makeCircuitBreaker({ threshold: 3, resetMs: 60_000, now }))
const agentNamed = (name: string, agents = agentsOn()) => {
  const found = agents.find((agent) => agent.name === name)
  if (!found) throw new Error(`no agent ${name}`)
  return found
}

describe('every agent of this app', () => {
  const inputs: Readonly<Record<string, object>> = {
    'documents.ingest': request,
    'documents.extract': { document },
    'documents.enrich': { documentId: 'D-1', terms },
    'documents.summarize': { document, enrichments: [], entities: [] },
  }
  for (const agent of agentsOn())
    for (const law of agentLaws(agent, [inputs[agent.name]]))
      test(`law: ${law.name}`, () => expect(law.check()).resolves.toBeUndefined())
})

describe('the stages', () => {
  test('a document is read into sentences; figures end none', () => {
    expect(document).toMatchObject({ title: 'Electric ferries', documentId: 'D-1' })
    expect(document.sentences).toHaveLength(6)
    expect(document.sentences[2]).toBe('The Northern Ferry Company asks for 3.5 million crowns.')
    expect(document.terms[0]).toBe('harbour')
    expect(() => ingestDocument({ documentId: 'D-2', text: '# Only a heading\n' })).toThrow(TerminalError)
  })

  test('names, dates, amounts and shares are found, most mentioned first', () => {
    const entities = extractEntities(document)
    expect(entities[0]).toEqual({ kind: 'name', text: 'Harbour Authority', mentions: 2 })
    expect(entities.map(({ kind, text: what }) => `${kind} ${what}`)).toEqual(
      expect.arrayContaining([
        'date 1 May 2028',
        'date May 2027',
        'amount 3.5 million crowns',
        'share 40 %',
        'name Northern Ferry Company',
        'name Westmark Council',
      ]),
    )
  })

  test('the summary consists of sentences of the document in their order, with the source of what was added', () => {
    const enrichments: Enrichment[] = [{ term: 'ferry', fact: 'A ferry carries 90 cars.', source: 'book' }]
    const { summary, sentenceIndexes } = summarizeDocument({ document, enrichments })
    expect(sentenceIndexes).toHaveLength(3)
    expect(sentenceIndexes).toEqual([...sentenceIndexes].sort((a, b) => a - b))
    for (const index of sentenceIndexes) expect(summary).toContain(document.sentences[index])
    expect(summary).toContain('- A ferry carries 90 cars. (book)')
  })
})

describe('the reference service', () => {
  const enrich = (agents: ReturnType<typeof agentsOn>, drillFailures: number) =>
    callAgent(agentNamed('documents.enrich', agents), { documentId: 'D-1', terms, drillFailures }).then(
      ({ output }) => output,
      (error: unknown) => (error instanceof RetryableError ? error.code : 'bug'),
    )

  test('knows some terms and says which it does not', async () => {
    expect(await enrich(agentsOn(), 0)).toMatchObject({
      enrichments: [{ term: 'Harbour Authority' }, { term: 'ferry' }],
      unknown: ['zeppelin'],
    })
  })

  test('is not called any more after three errors in a row, and is used again once it has recovered', async () => {
    let now = 0
    let calls = 0
    const book = makeReferenceBook()
    const counted: ReferenceService = {
      lookUp: (...given) => {
        calls += 1
        return book.lookUp(...given)
      },
    }
    const agents = agentsOn(counted, () => now)
    const answers: unknown[] = []
    for (let n = 0; n < 5; n += 1) answers.push(await enrich(agents, 3))
    expect(answers).toEqual([
      'REFERENCE_SERVICE_DOWN',
      'REFERENCE_SERVICE_DOWN',
      'REFERENCE_SERVICE_DOWN',
      'CIRCUIT_OPEN',
      'CIRCUIT_OPEN',
    ])
    expect(calls).toBe(3)
    now = 60_000
    expect(await enrich(agents, 3)).toMatchObject({ unknown: ['zeppelin'] })
  })
})
