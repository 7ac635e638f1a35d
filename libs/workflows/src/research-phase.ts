import type { WorkflowDefinition } from '@flotilla/engine'
import { briefRetry, searchStep } from './brief-steps.js'

/** `research_phase` version 1: the first of two workflows; `drafting_phase` begins where it ends well. */
export const researchPhase: WorkflowDefinition = {
  name: 'research_phase',
  version: 1,
  title: 'Research phase',
  description: 'Finds sources and quotes on a topic; its end starts the drafting phase.',
  semantics: 1,
  input: 'policy_brief_v1.input.v1',
  deadlineMs: 30 * 60_000,
  checkpoint: 'after',
  retry: briefRetry,
  initial: 'research',
  states: [
    searchStep({
      weight: 100,
      outcome: 'size(output.sources) >= output.sourcesMin ? "sources_gathered" : "insufficient_sources"',
      artifacts: [{ name: 'sources', type: 'sources', mediaType: 'application/json', content: 'output' }],
      transitions: [
        {
          on: 'sources_gathered',
          to: 'gathered',
          assign: [
            { to: 'sources', from: 'output.sources' },
            { to: 'quotes', from: 'output.quotes' },
          ],
        },
        { on: 'insufficient_sources', to: 'insufficient' },
      ],
    }),
    {
      kind: 'end',
      name: 'gathered',
      title: 'Gathered',
      status: 'completed',
      result: { sources: 'data.sources', quotes: 'data.quotes' },
    },
    {
      kind: 'end',
      name: 'insufficient',
      title: 'Too few sources',
      path: 'error',
      status: 'failed',
      error: { code: 'INSUFFICIENT_SOURCES', message: 'fewer sources were found than were asked for' },
    },
  ],
}
