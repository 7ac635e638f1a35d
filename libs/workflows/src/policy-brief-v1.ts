import type { WorkflowDefinition } from '@flotilla/engine'
import { briefRetry, draftStep, finalizeStep, outlineStep, searchStep, verifyStep } from './brief-steps.js'

/**
 * A locked workflow: five steps, always these and always in this order; nothing chooses, nothing goes back. What the audit
 * finds wrong is repaired by the last step. A step that fails fails the run; a resume repeats that step alone.
 *
 * Each artifact is one link of the chain sources, outline, draft, verification report, brief.
 */

/** `policy_brief_v1` version 1. */
export const policyBriefV1: WorkflowDefinition = {
  name: 'policy_brief_v1',
  version: 1,
  title: 'Policy brief, locked',
  description: 'Research, outline, draft, verify, finalize: a topic goes in, a brief with audited citations comes out.',
  semantics: 1,
  input: 'policy_brief_v1.input.v1',
  deadlineMs: 30 * 60_000,
  checkpoint: 'after',
  retry: briefRetry,
  initial: 'research',
  states: [
    searchStep({
      weight: 25,
      artifacts: [{ name: 'sources', type: 'sources', mediaType: 'application/json', content: 'output' }],
      transitions: [
        {
          on: 'done',
          to: 'outline',
          assign: [
            { to: 'sources', from: 'output.sources' },
            { to: 'quotes', from: 'output.quotes' },
          ],
        },
      ],
    }),
    outlineStep({
      weight: 10,
      artifacts: [{ name: 'outline', type: 'outline', mediaType: 'application/json', content: 'output.outline' }],
      transitions: [{ on: 'done', to: 'draft', assign: [{ to: 'outline', from: 'output.outline' }] }],
    }),
    draftStep({
      weight: 30,
      artifacts: [{ name: 'draft', type: 'draft', mediaType: 'application/json', content: 'output.draft' }],
      transitions: [{ on: 'done', to: 'verify', assign: [{ to: 'draft', from: 'output.draft' }] }],
    }),
    verifyStep({
      weight: 20,
      artifacts: [
        {
          name: 'verification',
          type: 'verification-report',
          mediaType: 'application/json',
          content: 'output.verification_report',
        },
      ],
      transitions: [
        {
          on: 'done',
          to: 'finalize',
          assign: [{ to: 'verification_report', from: 'output.verification_report' }],
        },
      ],
    }),
    finalizeStep({
      weight: 15,
      artifacts: [
        { name: 'brief', type: 'policy-brief', mediaType: 'text/markdown', content: 'output.final_brief.body' },
      ],
      transitions: [
        {
          on: 'done',
          to: 'completed',
          assign: [
            { to: 'final_brief', from: 'output.final_brief' },
            { to: 'briefArtifactId', from: 'artifacts.brief.id' },
          ],
        },
      ],
    }),
    {
      kind: 'end',
      name: 'completed',
      title: 'Completed',
      status: 'completed',
      result: {
        final_brief: 'data.final_brief',
        verification_report: 'data.verification_report',
        sources: 'data.sources',
        artifactId: 'data.briefArtifactId',
      },
    },
  ],
}
