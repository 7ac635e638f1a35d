const step = (name: string, to: string) => ({
  kind: 'agent',
  name,
  agent: `bench.${name}`,
  queue: `agent.bench-${name}`,
  input: { payload: 'input.payload' },
  inputContract: 'bench.step.input.v1',
  outputContract: 'bench.step.output.v1',
  // Long enough that no step is sent again only because the machine is busy; what is lost comes back with it.
  deadlineMs: 12_000,
  transitions: [{ on: 'done', to, assign: [{ to: name, from: 'output.note' }] }],
})

const branch = (name: string) => ({
  name,
  initial: name,
  states: [step(name, `${name}_checked`), { kind: 'end', name: `${name}_checked`, status: 'completed' }],
})

/** Three agents in parallel, a person, a fourth agent: every kind of message that the product sends. */
export const deskWorkflow = {
  name: 'fault-desk',
  version: 1,
  title: 'Fault desk',
  semantics: 1,
  input: { type: 'object', required: ['payload'], properties: { payload: { type: 'object' } } },
  deadlineMs: null,
  retry: { attempts: 5, backoff: { delayMs: 50, multiplier: 2, maxMs: 400, jitter: 0 }, dispatches: 5 },
  initial: 'checks',
  states: [
    {
      kind: 'parallel',
      name: 'checks',
      join: { policy: 'all' },
      onBranchFailure: 'fail-fast',
      branches: ['kyc', 'fraud', 'income'].map(branch),
      transitions: [{ on: 'done', to: 'review' }],
    },
    {
      kind: 'human',
      name: 'review',
      shows: { kyc: 'data.kyc' },
      deadlineMs: 3_600_000,
      transitions: [
        { on: 'approve', to: 'risk' },
        ...['reject', 'adjust', 'timeout'].map((on) => ({ on, to: 'refused' })),
      ],
    },
    step('risk', 'decided'),
    { kind: 'end', name: 'decided', status: 'completed', result: { risk: 'data.risk', income: 'data.income' } },
    { kind: 'end', name: 'refused', status: 'failed', error: { code: 'REFUSED', message: 'refused' } },
  ],
}
