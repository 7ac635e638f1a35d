import type { Action, WorkflowDefinition } from '@flotilla/engine'
import { briefRetry, draftStep, finalizeStep, outlineStep, searchStep, verifyStep } from './brief-steps.js'

/**
 * The anatomy of a state machine: states with entry actions (log, notify, invoke an agent, deliver an artifact), events,
 * guards, a retry loop with a counter, an escalation to a person, a state of its own for a timeout.
 *
 * - `start` is the submission itself: `pending` judges the topic and needs no further event.
 * - Too few sources are `research_failed`, as is an agent that fails for good; each counts as one retry.
 * - A person at `human_review` can let the brief be written from what there is, give another topic, or end it.
 */

const hasValidTopic = 'size(input.topic) >= 3 && size(input.topic) <= 200'
const hasTopic = 'type(event.values.topic) == string && size(event.values.topic) >= 3'
const researchRoundsMax = 3
const draftRoundsMax = 3
const gateDeadlineMs = 48 * 3_600_000

const tell = (message: string): readonly Action[] => [
  { do: 'log', message },
  { do: 'notify', channel: 'brief-requests', message },
]

/** `brief_workflow` version 1. */
export const briefWorkflow: WorkflowDefinition = {
  name: 'brief_workflow',
  version: 1,
  title: 'Policy brief with retries',
  description: 'Pending, researching, outlining, drafting, verifying, delivering; errors are retried, then escalated.',
  semantics: 1,
  input: 'brief_workflow.input.v1',
  deadlineMs: null,
  checkpoint: 'after',
  retry: briefRetry,
  initial: 'pending',
  states: [
    {
      kind: 'set',
      name: 'pending',
      title: 'Pending',
      weight: 2,
      path: 'happy',
      checkpoint: false,
      entry: [{ do: 'log', message: 'A brief was requested' }],
      assign: [
        { to: 'topic', from: 'input.topic' },
        { to: 'retry_count', from: '0' },
        { to: 'research_rounds', from: '0' },
        { to: 'also', from: '[]' },
      ],
      transitions: [
        { on: 'done', when: hasValidTopic, to: 'researching' },
        { on: 'done', to: 'rejected' },
      ],
    },
    searchStep({
      name: 'researching',
      title: 'Researching',
      weight: 28,
      maxVisits: 12,
      entry: [{ do: 'log', message: 'Research begins' }],
      input: { topic: 'data.topic', constraints: 'input.constraints', also: 'data.also' },
      outcome: 'size(output.sources) >= output.sourcesMin ? "research_complete" : "research_failed"',
      transitions: [
        {
          on: 'research_complete',
          to: 'outlining',
          assign: [
            { to: 'sources', from: 'output.sources' },
            { to: 'quotes', from: 'output.quotes' },
            { to: 'research_rounds', from: '1', reducer: 'sum' },
          ],
        },
        {
          on: 'research_failed',
          to: 'research_error',
          assign: [
            { to: 'sources', from: 'output.sources' },
            { to: 'quotes', from: 'output.quotes' },
          ],
        },
        { on: 'failed', to: 'research_error' },
        { on: 'timeout', to: 'research_timeout' },
      ],
    }),
    {
      kind: 'choice',
      name: 'research_error',
      title: 'Research error',
      path: 'error',
      maxVisits: 12,
      entry: tell('Research failed'),
      transitions: [
        {
          when: 'data.retry_count < 3',
          to: 'researching',
          assign: [{ to: 'retry_count', from: '1', reducer: 'sum' }],
          actions: [{ do: 'log', message: 'retry' }],
        },
        { to: 'human_review', actions: [{ do: 'log', message: 'escalate' }] },
      ],
    },
    {
      kind: 'set',
      name: 'research_timeout',
      title: 'Research timed out',
      path: 'error',
      entry: tell('Research took too long; resume the run to go on from its last checkpoint'),
      assign: [{ to: 'timed_out', from: 'true' }],
      transitions: [{ on: 'done', to: 'timed_out' }],
    },
    outlineStep({
      name: 'outlining',
      title: 'Outlining',
      weight: 10,
      maxVisits: 12,
      input: { topic: 'data.topic', sources: 'data.sources', quotes: 'data.quotes', template: 'input.template' },
      outcome: 'output.complete ? "outline_complete" : "needs_more_research"',
      transitions: [
        { on: 'outline_complete', to: 'drafting', assign: [{ to: 'outline', from: 'output.outline' }] },
        {
          on: 'needs_more_research',
          when: `data.research_rounds < ${researchRoundsMax}`,
          to: 'researching',
          assign: [{ to: 'also', from: 'output.missing' }],
        },
        { on: 'needs_more_research', to: 'human_review', assign: [{ to: 'outline', from: 'output.outline' }] },
        { on: 'failed', to: 'human_review' },
      ],
    }),
    draftStep({
      name: 'drafting',
      title: 'Drafting',
      weight: 25,
      maxVisits: draftRoundsMax * 2,
      transitions: [
        {
          on: 'done',
          to: 'verifying',
          assign: [
            { to: 'draft', from: 'output.draft' },
            { to: 'draft_rounds', from: '1', reducer: 'sum' },
          ],
        },
        { on: 'failed', to: 'human_review' },
      ],
    }),
    verifyStep({
      name: 'verifying',
      title: 'Verifying',
      weight: 15,
      maxVisits: draftRoundsMax * 2,
      outcome: 'output.verification_report.passed ? "verified" : "citations_failed"',
      transitions: [
        {
          on: 'verified',
          to: 'delivering',
          assign: [{ to: 'verification_report', from: 'output.verification_report' }],
        },
        {
          on: 'citations_failed',
          when: `data.draft_rounds < ${draftRoundsMax}`,
          to: 'drafting',
          assign: [{ to: 'verification_report', from: 'output.verification_report' }],
        },
        {
          on: 'citations_failed',
          to: 'delivering',
          assign: [{ to: 'verification_report', from: 'output.verification_report' }],
        },
        { on: 'failed', to: 'human_review' },
      ],
    }),
    {
      kind: 'human',
      name: 'human_review',
      title: 'Human review',
      path: 'edge',
      maxVisits: 4,
      entry: tell('A person has to look at a brief'),
      shows: {
        topic: 'data.topic',
        sources: 'data.sources',
        outline: 'data.outline',
        retry_count: 'data.retry_count',
        proposed_action: '"write the brief from what was found"',
      },
      deadlineMs: gateDeadlineMs,
      transitions: [
        { on: 'approve', when: 'size(data.quotes) > 0', to: 'planning' },
        { on: 'reject', to: 'rejected' },
        {
          on: 'adjust',
          when: hasTopic,
          to: 'researching',
          assign: [
            { to: 'topic', from: 'event.values.topic' },
            { to: 'retry_count', from: '0' },
            { to: 'research_rounds', from: '0' },
            { to: 'also', from: '[]' },
          ],
        },
        { on: 'timeout', to: 'abandoned' },
      ],
    },
    outlineStep({
      name: 'planning',
      title: 'Planning with what there is',
      path: 'edge',
      maxVisits: 4,
      input: { topic: 'data.topic', sources: 'data.sources', quotes: 'data.quotes' },
      transitions: [{ on: 'done', to: 'drafting', assign: [{ to: 'outline', from: 'output.outline' }] }],
    }),
    finalizeStep({
      name: 'delivering',
      title: 'Delivering',
      weight: 20,
      artifacts: [
        { name: 'brief', type: 'policy-brief', mediaType: 'text/markdown', content: 'output.final_brief.body' },
      ],
      exit: [{ do: 'notify', channel: 'brief-requests', message: 'The brief is delivered' }],
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
        outcome: '"completed"',
        final_brief: 'data.final_brief',
        verification_report: 'data.verification_report',
        artifactId: 'data.briefArtifactId',
        retry_count: 'data.retry_count',
      },
    },
    {
      kind: 'end',
      name: 'rejected',
      title: 'Rejected',
      path: 'error',
      status: 'completed',
      result: { outcome: '"rejected"', final_brief: 'null', retry_count: 'data.retry_count' },
    },
    {
      kind: 'end',
      name: 'timed_out',
      title: 'Timed out',
      path: 'error',
      status: 'failed',
      error: { code: 'RESEARCH_TIMEOUT', message: 'nobody finished the research in time' },
    },
    {
      kind: 'end',
      name: 'abandoned',
      title: 'Abandoned',
      path: 'error',
      status: 'failed',
      error: { code: 'REVIEW_TIMEOUT', message: 'nobody reviewed the brief within 48 hours' },
    },
  ],
}
