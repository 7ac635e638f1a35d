import type { Action, Assignment, StateDefinition, SubWorkflowState, WorkflowDefinition } from '@flotilla/engine'
import { briefRetry, draftStep, finalizeStep, outlineStep, verifyStep } from './brief-steps.js'

/**
 * The case of a policy change: a brief is requested, researched by a supervisor and its workers, drafted, verified,
 * delivered. Its states, events and guards are those of the table in docs/workflows/brief_state_machine.md.
 *
 * - `researching` and `drafting` hold substates; what they come to is the `event` of their result.
 * - A worker reads one source, so that a checkpoint every five sources is one every five items.
 * - `citations_failed` stands twice, with guards that complete each other: three revisions, then a person.
 */

const researchDeadlineMs = 10 * 60_000
const agentDeadlineMs = 60_000
const gateDeadlineMs = 48 * 3_600_000
const revisionsMax = 3
const researchRoundsMax = 3
const visitsMax = 16

const hasTopic = 'type(event.values.topic) == string && size(event.values.topic) >= 3'

const tell = (message: string): readonly Action[] => [
  { do: 'log', message },
  { do: 'notify', channel: 'brief-requests', message },
]

const withSources: readonly Assignment[] = [
  { to: 'sources', from: 'output.sources' },
  { to: 'quotes', from: 'output.quotes' },
  { to: 'research_rounds', from: '1', reducer: 'sum' },
]

const anotherTopic: readonly Assignment[] = [
  { to: 'topic', from: 'event.values.topic' },
  { to: 'also', from: '[]' },
  { to: 'research_rounds', from: '0' },
  { to: 'verification_report', from: 'null' },
]

const worker: StateDefinition = {
  kind: 'agent',
  name: 'worker',
  title: 'Worker',
  agent: 'research.work',
  input: { task: 'input.item' },
  inputContract: 'research.work.input.v1',
  outputContract: 'research.work.output.v1',
  deadlineMs: agentDeadlineMs,
  transitions: [{ on: 'done', to: 'read', assign: [{ to: 'found', from: 'output' }] }],
}

/** A supervisor plans, workers read side by side, the supervisor looks at what they brought. */
const researching: SubWorkflowState = {
  kind: 'workflow',
  name: 'researching',
  title: 'Researching',
  weight: 38,
  path: 'happy',
  maxVisits: visitsMax,
  checkpoint: { every: 5, of: 'steps["researching.workers"].items.done' },
  entry: [{ do: 'log', message: 'Research begins' }],
  workflow: 'supervised-research',
  version: 1,
  input: { topic: 'data.topic', constraints: 'input.constraints', also: 'data.also' },
  body: {
    deadlineMs: researchDeadlineMs,
    initial: 'plan',
    states: [
      {
        kind: 'agent',
        name: 'plan',
        title: 'Supervisor plans',
        weight: 1,
        agent: 'research.plan',
        input: { topic: 'input.topic', constraints: 'input.constraints', also: 'input.also' },
        inputContract: 'research.plan.input.v1',
        outputContract: 'research.plan.output.v1',
        deadlineMs: agentDeadlineMs,
        transitions: [{ on: 'done', to: 'workers', assign: [{ to: 'plan', from: 'output' }] }],
      },
      {
        kind: 'map',
        name: 'workers',
        title: 'Workers',
        weight: 8,
        items: 'data.plan.tasks',
        concurrency: 4,
        itemsMax: 20,
        onItemFailure: 'best-effort',
        initial: 'worker',
        states: [worker, { kind: 'end', name: 'read', status: 'completed', result: { found: 'data.found' } }],
        transitions: [{ on: 'done', to: 'review', assign: [{ to: 'brought', from: 'output' }] }],
      },
      {
        kind: 'agent',
        name: 'review',
        title: 'Supervisor reviews',
        weight: 1,
        agent: 'research.gather',
        input: {
          found: 'data.brought.filter(one, one != null).map(one, one.found)',
          sourcesMin: 'data.plan.sourcesMin',
        },
        inputContract: 'research.gather.input.v1',
        outputContract: 'research.gather.output.v1',
        deadlineMs: agentDeadlineMs,
        transitions: [{ on: 'done', to: 'reviewed', assign: [{ to: 'gathered', from: 'output' }] }],
      },
      {
        kind: 'end',
        name: 'reviewed',
        status: 'completed',
        result: {
          event: 'data.gathered.enough ? "sources_gathered" : "insufficient_sources"',
          sources: 'data.gathered.sources',
          quotes: 'data.gathered.quotes',
        },
      },
    ],
  },
  transitions: [
    { on: 'done', when: 'output.event == "sources_gathered"', to: 'drafting', assign: withSources },
    { on: 'done', to: 'human_input_needed', assign: withSources },
    { on: 'timeout', to: 'research_timeout' },
  ],
}

const draftingInput = {
  topic: 'input.topic',
  template: 'input.template',
  style_guide: 'input.style_guide',
  quotations: 'input.quotations',
  sources: 'input.sources',
  quotes: 'input.quotes',
}

/** Outline, sections, and the text as it would be delivered; a revision begins at the sections. */
const drafting: SubWorkflowState = {
  kind: 'workflow',
  name: 'drafting',
  title: 'Drafting',
  weight: 35,
  path: 'happy',
  maxVisits: visitsMax,
  workflow: 'brief-drafting',
  version: 1,
  input: {
    topic: 'data.topic',
    template: 'input.template',
    style_guide: 'input.style_guide',
    quotations: 'input.quotations',
    sources: 'data.sources',
    quotes: 'data.quotes',
    outline: 'data.outline',
    draft: 'data.draft',
    verification_report: 'data.verification_report',
  },
  body: {
    initial: 'begin',
    states: [
      {
        kind: 'choice',
        name: 'begin',
        title: 'Revision?',
        transitions: [
          {
            when: 'input.verification_report != null && input.outline != null',
            to: 'sections',
            assign: [
              { to: 'outline', from: 'input.outline' },
              { to: 'missing', from: '[]' },
            ],
          },
          { to: 'outlining' },
        ],
      },
      outlineStep({
        name: 'outlining',
        title: 'Outline',
        weight: 1,
        input: {
          topic: draftingInput.topic,
          sources: draftingInput.sources,
          quotes: draftingInput.quotes,
          template: draftingInput.template,
        },
        transitions: [
          {
            on: 'done',
            to: 'sections',
            assign: [
              { to: 'outline', from: 'output.outline' },
              { to: 'missing', from: 'output.missing' },
            ],
          },
        ],
      }),
      draftStep({
        name: 'sections',
        title: 'Sections',
        weight: 3,
        // A checkpoint per section is the agent's own.
        input: {
          topic: draftingInput.topic,
          outline: 'data.outline',
          sources: draftingInput.sources,
          quotes: draftingInput.quotes,
          style_guide: draftingInput.style_guide,
          quotations: draftingInput.quotations,
          draft: 'input.draft',
          verification_report: 'input.verification_report',
        },
        transitions: [{ on: 'done', to: 'setting', assign: [{ to: 'draft', from: 'output.draft' }] }],
      }),
      finalizeStep({
        name: 'setting',
        title: 'Setting',
        weight: 1,
        input: {
          draft: 'data.draft',
          sources: draftingInput.sources,
          // Nothing is changed here: what is verified is what is delivered.
          verification_report: '{"passed": true, "citationsChecked": 0, "citations": [], "compliance": [], "words": 0}',
        },
        transitions: [{ on: 'done', to: 'drafted', assign: [{ to: 'final_brief', from: 'output.final_brief' }] }],
      }),
      {
        kind: 'end',
        name: 'drafted',
        status: 'completed',
        result: {
          event: 'size(data.missing) == 0 ? "draft_complete" : "needs_more_research"',
          missing: 'data.missing',
          outline: 'data.outline',
          draft: 'data.draft',
          final_brief: 'data.final_brief',
        },
      },
    ],
  },
  transitions: [
    {
      on: 'done',
      when: 'output.event == "draft_complete"',
      to: 'verifying',
      assign: [
        { to: 'outline', from: 'output.outline' },
        { to: 'draft', from: 'output.draft' },
        { to: 'final_brief', from: 'output.final_brief' },
      ],
    },
    {
      on: 'done',
      when: `data.research_rounds < ${researchRoundsMax}`,
      to: 'researching',
      assign: [
        { to: 'also', from: 'output.missing' },
        { to: 'draft', from: 'output.draft' },
        { to: 'verification_report', from: 'null' },
      ],
    },
    {
      on: 'done',
      to: 'human_review',
      assign: [
        { to: 'outline', from: 'output.outline' },
        { to: 'draft', from: 'output.draft' },
        { to: 'final_brief', from: 'output.final_brief' },
      ],
    },
  ],
}

const verifying: StateDefinition = verifyStep({
  name: 'verifying',
  title: 'Verifying',
  weight: 25,
  maxVisits: visitsMax,
  checkpoint: false,
  outcome: 'output.verification_report.passed ? "passed" : "citations_failed"',
  transitions: [
    { on: 'passed', to: 'completed', assign: [{ to: 'verification_report', from: 'output.verification_report' }] },
    {
      on: 'citations_failed',
      when: `data.revision_count < ${revisionsMax}`,
      to: 'drafting',
      assign: [
        { to: 'verification_report', from: 'output.verification_report' },
        { to: 'revision_count', from: '1', reducer: 'sum' },
      ],
    },
    {
      on: 'citations_failed',
      when: `data.revision_count >= ${revisionsMax}`,
      to: 'human_review',
      assign: [{ to: 'verification_report', from: 'output.verification_report' }],
    },
  ],
})

/** `brief_state_machine` version 1. */
export const briefStateMachine: WorkflowDefinition = {
  name: 'brief_state_machine',
  version: 1,
  title: 'Brief on a policy change',
  description: 'Requested, researching, drafting, verifying, completed; people where sources or citations do not do.',
  semantics: 1,
  input: 'brief_state_machine.input.v1',
  deadlineMs: null,
  checkpoint: false,
  retry: briefRetry,
  initial: 'requested',
  states: [
    {
      kind: 'set',
      name: 'requested',
      title: 'Requested',
      weight: 2,
      path: 'happy',
      checkpoint: 'after',
      entry: [{ do: 'log', message: 'A brief was requested' }],
      assign: [
        { to: 'topic', from: 'input.topic' },
        { to: 'also', from: '[]' },
        { to: 'revision_count', from: '0' },
        { to: 'research_rounds', from: '0' },
      ],
      transitions: [
        { on: 'done', when: 'size(input.topic) >= 3 && size(input.topic) <= 200', to: 'researching' },
        { on: 'done', to: 'rejected' },
      ],
    },
    researching,
    drafting,
    verifying,
    {
      kind: 'set',
      name: 'research_timeout',
      title: 'Research timed out',
      path: 'error',
      entry: tell('Research took longer than ten minutes; resume the run from a checkpoint to go on'),
      assign: [{ to: 'timed_out', from: 'true' }],
      transitions: [{ on: 'done', to: 'timed_out' }],
    },
    {
      kind: 'human',
      name: 'human_input_needed',
      title: 'Human input needed',
      path: 'edge',
      maxVisits: visitsMax,
      entry: tell('Too few sources were found; a person has to say how to go on'),
      shows: { topic: 'data.topic', sources: 'data.sources', proposed_action: '"write from these sources"' },
      deadlineMs: gateDeadlineMs,
      transitions: [
        { on: 'approve', when: 'size(data.quotes) > 0', to: 'drafting' },
        { on: 'adjust', when: hasTopic, to: 'researching', assign: anotherTopic },
        { on: 'reject', to: 'rejected' },
        { on: 'timeout', to: 'abandoned' },
      ],
    },
    {
      kind: 'human',
      name: 'human_review',
      title: 'Human review',
      path: 'edge',
      maxVisits: visitsMax,
      entry: tell('A brief could not be verified; a person has to review it'),
      shows: {
        topic: 'data.topic',
        verification_report: 'data.verification_report',
        final_brief: 'data.final_brief',
        revision_count: 'data.revision_count',
        proposed_action: '"deliver the brief as it is"',
      },
      deadlineMs: gateDeadlineMs,
      transitions: [
        { on: 'approve', to: 'completed', assign: [{ to: 'reviewedBy', from: 'event.decidedBy' }] },
        {
          on: 'adjust',
          when: hasTopic,
          to: 'researching',
          assign: [...anotherTopic, { to: 'revision_count', from: '0' }],
        },
        { on: 'reject', to: 'rejected' },
        { on: 'timeout', to: 'abandoned' },
      ],
    },
    {
      kind: 'end',
      name: 'completed',
      title: 'Completed',
      status: 'completed',
      entry: tell('The brief is stored'),
      artifacts: [
        {
          name: 'versioned_brief',
          type: 'policy-brief',
          mediaType: 'text/markdown',
          content: 'data.final_brief.body',
        },
      ],
      result: {
        outcome: '"completed"',
        final_brief: 'data.final_brief',
        verification_report: 'data.verification_report',
        revision_count: 'data.revision_count',
        reviewedBy: 'data.reviewedBy',
      },
    },
    {
      kind: 'end',
      name: 'rejected',
      title: 'Rejected',
      path: 'error',
      status: 'completed',
      result: { outcome: '"rejected"', final_brief: 'null', revision_count: 'data.revision_count' },
    },
    {
      kind: 'end',
      name: 'timed_out',
      title: 'Timed out',
      path: 'error',
      status: 'failed',
      error: { code: 'RESEARCH_TIMEOUT', message: 'nobody finished the research within ten minutes' },
    },
    {
      kind: 'end',
      name: 'abandoned',
      title: 'Abandoned',
      path: 'error',
      status: 'failed',
      error: { code: 'REVIEW_TIMEOUT', message: 'nobody decided within 48 hours' },
    },
  ],
}
