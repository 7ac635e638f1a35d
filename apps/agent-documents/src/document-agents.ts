import { defineAgent, type Agent, type CircuitBreaker } from '@flotilla/agent-sdk'
import {
  DocumentRequest,
  EnrichInput,
  EnrichOutput,
  ExtractEntitiesInput,
  ExtractEntitiesOutput,
  IngestedDocument,
  SummarizeInput,
  SummarizeOutput,
} from '@flotilla/contracts'
import { extractEntities } from './extract-entities.js'
import { ingestDocument } from './ingest-document.js'
import type { ReferenceService } from './reference-service.js'
import { summarizeDocument } from './summarize-document.js'

const ingestAgent = defineAgent('documents.ingest', {
  input: DocumentRequest,
  output: IngestedDocument,
  run: async (input, { progress, tool }) => {
    const output = await tool('read-document', () => ingestDocument(input))
    progress(1, 'Document read')
    return output
  },
})

const extractAgent = defineAgent('documents.extract', {
  input: ExtractEntitiesInput,
  output: ExtractEntitiesOutput,
  run: async ({ document }, { progress, tool }) => {
    const entities = await tool('entity-patterns', () => extractEntities(document))
    progress(1, 'Entities extracted')
    return { entities: [...entities] }
  },
})

/** Asks the reference service, which the breaker spares while it is down. */
const makeEnrichAgent = (service: ReferenceService, breaker: CircuitBreaker): Agent<EnrichInput, EnrichOutput> =>
  defineAgent('documents.enrich', {
    input: EnrichInput,
    output: EnrichOutput,
    run: async ({ documentId, terms, drillFailures }, { progress, tool, log }) => {
      const call = (signal: AbortSignal) =>
        breaker.call(() => service.lookUp(terms, { documentId, drillFailures: drillFailures ?? 0, signal }))
      const before = breaker.state()
      try {
        const enrichments = await tool('reference-service', call)
        progress(1, 'Document enriched')
        const known = new Set(enrichments.map(({ term }) => term))
        return { enrichments: [...enrichments], unknown: terms.filter((term) => !known.has(term)) }
      } finally {
        if (breaker.state() !== before)
          log.warn({ was: before, is: breaker.state() }, 'circuit of the reference service')
      }
    },
  })

const summarizeAgent = defineAgent('documents.summarize', {
  input: SummarizeInput,
  output: SummarizeOutput,
  run: async (input, { progress, tool }) => {
    const output = await tool('extractive-summary', () => summarizeDocument(input))
    progress(1, 'Document summarised')
    return output
  },
})

/** Every agent of this app; they share one circuit breaker for the reference service. */
export const makeDocumentAgents = (service: ReferenceService, breaker: CircuitBreaker): readonly Agent[] => [
  ingestAgent,
  extractAgent,
  makeEnrichAgent(service, breaker),
  summarizeAgent,
]
