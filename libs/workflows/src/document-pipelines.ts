import type { AgentState, Mapping, RetryPolicy, WorkflowDefinition } from '@flotilla/engine'

/**
 * Documents are read, enriched from outside and summarised, one stage after the other.
 *
 * - A checkpoint after every stage: where one fails for good, the run fails with what the stages before it gave, and a resume
 *   goes on from there. No stage that was done is carried out again.
 * - Enriching is attempted five times, after pauses of 1, 2, 4, ... s up to 60 s: the factor of the exponential backoff is
 *   1 s, as the demand's "multiplier 1" has it in the retry libraries that use the word. The agent's circuit breaker
 *   asks for a longer pause while the service is down, and the attempt after it is the probe.
 */

const minuteMs = 60 * 1_000

const enrichRetry: RetryPolicy = {
  attempts: 5,
  backoff: { delayMs: 1_000, multiplier: 2, maxMs: 60_000, jitter: 0 },
  dispatches: 3,
}

interface Stage {
  readonly name: string
  readonly title: string
  readonly agent: string
  readonly weight: number
  readonly input: Mapping
  readonly next: string
  readonly rest?: Partial<AgentState>
}

const stage = ({ name, title, agent, weight, input, next, rest }: Stage): AgentState => ({
  kind: 'agent',
  name,
  title,
  weight,
  path: 'happy',
  agent: `documents.${agent}`,
  input,
  inputContract: `documents.${agent}.input.v1`,
  outputContract: `documents.${agent}.output.v1`,
  deadlineMs: 5 * minuteMs,
  entry: [{ do: 'log', message: `${name} begins` }],
  exit: [{ do: 'log', message: `${name} is done` }],
  transitions: [{ on: 'done', to: next, assign: [{ to: name, from: 'output' }] }],
  ...rest,
})

const ingest = (next: string, weight: number): AgentState =>
  stage({
    name: 'ingest',
    title: 'Ingest',
    agent: 'ingest',
    weight,
    input: { documentId: 'input.documentId', text: 'input.text', drillFailures: 'input.drillFailures' },
    next,
  })

const enrich = (terms: string, weight: number): AgentState =>
  stage({
    name: 'enrich',
    title: 'Enrich',
    agent: 'enrich',
    weight,
    input: { documentId: 'input.documentId', terms, drillFailures: 'input.drillFailures' },
    next: 'summarize',
    rest: { retry: enrichRetry },
  })

const summarize = (entities: string, weight: number): AgentState =>
  stage({
    name: 'summarize',
    title: 'Summarize',
    agent: 'summarize',
    weight,
    input: { document: 'data.ingest', enrichments: 'data.enrich.enrichments', entities },
    next: 'summarized',
    rest: {
      artifacts: [{ name: 'summary', type: 'document-summary', mediaType: 'text/markdown', content: 'output.summary' }],
    },
  })

const pipeline = (
  told: Pick<WorkflowDefinition, 'name' | 'title' | 'description'> & { readonly stages: readonly AgentState[] },
  result: Mapping,
): WorkflowDefinition => {
  const { stages, ...rest } = told
  return {
    ...rest,
    version: 1,
    semantics: 1,
    input: 'documents.ingest.input.v1',
    deadlineMs: null,
    checkpoint: 'after',
    retry: { attempts: 3, backoff: { delayMs: 500, multiplier: 2, maxMs: 60_000, jitter: 0.2 }, dispatches: 3 },
    initial: 'ingest',
    states: [
      ...stages,
      {
        kind: 'end',
        name: 'summarized',
        title: 'Summarized',
        status: 'completed',
        path: 'happy',
        result: {
          documentId: 'input.documentId',
          sha256: 'data.ingest.sha256',
          summary: 'data.summarize.summary',
          enrichments: 'size(data.enrich.enrichments)',
          unknown: 'data.enrich.unknown',
          summaryArtifactId: 'artifacts.summary.id',
          ...result,
        },
      },
    ],
  }
}

/** `document_pipeline` version 1: ingest, enrich, summarize. */
export const documentPipeline: WorkflowDefinition = pipeline(
  {
    name: 'document_pipeline',
    title: 'Document pipeline',
    description: 'Reads a document, enriches it from a reference service and summarises it.',
    stages: [ingest('enrich', 30), enrich('data.ingest.terms', 40), summarize('null', 30)],
  },
  {},
)

/** `entity_pipeline` version 1: ingest, extract entities, enrich them, summarize. */
export const entityPipeline: WorkflowDefinition = pipeline(
  {
    name: 'entity_pipeline',
    title: 'Document pipeline with entities',
    description:
      'Reads a document, extracts its key entities, enriches them from a reference service and summarises it.',
    stages: [
      ingest('extract', 20),
      stage({
        name: 'extract',
        title: 'Extract entities',
        agent: 'extract',
        weight: 20,
        input: { document: 'data.ingest' },
        next: 'enrich',
      }),
      enrich('data.extract.entities.map(entity, entity.text) + data.ingest.terms', 40),
      summarize('data.extract.entities', 20),
    ],
  },
  { entities: 'data.extract.entities' },
)

/** The workflows of agent-documents. */
export const documentWorkflows: readonly WorkflowDefinition[] = [documentPipeline, entityPipeline]
