import type { WorkflowDefinition } from '@flotilla/engine'
import { briefRetry, draftStep, finalizeStep, outlineStep, verifyStep } from './brief-steps.js'

/**
 * `drafting_phase` version 1: writes a brief from sources that were found before. A `research_phase` that completes starts
 * it, with `sources` from `previous.outputs.sources`; one that fails does not.
 */
export const draftingPhase: WorkflowDefinition = {
  name: 'drafting_phase',
  version: 1,
  title: 'Drafting phase',
  description: 'Writes, audits and finishes a brief from the sources of a research phase.',
  semantics: 1,
  input: 'drafting_phase.input.v1',
  deadlineMs: 30 * 60_000,
  checkpoint: 'after',
  retry: briefRetry,
  triggers: [
    {
      kind: 'completion',
      name: 'after_research',
      workflow: 'research_phase',
      status: 'completed',
      input: {
        topic: 'previous.input.topic',
        template: 'previous.input.template',
        style_guide: 'previous.input.style_guide',
        quotations: 'previous.input.quotations',
        sources: 'previous.outputs.sources',
        quotes: 'previous.outputs.quotes',
        researchRunId: 'previous.runId',
      },
    },
  ],
  initial: 'outline',
  states: [
    outlineStep({
      weight: 15,
      input: { topic: 'input.topic', sources: 'input.sources', quotes: 'input.quotes', template: 'input.template' },
      transitions: [{ on: 'done', to: 'draft', assign: [{ to: 'outline', from: 'output.outline' }] }],
    }),
    draftStep({
      weight: 40,
      input: {
        topic: 'input.topic',
        outline: 'data.outline',
        sources: 'input.sources',
        quotes: 'input.quotes',
        style_guide: 'input.style_guide',
        quotations: 'input.quotations',
      },
      transitions: [{ on: 'done', to: 'verify', assign: [{ to: 'draft', from: 'output.draft' }] }],
    }),
    verifyStep({
      weight: 25,
      transitions: [
        { on: 'done', to: 'finalize', assign: [{ to: 'verification_report', from: 'output.verification_report' }] },
      ],
    }),
    finalizeStep({
      weight: 20,
      input: {
        draft: 'data.draft',
        sources: 'input.sources',
        verification_report: 'data.verification_report',
        style_guide: 'input.style_guide',
      },
      artifacts: [
        { name: 'brief', type: 'policy-brief', mediaType: 'text/markdown', content: 'output.final_brief.body' },
      ],
      transitions: [{ on: 'done', to: 'drafted', assign: [{ to: 'final_brief', from: 'output.final_brief' }] }],
    }),
    {
      kind: 'end',
      name: 'drafted',
      title: 'Drafted',
      status: 'completed',
      result: {
        final_brief: 'data.final_brief',
        verification_report: 'data.verification_report',
        researchRunId: 'input.researchRunId',
        artifactId: 'artifacts.brief.id',
      },
    },
  ],
}
