import type { Branch, WorkflowDefinition } from '@flotilla/engine'

const deadlineMs = 30_000

const branch = (name: string): Branch => ({
  name,
  initial: name,
  states: [
    {
      kind: 'agent',
      name,
      weight: 20,
      agent: `bench.${name}`,
      queue: `agent.bench-${name}`,
      input: { payload: 'data.application' },
      inputContract: 'bench.step.input.v1',
      outputContract: 'bench.step.output.v1',
      deadlineMs,
      transitions: [{ on: 'done', to: `${name}_checked`, assign: [{ to: name, from: 'output' }] }],
    },
    { kind: 'end', name: `${name}_checked`, status: 'completed' },
  ],
})

/** `bench-desk` version 1: the credit desk's shape with agents that answer at once. Not for people's applications. */
export const benchDesk: WorkflowDefinition = {
  name: 'bench-desk',
  version: 1,
  title: 'Bench desk',
  description: 'The benchmark: intake, three agents in parallel, a fourth, a decision.',
  semantics: 1,
  input: 'bench-desk.input.v1',
  deadlineMs: null,
  checkpoint: 'after',
  retry: { attempts: 5, backoff: { delayMs: 500, multiplier: 2, maxMs: 60_000, jitter: 0.2 }, dispatches: 3 },
  initial: 'intake',
  states: [
    {
      kind: 'set',
      name: 'intake',
      weight: 5,
      // The contract wraps the client's object once; wrapping it again for each step would nest it.
      assign: [{ to: 'application', from: 'size(input) == 1 && has(input.payload) ? input.payload : input' }],
      transitions: [{ on: 'done', to: 'checks' }],
    },
    {
      kind: 'parallel',
      name: 'checks',
      weight: 60,
      join: { policy: 'all' },
      onBranchFailure: 'best-effort',
      branches: [branch('kyc'), branch('fraud'), branch('income')],
      transitions: [{ on: 'done', to: 'risk' }],
    },
    {
      kind: 'agent',
      name: 'risk',
      weight: 30,
      agent: 'bench.risk',
      queue: 'agent.bench-risk',
      input: { payload: 'data.application' },
      inputContract: 'bench.step.input.v1',
      outputContract: 'bench.step.output.v1',
      deadlineMs,
      transitions: [{ on: 'done', to: 'decision', assign: [{ to: 'risk', from: 'output' }] }],
    },
    {
      kind: 'set',
      name: 'decision',
      weight: 5,
      assign: [{ to: 'decision', from: '"approve"' }],
      transitions: [{ on: 'done', to: 'decided' }],
    },
    { kind: 'end', name: 'decided', status: 'completed', result: { decision: 'data.decision' } },
  ],
}
