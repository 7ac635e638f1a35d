/**
 * A workflow of one step whose agent holds for a while without computing, as one does that waits for a model.
 * @param {string} name @param {number} holdMs
 */
export const holdWorkflow = (name, holdMs) => ({
  ...{ name, version: 1, semantics: 1, title: 'Hold', input: { type: 'object' }, deadlineMs: null },
  initial: 'book',
  states: [
    {
      ...{ kind: 'agent', name: 'book', agent: 'bench.book', queue: 'agent.bench-book', deadlineMs: 60_000 },
      input: { booking: 'input.booking', holdMs: String(holdMs) },
      inputContract: 'bench.booking.input.v1',
      outputContract: 'bench.booking.output.v1',
      transitions: [{ on: 'done', to: 'end' }],
    },
    { kind: 'end', name: 'end', status: 'completed' },
  ],
})
