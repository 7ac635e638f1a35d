/** Definitions of every shape on the agents of the benchmark, for records that the checker judges. */
const base = { version: 1, semantics: 1, input: { type: 'object' }, deadlineMs: null }
const ended = (result: Record<string, string>) => ({ kind: 'end', name: 'end', status: 'completed', result })
const work = (name: string, to: string, payload = 'input') => ({
  ...{ kind: 'agent', name, agent: 'bench.kyc', queue: 'agent.bench-kyc', input: { payload }, maxVisits: 5 },
  ...{ inputContract: 'bench.step.input.v1', outputContract: 'bench.step.output.v1', deadlineMs: 20_000 },
  transitions: [{ on: 'done', to, assign: [{ to: 'verdict', from: 'output.verdict' }] }],
})

const map = {
  ...{ ...base, name: 'checked-map', title: 'Map', initial: 'each' },
  states: [
    {
      ...{ kind: 'map', name: 'each', items: 'input.items', concurrency: 10, itemsMax: 100 },
      ...{ onItemFailure: 'best-effort', initial: 'look' },
      states: [
        {
          ...{ kind: 'choice', name: 'look' },
          transitions: [{ when: 'has(input.item.lost)', to: 'lost' }, { to: 'work' }],
        },
        work('work', 'end', 'input.item'),
        ended({ index: 'input.index' }),
        { kind: 'end', name: 'lost', status: 'failed', error: { code: 'LOST', message: 'it is lost' } },
      ],
      transitions: [{ on: 'done', to: 'end', assign: [{ to: 'indexes', from: 'output' }] }],
    },
    ended({ indexes: 'data.indexes' }),
  ],
}

const child = {
  ...{ ...base, name: 'checked-child', title: 'Child', initial: 'go' },
  states: [
    {
      ...{ kind: 'wait', name: 'go', signal: 'go', deadlineMs: 600_000 },
      transitions: [
        { on: 'go', to: 'work' },
        { on: 'timeout', to: 'end' },
      ],
    },
    work('work', 'end'),
    ended({ verdict: 'data.verdict' }),
  ],
}

const parent = {
  ...{ ...base, name: 'checked-parent', title: 'Parent', initial: 'sub' },
  states: [
    {
      ...{
        kind: 'workflow',
        name: 'sub',
        workflow: 'checked-child',
        version: 1,
        detached: true,
        input: { n: 'input.n' },
      },
      transitions: [{ on: 'done', to: 'end', assign: [{ to: 'verdict', from: 'output.verdict' }] }],
    },
    ended({ verdict: 'data.verdict' }),
  ],
}

const loop = {
  ...{ ...base, name: 'checked-loop', title: 'Loop', initial: 'zero' },
  states: [
    {
      ...{ kind: 'set', name: 'zero', assign: [{ to: 'rounds', from: '0' }] },
      transitions: [{ on: 'done', to: 'work' }],
    },
    {
      ...work('work', 'count'),
      transitions: [{ on: 'done', to: 'count', assign: [{ to: 'rounds', from: 'data.rounds + 1' }] }],
    },
    {
      ...{ kind: 'choice', name: 'count', maxVisits: 5 },
      transitions: [{ when: 'data.rounds < 3', to: 'work' }, { to: 'end' }],
    },
    ended({ rounds: 'data.rounds' }),
  ],
}

const branch = (name: string) => ({
  name,
  initial: name,
  states: [work(name, `${name}_end`), { kind: 'end', name: `${name}_end`, status: 'completed' }],
})
const quorum = {
  ...{ ...base, name: 'checked-quorum', title: 'Quorum', initial: 'ask' },
  states: [
    {
      ...{ kind: 'parallel', name: 'ask', join: { policy: 'quorum' }, onBranchFailure: 'best-effort' },
      branches: [branch('one'), branch('two'), branch('three')],
      transitions: [{ on: 'done', to: 'end' }],
    },
    ended({ verdict: 'data.verdict' }),
  ],
}

const book = (name: string, to: string, input: Record<string, string>) => ({
  ...{ kind: 'agent', name, agent: 'bench.book', queue: 'agent.bench-book', input: { booking: `"${name}"`, ...input } },
  ...{ inputContract: 'bench.booking.input.v1', outputContract: 'bench.booking.output.v1', deadlineMs: 60_000 },
  transitions: [{ on: 'done', to }],
})
const undone = {
  effects: 'irreversible',
  compensate: { agent: 'bench.cancel', queue: 'agent.bench-cancel', input: { booking: 'output.booking' } },
}
const booked = { kind: 'end', name: 'booked', status: 'completed' }
const trip = {
  ...{ ...base, name: 'checked-trip', title: 'Trip', initial: 'flight' },
  states: [
    { ...book('flight', 'hotel', {}), ...undone },
    { ...book('hotel', 'car', {}), ...undone },
    book('car', 'booked', { full: 'true' }),
    booked,
  ],
}
const booking = {
  ...{ ...base, name: 'checked-booking', title: 'Booking', initial: 'room', cleanUpMs: 2_000 },
  states: [book('room', 'booked', { full: 'input.full', holdMs: 'input.holdMs' }), booked],
}

const gate = {
  ...{ ...base, name: 'checked-gate', title: 'Gate', initial: 'ask' },
  states: [
    {
      ...{ kind: 'human', name: 'ask', shows: { asked: 'true' }, deadlineMs: 1_500 },
      transitions: [
        ...['approve', 'reject', 'adjust'].map((on) => ({ on, to: 'end', assign: [{ to: 'by', from: '"person"' }] })),
        { on: 'timeout', to: 'end', assign: [{ to: 'by', from: '"timeout"' }] },
      ],
    },
    ended({ by: 'data.by' }),
  ],
}

/** Each is version 1. */
export const checkedWorkflows = [map, child, parent, loop, quorum, trip, booking, gate]
