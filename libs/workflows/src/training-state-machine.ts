import type { AgentState, Assignment, Branch, Mapping, Transition, WorkflowDefinition } from '@flotilla/engine'

/**
 * Annual compliance training, from the request to the package for the learning management system.
 *
 * - What the reviews find goes back to both designers, and what was found in earlier rounds goes with it: a repair never
 *   undoes another one.
 * - Loops end: a fourth design of the objectives or an eighth of the assessments escalates, as does a gate that nobody
 *   answers. `escalated` is a gate for somebody else, who takes the design as it is or ends the run.
 * - A failure for good of an agent is not escalated: it fails the run as a dead letter, whose replay goes on from there.
 * - The parallel's `done` is the event `design_complete`.
 */

const hourMs = 60 * 60 * 1_000
const designDeadlineMs = 5 * 60 * 1_000

const designQueue = 'training_design_requests'

/** The context of both designers. */
const designInput: Mapping = {
  obligations: 'data.obligations',
  objectives: 'data.objectives',
  constraints: 'input.constraints',
  feedback: '{"gaps": data.gaps, "issues": data.issues, "removedQuestions": data.removedQuestions}',
}

const designer = (name: string, title: string, part: string): Branch => ({
  name,
  initial: name,
  states: [
    {
      kind: 'agent',
      name,
      title,
      weight: 1,
      agent: `training.${part}`,
      queue: designQueue,
      input: designInput,
      inputContract: 'training.design.input.v1',
      outputContract: `training.${part}.output.v1`,
      deadlineMs: designDeadlineMs,
      transitions: [{ on: 'done', to: `${name}_done`, assign: [{ to: part, from: 'output' }] }],
    },
    { kind: 'end', name: `${name}_done`, status: 'completed' },
  ],
})

/** The way out of a loop that has been gone round too often. */
const exhausted = (stage: string): Transition => ({
  on: 'failed',
  when: 'event.error.code == "LOOP_EXHAUSTED"',
  to: 'escalated',
  assign: [{ to: 'escalation', from: `{"stage": "${stage}", "reason": "loop_exhausted"}` }],
})

const unanswered = (stage: string): Transition => ({
  on: 'timeout',
  to: 'escalated',
  assign: [{ to: 'escalation', from: `{"stage": "${stage}", "reason": "timeout"}` }],
})

const signed = (key: string): Assignment => ({
  to: key,
  from: '{"decision": event.decision, "by": event.decidedBy, "comment": event.comment, "at": event.at}',
})

/** A design begins anew with the objectives: what was found in the old one concerns it no more. */
const freshDesign: readonly Assignment[] = [
  { to: 'gaps', from: '[]' },
  { to: 'issues', from: '[]' },
  { to: 'removedQuestions', from: '[]' },
]

const given = (member: string): string => `event.values != null && has(event.values.${member})`
const givenIds = (member: string): string =>
  `${given(member)} && type(event.values.${member}) == list && event.values.${member}.all(id, type(id) == string)`

const levels = '["remember", "understand", "apply", "analyse", "evaluate"]'

/** A rejection; with instructions they are followed, without any the designer aims higher. */
const redesign = (on: string): readonly Transition[] => [
  {
    on,
    when: givenIds('exclude'),
    to: 'designing_objectives',
    assign: [
      { to: 'feedback', from: '{"exclude": event.values.exclude}', reducer: 'append' },
      signed('rejections.last'),
    ],
  },
  {
    on,
    when: `${given('level')} && event.values.level in ${levels}`,
    to: 'designing_objectives',
    assign: [{ to: 'feedback', from: '{"level": event.values.level}', reducer: 'append' }, signed('rejections.last')],
  },
  {
    on,
    to: 'designing_objectives',
    assign: [{ to: 'feedback', from: '{"level": null}', reducer: 'append' }, signed('rejections.last')],
  },
]

/** Changes to the questions, or only a remark, which stays with the run. */
const minorChanges = (on: string): readonly Transition[] => [
  {
    on,
    when: givenIds('removeQuestions'),
    to: 'designing_assessments',
    assign: [
      { to: 'removedQuestions', from: 'event.values.removeQuestions', reducer: 'append' },
      signed('approvals.changes'),
    ],
  },
  { on, to: 'designing_assessments', assign: [signed('approvals.changes')] },
]

const agentState = (
  name: string,
  title: string,
  rest: Omit<AgentState, 'kind' | 'name' | 'title' | 'agent' | 'inputContract' | 'outputContract'> & {
    readonly part: string
  },
): AgentState => {
  const { part, ...state } = rest
  return {
    kind: 'agent',
    name,
    title,
    agent: `training.${part}`,
    inputContract: `training.${part}.input.v1`,
    outputContract: `training.${part}.output.v1`,
    ...state,
  }
}

/** `training_state_machine` version 1. */
export const trainingStateMachine: WorkflowDefinition = {
  name: 'training_state_machine',
  version: 1,
  title: 'Training design',
  description: 'Designs annual compliance training: objectives, assessment, activities, two approvals, a package.',
  semantics: 1,
  input: 'training_state_machine.input.v1',
  deadlineMs: null,
  checkpoint: false,
  retry: { attempts: 5, backoff: { delayMs: 500, multiplier: 2, maxMs: 60_000, jitter: 0.2 }, dispatches: 3 },
  initial: 'intake',
  states: [
    agentState('intake', 'Constraints intake', {
      part: 'intake',
      weight: 5,
      path: 'happy',
      input: { request: 'input' },
      outcome: 'output.outcome',
      deadlineMs: 60_000,
      transitions: [
        {
          on: 'constraints_confirmed',
          to: 'designing_objectives',
          assign: [
            { to: 'obligations', from: 'output.obligations' },
            { to: 'priority', from: 'output.priority' },
            { to: 'feedback', from: '[]' },
            { to: 'rejections', from: '{}' },
            ...freshDesign,
          ],
        },
        {
          on: 'constraints_conflict',
          to: 'constraints_refused',
          assign: [{ to: 'findings', from: 'output.findings' }],
        },
      ],
    }),
    agentState('designing_objectives', 'Objectives design', {
      part: 'objectives',
      weight: 15,
      path: 'happy',
      checkpoint: 'after',
      maxVisits: 3,
      queue: designQueue,
      input: { obligations: 'data.obligations', feedback: 'data.feedback' },
      outcome: 'output.outcome',
      deadlineMs: designDeadlineMs,
      entry: [{ do: 'log', message: 'objectives are being designed' }],
      transitions: [
        {
          on: 'objectives_ready',
          to: 'awaiting_objectives_approval',
          assign: [{ to: 'objectives', from: 'output.objectives' }],
        },
        {
          on: 'nothing_left',
          to: 'constraints_refused',
          assign: [{ to: 'findings', from: '[{"code": "NOTHING_LEFT", "text": "every obligation was taken out"}]' }],
        },
        exhausted('objectives'),
      ],
    }),
    {
      kind: 'human',
      name: 'awaiting_objectives_approval',
      title: 'Objectives approval',
      weight: 15,
      path: 'happy',
      maxVisits: 3,
      shows: { title: 'input.title', audience: 'input.audience', objectives: 'data.objectives' },
      deadlineMs: 48 * hourMs,
      entry: [{ do: 'notify', channel: 'training-reviewers', message: 'Learning objectives wait for approval' }],
      transitions: [
        {
          on: 'approve',
          to: 'designing_assessments',
          assign: [...freshDesign, signed('approvals.objectives')],
        },
        ...redesign('reject'),
        ...redesign('adjust'),
        unanswered('objectives'),
      ],
    },
    {
      kind: 'parallel',
      name: 'designing_assessments',
      title: 'Assessment and activity design',
      weight: 20,
      path: 'happy',
      checkpoint: 'after',
      maxVisits: 7,
      join: { policy: 'all' },
      onBranchFailure: 'fail-fast',
      branches: [
        designer('assessment_designer', 'Assessment designer', 'assessments'),
        designer('activity_designer', 'Activity designer', 'activities'),
      ],
      transitions: [{ on: 'done', to: 'alignment_check' }, exhausted('design')],
    },
    agentState('alignment_check', 'Alignment check', {
      part: 'alignment',
      weight: 10,
      path: 'happy',
      maxVisits: 7,
      input: {
        obligations: 'data.obligations',
        objectives: 'data.objectives',
        constraints: 'input.constraints',
        assessments: 'data.assessments',
        activities: 'data.activities',
      },
      outcome: 'output.outcome',
      deadlineMs: designDeadlineMs,
      artifacts: [
        {
          name: 'alignment_matrix',
          type: 'alignment-matrix',
          mediaType: 'application/json',
          content: '{"matrix": output.matrix, "gaps": output.gaps}',
        },
      ],
      transitions: [
        { on: 'aligned', to: 'accessibility_check', assign: [{ to: 'openGaps', from: '[]' }] },
        {
          on: 'gaps_found',
          to: 'designing_assessments',
          assign: [
            { to: 'gaps', from: 'output.gaps', reducer: 'append' },
            { to: 'openGaps', from: 'output.gaps' },
          ],
        },
      ],
    }),
    agentState('accessibility_check', 'Accessibility check', {
      part: 'accessibility',
      weight: 10,
      path: 'happy',
      maxVisits: 7,
      queue: 'accessibility_reviews',
      input: { constraints: 'input.constraints', assessments: 'data.assessments', activities: 'data.activities' },
      outcome: 'output.outcome',
      deadlineMs: designDeadlineMs,
      artifacts: [
        {
          name: 'accessibility_report',
          type: 'accessibility-report',
          mediaType: 'application/json',
          content: 'output',
        },
      ],
      transitions: [
        { on: 'passed', to: 'awaiting_final_approval', assign: [{ to: 'openIssues', from: '[]' }] },
        {
          on: 'issues_found',
          to: 'designing_assessments',
          assign: [
            { to: 'issues', from: 'output.issues', reducer: 'append' },
            { to: 'openIssues', from: 'output.issues' },
          ],
        },
      ],
    }),
    {
      kind: 'human',
      name: 'awaiting_final_approval',
      title: 'Final approval',
      weight: 15,
      path: 'happy',
      maxVisits: 7,
      outcomes: ['minor_changes'],
      shows: {
        title: 'input.title',
        audience: 'input.audience',
        objectives: 'data.objectives',
        assessments: 'data.assessments',
        activities: 'data.activities',
      },
      deadlineMs: 72 * hourMs,
      entry: [{ do: 'notify', channel: 'training-reviewers', message: 'A training waits for final approval' }],
      transitions: [
        { on: 'approve', to: 'exporting', assign: [signed('approvals.final')] },
        ...redesign('reject'),
        ...minorChanges('minor_changes'),
        ...minorChanges('adjust'),
        unanswered('final'),
      ],
    },
    {
      kind: 'human',
      name: 'escalated',
      title: 'Escalation',
      path: 'error',
      maxVisits: 4,
      shows: {
        title: 'input.title',
        escalation: 'data.escalation',
        objectives: 'data.objectives',
        openGaps: 'data.openGaps',
        openIssues: 'data.openIssues',
      },
      deadlineMs: 72 * hourMs,
      entry: [
        { do: 'log', message: 'the training design is escalated' },
        { do: 'notify', channel: 'escalations', message: 'A training design needs a decision from higher up' },
      ],
      transitions: [
        {
          on: 'approve',
          when: 'data.escalation.stage == "objectives"',
          to: 'designing_assessments',
          assign: [...freshDesign, signed('approvals.objectives')],
        },
        { on: 'approve', to: 'exporting', assign: [signed('approvals.final')] },
        { on: 'reject', to: 'abandoned', assign: [signed('rejections.last')] },
        { on: 'adjust', to: 'abandoned', assign: [signed('rejections.last')] },
        { on: 'timeout', to: 'unanswered' },
      ],
    },
    agentState('exporting', 'Export', {
      part: 'export',
      weight: 10,
      path: 'happy',
      checkpoint: 'after',
      queue: 'lms_exports',
      input: {
        programmeId: 'input.programmeId',
        title: 'input.title',
        objectives: 'data.objectives',
        assessments: 'data.assessments',
        activities: 'data.activities',
        openGaps: 'data.openGaps',
        openIssues: 'data.openIssues',
      },
      outcome: '"exported"',
      deadlineMs: designDeadlineMs,
      artifacts: [
        { name: 'lms_manifest', type: 'lms-manifest', mediaType: 'application/xml', content: 'output.manifest' },
        { name: 'lms_package', type: 'lms-package', mediaType: 'application/json', content: 'output' },
      ],
      transitions: [
        {
          on: 'exported',
          to: 'completed',
          assign: [
            {
              to: 'package',
              from: '{"manifestArtifactId": artifacts.lms_manifest.id, "packageArtifactId": artifacts.lms_package.id, "sha256": output.sha256, "files": size(output.files)}',
            },
          ],
          actions: [{ do: 'notify', channel: 'training-owners', message: 'A training is ready to be uploaded' }],
        },
      ],
    }),
    {
      kind: 'end',
      name: 'completed',
      title: 'Completed',
      status: 'completed',
      path: 'happy',
      result: {
        outcome: '"exported"',
        priority: 'data.priority',
        package: 'data.package',
        objectives: 'size(data.objectives)',
        questions: 'size(data.assessments.questions)',
        activities: 'size(data.activities.activities)',
        minutes: 'data.activities.minutesTotal',
        approvals: 'data.approvals',
      },
    },
    {
      kind: 'end',
      name: 'constraints_refused',
      title: 'Constraints refused',
      status: 'completed',
      path: 'edge',
      result: { outcome: '"constraints_refused"', findings: 'data.findings', package: 'null' },
    },
    {
      kind: 'end',
      name: 'abandoned',
      title: 'Abandoned',
      status: 'completed',
      path: 'edge',
      result: {
        outcome: '"abandoned"',
        escalation: 'data.escalation',
        rejection: 'data.rejections.last',
        package: 'null',
      },
    },
    {
      kind: 'end',
      name: 'unanswered',
      title: 'Unanswered',
      status: 'failed',
      path: 'error',
      error: { code: 'ESCALATION_UNANSWERED', message: 'the escalation was not answered within 72 hours' },
    },
  ],
}
