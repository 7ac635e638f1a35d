import type { AgentState, StateDefinition, WorkflowDefinition } from '@flotilla/engine'
import { briefRetry } from './brief-steps.js'

/**
 * A contract is read in four steps, a checkpoint after each. The run's id is the thread: whoever finds it failed resumes it
 * with an empty body, and it goes on at the step that had not ended.
 *
 * Somebody waits for the answer, so that a step which nobody picks up within 20 seconds fails the run, to be told and
 * resumed, rather than to wait in line for ever.
 */

const deadlineMs = 60_000
const queueDeadlineMs = 20_000

interface Step {
  readonly name: string
  readonly title: string
  readonly weight: number
  readonly agent: string
  readonly input: AgentState['input']
  readonly keep: string
  readonly next: string
  readonly artifacts?: AgentState['artifacts']
}

const step = ({ keep, next, artifacts, agent, ...given }: Step): StateDefinition => ({
  kind: 'agent',
  path: 'happy',
  agent,
  inputContract: `${agent}.input.v1`,
  outputContract: `${agent}.output.v1`,
  deadlineMs,
  queueDeadlineMs,
  ...given,
  ...(artifacts ? { artifacts } : {}),
  transitions: [{ on: 'done', to: next, assign: [{ to: keep, from: 'output' }] }],
})

/** `contract_analysis` version 1. */
export const contractAnalysis: WorkflowDefinition = {
  name: 'contract_analysis',
  version: 1,
  title: 'Contract analysis',
  description: 'Takes a contract apart, reads its facts, holds them against the rules of procurement, reports.',
  semantics: 1,
  input: 'contract_analysis.input.v1',
  deadlineMs: null,
  checkpoint: 'after',
  retry: briefRetry,
  initial: 'split',
  states: [
    step({
      name: 'split',
      title: 'Clauses',
      weight: 25,
      agent: 'contracts.split',
      input: { text: 'input.text' },
      keep: 'split',
      next: 'extract',
    }),
    step({
      name: 'extract',
      title: 'Facts',
      weight: 25,
      agent: 'contracts.extract',
      input: { clauses: 'data.split.clauses', preamble: 'data.split.preamble' },
      keep: 'extracted',
      next: 'assess',
    }),
    step({
      name: 'assess',
      title: 'Risks',
      weight: 30,
      agent: 'contracts-risk.assess',
      input: { clauses: 'data.split.clauses', facts: 'data.extracted.facts' },
      keep: 'assessed',
      next: 'report',
    }),
    step({
      name: 'report',
      title: 'Report',
      weight: 20,
      agent: 'contracts.report',
      input: {
        contractId: 'input.contractId',
        facts: 'data.extracted.facts',
        findings: 'data.assessed.findings',
        level: 'data.assessed.level',
      },
      keep: 'reported',
      next: 'analysed',
      artifacts: [{ name: 'report', type: 'contract-report', mediaType: 'text/markdown', content: 'output.report' }],
    }),
    {
      kind: 'end',
      name: 'analysed',
      title: 'Analysed',
      status: 'completed',
      result: {
        level: 'data.assessed.level',
        findings: 'data.assessed.findings',
        facts: 'data.extracted.facts',
        report: 'data.reported.report',
        artifactId: 'artifacts.report.id',
      },
    },
  ],
}
