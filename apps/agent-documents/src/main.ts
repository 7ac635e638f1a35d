import { integer, makeCircuitBreaker, runAgentApp } from '@flotilla/agent-sdk'
import { makeDocumentAgents } from './document-agents.js'
import { makeReferenceBook } from './reference-service.js'

await runAgentApp({
  name: 'agent-documents',
  env: process.env,
  settings: {
    REFERENCE_BREAKER_FAILURES: integer({ min: 1, max: 1_000, default: 3 }),
    REFERENCE_BREAKER_RESET_MS: integer({ min: 10, max: 3_600_000, default: 60_000 }),
  },
  agents: (config) =>
    makeDocumentAgents(
      makeReferenceBook(),
      makeCircuitBreaker({
        threshold: config.REFERENCE_BREAKER_FAILURES,
        resetMs: config.REFERENCE_BREAKER_RESET_MS,
      }),
    ),
  queues: { 'agent.documents': { concurrency: 8 } },
})
