import type { WorkflowDefinition } from '@flotilla/engine'
import { briefRetry } from './brief-steps.js'

/**
 * A topic is split, its parts are researched side by side, one report is made of them and sent. A part that is done is not
 * done again when another fails or a process dies, and the report is sent exactly once: `research.send` sends it through
 * the ledger of effects, under a key that every attempt, dispatch and resume of this run has in common. It goes to who asked
 * for it, so no person has to let it go.
 */

const minuteMs = 60_000

/** `research_report` version 1. */
export const researchReport: WorkflowDefinition = {
  name: 'research_report',
  version: 1,
  title: 'Research report',
  description: 'Plans a topic, researches its parts side by side, makes one report and sends it exactly once.',
  semantics: 1,
  input: 'research_report.input.v1',
  deadlineMs: 30 * minuteMs,
  checkpoint: 'after',
  retry: briefRetry,
  initial: 'plan',
  states: [
    {
      kind: 'agent',
      name: 'plan',
      title: 'Plan',
      weight: 15,
      path: 'happy',
      agent: 'research.plan',
      input: { topic: 'input.topic', constraints: 'input.constraints' },
      inputContract: 'research.plan.input.v1',
      outputContract: 'research.plan.output.v1',
      deadlineMs: 2 * minuteMs,
      outcome: 'size(output.tasks) > 0 ? "planned" : "nothing_found"',
      transitions: [
        { on: 'planned', to: 'research', assign: [{ to: 'tasks', from: 'output.tasks' }] },
        { on: 'nothing_found', to: 'nothing_found' },
      ],
    },
    {
      kind: 'map',
      name: 'research',
      title: 'Research the parts',
      weight: 50,
      path: 'happy',
      items: 'data.tasks',
      concurrency: 4,
      itemsMax: 20,
      onItemFailure: 'best-effort',
      initial: 'part',
      states: [
        {
          kind: 'agent',
          name: 'part',
          title: 'Part',
          agent: 'research.work',
          input: { task: 'input.item' },
          inputContract: 'research.work.input.v1',
          outputContract: 'research.work.output.v1',
          deadlineMs: 5 * minuteMs,
          transitions: [{ on: 'done', to: 'read', assign: [{ to: 'found', from: 'output' }] }],
        },
        { kind: 'end', name: 'read', status: 'completed', result: { found: 'data.found' } },
      ],
      transitions: [
        {
          on: 'done',
          when: 'output.exists(one, one != null)',
          to: 'synthesize',
          assign: [{ to: 'found', from: 'output.filter(one, one != null).map(one, one.found)' }],
        },
        { on: 'done', to: 'nothing_found' },
      ],
    },
    {
      kind: 'agent',
      name: 'synthesize',
      title: 'Synthesize',
      weight: 20,
      path: 'happy',
      agent: 'research.synthesize',
      input: { topic: 'input.topic', found: 'data.found' },
      inputContract: 'research.synthesize.input.v1',
      outputContract: 'research.synthesize.output.v1',
      deadlineMs: 2 * minuteMs,
      artifacts: [{ name: 'report', type: 'report', mediaType: 'text/markdown', content: 'output.report.body' }],
      transitions: [{ on: 'done', to: 'send_report', assign: [{ to: 'report', from: 'output.report' }] }],
    },
    {
      kind: 'agent',
      name: 'send_report',
      title: 'Send the report',
      weight: 15,
      path: 'happy',
      agent: 'research.send',
      input: { report: 'data.report', addressee: 'input.addressee' },
      inputContract: 'research.send.input.v1',
      outputContract: 'research.send.output.v1',
      deadlineMs: minuteMs,
      transitions: [{ on: 'done', to: 'sent', assign: [{ to: 'receipt', from: 'output.receipt' }] }],
    },
    {
      kind: 'end',
      name: 'sent',
      title: 'Sent',
      status: 'completed',
      result: {
        title: 'data.report.title',
        sources: 'data.report.sources',
        messageId: 'data.receipt.messageId',
        artifactId: 'artifacts.report.id',
      },
    },
    {
      kind: 'end',
      name: 'nothing_found',
      title: 'Nothing found',
      path: 'error',
      status: 'failed',
      error: { code: 'NOTHING_FOUND', message: 'no policy says anything about the topic' },
    },
  ],
}
