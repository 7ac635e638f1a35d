/** The workflows of synthetic campaigns, one of each shape. */

const base = { version: 1, semantics: 1, input: { type: 'object' }, deadlineMs: null }
/** @param {string} name @param {string} to @param {object} [more] */
const agent = (name, to, more = {}) => ({
  ...{
    kind: 'agent',
    name,
    agent: 'synthetic.work',
    input: {},
    inputContract: {},
    outputContract: {},
    deadlineMs: 5_000,
  },
  transitions: [{ on: 'done', to }],
  ...more,
})
const end = { kind: 'end', name: 'end', status: 'completed' }
/** @param {string} name */
const branch = (name) => ({
  ...{ name, initial: name },
  states: [agent(name, `${name}_end`), { kind: 'end', name: `${name}_end`, status: 'completed' }],
})
const undo = { compensate: { agent: 'synthetic.undo', input: {} } }

/** @type {Record<string, any>} */
export const definitions = {
  'bench-desk': {
    ...{ ...base, name: 'bench-desk', initial: 'intake' },
    states: [
      { kind: 'set', name: 'intake', assign: [], transitions: [{ on: 'done', to: 'checks' }] },
      {
        ...{ kind: 'parallel', name: 'checks', join: { policy: 'all' }, onBranchFailure: 'best-effort' },
        branches: [branch('kyc'), branch('fraud'), branch('income')],
        transitions: [{ on: 'done', to: 'risk' }],
      },
      agent('risk', 'decision'),
      { kind: 'set', name: 'decision', assign: [], transitions: [{ on: 'done', to: 'end' }] },
      end,
    ],
  },
  'syn-gate': {
    ...{ ...base, name: 'syn-gate', initial: 'prepare' },
    states: [
      agent('prepare', 'review'),
      {
        ...{ kind: 'human', name: 'review', shows: {}, deadlineMs: 4_000 },
        transitions: [
          { on: 'approve', to: 'act' },
          ...['reject', 'adjust', 'timeout'].map((on) => ({ on, to: 'refused' })),
        ],
      },
      agent('act', 'end'),
      end,
      { kind: 'end', name: 'refused', status: 'completed' },
    ],
  },
  'syn-loop': {
    ...{ ...base, name: 'syn-loop', initial: 'turn' },
    states: [
      agent('turn', 'again', { maxVisits: 9 }),
      { kind: 'choice', name: 'again', maxVisits: 9, transitions: [{ when: 'x', to: 'turn' }, { to: 'end' }] },
      end,
    ],
  },
  'syn-trip': {
    ...{ ...base, name: 'syn-trip', initial: 'flight' },
    states: [agent('flight', 'hotel', undo), agent('hotel', 'car', undo), agent('car', 'end'), end],
  },
  'syn-work': { ...{ ...base, name: 'syn-work', initial: 'work' }, states: [agent('work', 'end'), end] },
  'syn-map': {
    ...{ ...base, name: 'syn-map', initial: 'each' },
    states: [
      {
        ...{
          kind: 'map',
          name: 'each',
          items: 'input.items',
          concurrency: 3,
          itemsMax: 50,
          onItemFailure: 'fail-fast',
        },
        ...{
          initial: 'item',
          states: [agent('item', 'item_end'), { kind: 'end', name: 'item_end', status: 'completed' }],
        },
        transitions: [{ on: 'done', to: 'end' }],
      },
      end,
    ],
  },
  'syn-parent': {
    ...{ ...base, name: 'syn-parent', initial: 'sub' },
    states: [
      {
        ...{ kind: 'workflow', name: 'sub', workflow: 'syn-work', version: 1, detached: true, input: {} },
        transitions: [{ on: 'done', to: 'end' }],
      },
      end,
    ],
  },
}

/** Hash under which a definition is stored. @param {string} workflow */
export const hashOf = (workflow) => Buffer.from(workflow.padEnd(32, '.')).toString('hex')
