import type { Assignment, WorkflowDefinition } from '@flotilla/engine'
import { briefRetry } from './brief-steps.js'

/**
 * An agent proposes, a person decides, and only then something happens that cannot be taken back. What was decided is
 * recorded either way, with who decided; nobody deciding for two days counts as a no.
 */

const recordOf = (decision: string, decidedBy: string): readonly Assignment[] => [
  {
    to: 'record',
    from:
      `{"decision": ${decision}, "decidedBy": ${decidedBy}, "comment": event.comment, ` +
      '"proposed_action": data.proposed_action, "agent_reasoning": data.agent_reasoning}',
  },
]

const deadlineMs = 30_000

/** `approve_then_act` version 1. */
export const approveThenAct: WorkflowDefinition = {
  name: 'approve_then_act',
  version: 1,
  title: 'Approve, then act',
  description:
    'An agent proposes a public notice with its reasons; a person approves or rejects; an approved one is published.',
  semantics: 1,
  input: 'approve_then_act.input.v1',
  deadlineMs: null,
  checkpoint: 'after',
  retry: briefRetry,
  initial: 'propose',
  states: [
    {
      kind: 'agent',
      name: 'propose',
      title: 'Propose',
      weight: 40,
      path: 'happy',
      agent: 'research.propose',
      input: { policyId: 'input.policyId', asOf: 'input.asOf' },
      inputContract: 'research.propose.input.v1',
      outputContract: 'research.propose.output.v1',
      deadlineMs,
      outcome: 'output.due ? "proposed" : "nothing_to_do"',
      transitions: [
        {
          on: 'proposed',
          to: 'approval',
          assign: [
            { to: 'proposed_action', from: 'output.proposed_action' },
            { to: 'agent_reasoning', from: 'output.agent_reasoning' },
          ],
        },
        {
          on: 'nothing_to_do',
          to: 'record',
          assign: [
            { to: 'proposed_action', from: 'null' },
            { to: 'agent_reasoning', from: 'output.agent_reasoning' },
            {
              to: 'record',
              from: '{"decision": "none", "decidedBy": "policy", "agent_reasoning": output.agent_reasoning}',
            },
          ],
        },
      ],
    },
    {
      kind: 'human',
      name: 'approval',
      title: 'Approval',
      weight: 10,
      path: 'happy',
      shows: { proposed_action: 'data.proposed_action', agent_reasoning: 'data.agent_reasoning' },
      deadlineMs: 48 * 3_600_000,
      transitions: [
        { on: 'approve', to: 'execute', assign: recordOf('"approved"', 'event.decidedBy') },
        {
          on: 'adjust',
          when: 'type(event.values.text) == string && size(event.values.text) > 0 && size(event.values.text) <= 5000',
          to: 'execute',
          assign: [
            { to: 'proposed_action.text', from: 'event.values.text' },
            ...recordOf('"adjusted"', 'event.decidedBy'),
          ],
        },
        { on: 'reject', to: 'record', assign: recordOf('"rejected"', 'event.decidedBy') },
        { on: 'timeout', to: 'record', assign: recordOf('"rejected"', '"timeout"') },
      ],
    },
    {
      kind: 'agent',
      name: 'execute',
      title: 'Execute',
      weight: 40,
      path: 'happy',
      agent: 'research.execute',
      input: { proposed_action: 'data.proposed_action', approvedBy: 'data.record.decidedBy' },
      inputContract: 'research.execute.input.v1',
      outputContract: 'research.execute.output.v1',
      deadlineMs,
      effects: 'irreversible',
      transitions: [{ on: 'done', to: 'record', assign: [{ to: 'receipt', from: 'output.receipt' }] }],
    },
    {
      kind: 'set',
      name: 'record',
      title: 'Record',
      weight: 10,
      path: 'happy',
      assign: [{ to: 'recorded', from: 'true' }],
      artifacts: [{ name: 'decision', type: 'decision-record', mediaType: 'application/json', content: 'data.record' }],
      transitions: [{ on: 'done', to: 'ended' }],
    },
    {
      kind: 'end',
      name: 'ended',
      title: 'Ended',
      status: 'completed',
      result: {
        decision: 'data.record.decision',
        decidedBy: 'data.record.decidedBy',
        proposed_action: 'data.proposed_action',
        agent_reasoning: 'data.agent_reasoning',
        receipt: 'data.receipt',
        recordArtifactId: 'artifacts.decision.id',
      },
    },
  ],
}
