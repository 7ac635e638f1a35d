import type { Assignment, Transition, WorkflowDefinition } from '@flotilla/engine'

/**
 * A document waits for a manager's signature.
 *
 * - Nothing is published that no person has approved: publishing cannot be undone.
 * - An adjustment is a rejection that says what to change: its values go back with the comment.
 * - 48 hours without an answer escalate: somebody else is told and may decide for 24 hours more, then the run fails with
 *   SIGN_OFF_UNANSWERED. A resume from its last checkpoint opens the gate anew.
 */

const hourMs = 60 * 60 * 1_000

const decided: readonly Assignment[] = [
  {
    to: 'decision',
    from: '{"decision": event.decision, "by": event.decidedBy, "comment": event.comment, "values": event.values}',
  },
]

const revise = (on: string): Transition => ({
  on,
  to: 'revision_requested',
  assign: decided,
  actions: [{ do: 'notify', channel: 'authors', message: 'A revision is asked for before publication' }],
})

const decisions: readonly Transition[] = [
  { on: 'approve', to: 'publishing', assign: decided },
  revise('reject'),
  revise('adjust'),
]

const shows = { document: 'input.document', waitingFor: 'input.waitingFor' }

/** `manager_sign_off` version 1. */
export const managerSignOff: WorkflowDefinition = {
  name: 'manager_sign_off',
  version: 1,
  title: 'Manager sign-off',
  description: 'A document is published when a manager approves it within 48 hours.',
  semantics: 1,
  input: 'manager_sign_off.input.v1',
  deadlineMs: null,
  checkpoint: 'after',
  retry: { attempts: 5, backoff: { delayMs: 500, multiplier: 2, maxMs: 60_000, jitter: 0.2 }, dispatches: 3 },
  initial: 'waiting_for_manager',
  states: [
    {
      kind: 'human',
      name: 'waiting_for_manager',
      title: 'Manager sign-off',
      weight: 60,
      path: 'happy',
      shows,
      deadlineMs: 48 * hourMs,
      entry: [{ do: 'notify', channel: 'managers', message: 'A document waits for a signature' }],
      transitions: [
        ...decisions,
        {
          on: 'timeout',
          to: 'escalated',
          actions: [{ do: 'log', message: 'no manager has signed off within 48 hours' }],
        },
      ],
    },
    {
      kind: 'human',
      name: 'escalated',
      title: 'Escalated sign-off',
      weight: 20,
      path: 'error',
      shows,
      deadlineMs: 24 * hourMs,
      entry: [{ do: 'notify', channel: 'escalations', message: 'A document was not signed off within 48 hours' }],
      transitions: [...decisions, { on: 'timeout', to: 'unanswered' }],
    },
    {
      kind: 'agent',
      name: 'publishing',
      title: 'Publishing',
      weight: 20,
      path: 'happy',
      agent: 'training.publish',
      input: { document: 'input.document', approvedBy: 'data.decision.by' },
      inputContract: 'training.publish.input.v1',
      outputContract: 'training.publish.output.v1',
      deadlineMs: 60_000,
      effects: 'irreversible',
      transitions: [{ on: 'done', to: 'published', assign: [{ to: 'publication', from: 'output' }] }],
    },
    {
      kind: 'end',
      name: 'published',
      title: 'Published',
      status: 'completed',
      path: 'happy',
      result: { outcome: '"published"', decision: 'data.decision', publication: 'data.publication' },
    },
    {
      kind: 'end',
      name: 'revision_requested',
      title: 'Revision requested',
      status: 'completed',
      path: 'edge',
      result: { outcome: '"revision_requested"', decision: 'data.decision', publication: 'null' },
    },
    {
      kind: 'end',
      name: 'unanswered',
      title: 'Unanswered',
      status: 'failed',
      path: 'error',
      error: { code: 'SIGN_OFF_UNANSWERED', message: 'nobody signed off, also after the escalation' },
    },
  ],
}
