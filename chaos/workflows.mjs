/** The workflows that chaos is made with, one of each shape, and what a run of each must come to. */
import { tokenOf } from './random.mjs'

const base = { version: 1, semantics: 1, input: { type: 'object' }, deadlineMs: null }
const anything = { type: 'object' }
const answer = { type: 'object', required: ['token'] }
const retry = { attempts: 8, backoff: { delayMs: 200, multiplier: 2, maxMs: 5_000, jitter: 0.5 }, dispatches: 12 }

/**
 * A step of our agents. `after` is an expression for the tokens that its own depends on.
 * @param {string} name @param {string} to
 * @param {{ after?: string, n?: string, effect?: boolean, refuse?: boolean, failRate?: number, slowMs?: number, [more: string]: unknown }} options
 */
const step = (
  name,
  to,
  { after = 'null', n = 'input.n', effect = true, refuse = false, failRate = 0.08, slowMs = 1_500, ...more } = {},
) => ({
  ...{ kind: 'agent', name, agent: 'chaos.step', queue: 'agent.chaos' },
  input: {
    payload: `{"name": "${name}", "n": ${n}, "after": ${after}, "effect": ${effect}, "refuse": ${refuse}, "failRate": ${failRate}, "slowMs": ${slowMs}}`,
  },
  ...{ inputContract: anything, outputContract: answer, deadlineMs: 20_000, retry },
  ...{ effects: effect ? 'reversible' : 'none' },
  transitions: [{ on: 'done', to, assign: [{ to: name, from: 'output.token' }] }],
  ...more,
})
/** @param {Record<string, string>} result */
const end = (result, name = 'end') => ({ kind: 'end', name, status: 'completed', result })
/** @param {string} name */
const branch = (name) => ({ name, initial: name, states: [step(name, `${name}_end`), end({}, `${name}_end`)] })

const fan = {
  ...{ ...base, name: 'chaos-fan', title: 'Fan-out', initial: 'checks' },
  states: [
    {
      ...{ kind: 'parallel', name: 'checks', join: { policy: 'all' }, onBranchFailure: 'fail-fast' },
      branches: ['left', 'middle', 'right'].map(branch),
      transitions: [{ on: 'done', to: 'join' }],
    },
    step('join', 'end', { after: '[data.left, data.middle, data.right]' }),
    end({ token: 'data.join' }),
  ],
}

const turns = 4
const loop = {
  ...{ ...base, name: 'chaos-loop', title: 'Loop', initial: 'turn' },
  states: [
    {
      ...step('turn', 'again', { after: 'has(data.turn) ? data.turn : null' }),
      maxVisits: turns,
      transitions: [
        {
          ...{ on: 'done', to: 'again' },
          assign: [
            { to: 'turn', from: 'output.token' },
            { to: 'turns', from: '1', reducer: 'sum' },
          ],
        },
      ],
    },
    {
      ...{ kind: 'choice', name: 'again', maxVisits: turns },
      transitions: [{ when: `data.turns < ${turns}`, to: 'turn' }, { to: 'end' }],
    },
    end({ token: 'data.turn', turns: 'data.turns' }),
  ],
}

const map = {
  ...{ ...base, name: 'chaos-map', title: 'Map', initial: 'each' },
  states: [
    {
      ...{ kind: 'map', name: 'each', items: 'input.items', concurrency: 4, itemsMax: 100, onItemFailure: 'fail-fast' },
      initial: 'item',
      states: [step('item', 'item_end', { n: 'input.item', slowMs: 300 }), end({ token: 'data.item' }, 'item_end')],
      transitions: [{ on: 'done', to: 'end', assign: [{ to: 'tokens', from: 'output' }] }],
    },
    end({ tokens: 'data.tokens' }),
  ],
}

const gate = {
  ...{ ...base, name: 'chaos-gate', title: 'Gate', initial: 'prepare' },
  states: [
    step('prepare', 'review'),
    {
      ...{ kind: 'human', name: 'review', shows: { n: 'input.n', token: 'data.prepare' }, deadlineMs: 3_600_000 },
      transitions: [
        { on: 'approve', to: 'act' },
        ...['reject', 'adjust', 'timeout'].map((on) => ({ on, to: 'refused' })),
      ],
    },
    step('act', 'end', { after: 'data.prepare' }),
    end({ token: 'data.act' }),
    end({ refused: 'true' }, 'refused'),
  ],
}

const undo = {
  agent: 'chaos.undo',
  queue: 'agent.chaos',
  input: { payload: '{"name": "undo", "n": input.n, "effect": true}' },
}
const trip = {
  ...{ ...base, name: 'chaos-undo', title: 'Compensation', initial: 'flight' },
  states: [
    step('flight', 'hotel', { compensate: undo }),
    step('hotel', 'car', { compensate: undo }),
    step('car', 'end', { refuse: true, effect: false }),
    end({}),
  ],
}

const leaf = {
  ...{ ...base, name: 'chaos-leaf', title: 'Leaf', initial: 'leaf' },
  states: [step('leaf', 'end', { after: '"leaf"' }), end({ token: 'data.leaf' })],
}
const family = {
  ...{ ...base, name: 'chaos-family', title: 'Sub-workflows', initial: 'inner' },
  states: [
    {
      ...{ kind: 'workflow', name: 'inner', workflow: 'chaos-leaf', version: 1, input: { n: 'input.n' } },
      transitions: [{ on: 'done', to: 'child', assign: [{ to: 'inner', from: 'output.token' }] }],
    },
    {
      ...{ kind: 'workflow', name: 'child', workflow: 'chaos-leaf', version: 1, detached: true },
      input: { n: 'input.n' },
      transitions: [{ on: 'done', to: 'last', assign: [{ to: 'child', from: 'output.token' }] }],
    },
    step('last', 'end', { after: '[data.inner, data.child]' }),
    end({ token: 'data.last' }),
  ],
}

const poison = {
  ...{ ...base, name: 'chaos-poison', title: 'Poison', initial: 'taste' },
  states: [
    {
      ...{ kind: 'agent', name: 'taste', agent: 'poison', queue: 'agent.poison' },
      input: { payload: '{"kind": input.kind}' },
      ...{ inputContract: anything, outputContract: answer, deadlineMs: 15_000 },
      retry: { attempts: 3, backoff: { delayMs: 100, multiplier: 2, maxMs: 500, jitter: 0.5 }, dispatches: 2 },
      transitions: [{ on: 'done', to: 'end' }],
    },
    end({}),
  ],
}

/** In this order they are registered: a workflow comes before those that contain it. */
export const definitions = [fan, loop, map, gate, trip, leaf, family, poison]

/** Whether a gate of this input is approved; whoever decides and whoever expects must agree. @param {number} n */
export const isApproved = (n) => n % 3 !== 0

const loopToken = (/** @type {number} */ n) => {
  /** @type {string | null} */
  let token = null
  for (let turn = 0; turn < turns; turn += 1) token = tokenOf('turn', n, token)
  return token
}
const itemsOf = (/** @type {number} */ n) => Array.from({ length: 3 + (n % 8) }, (_, index) => n * 100 + index)

/**
 * What can be submitted: the input of the n-th run and what it must come to. `share`: of the runs submitted.
 * @type {Record<string, { share: number, input: (n: number) => object, status: 'completed' | 'failed' | 'any', result: (n: number) => object | null }>}
 */
export const shapes = {
  'chaos-fan': {
    ...{ share: 20, status: 'completed', input: (n) => ({ n }) },
    result: (n) => ({
      token: tokenOf(
        'join',
        n,
        ['left', 'middle', 'right'].map((name) => tokenOf(name, n, null)),
      ),
    }),
  },
  'chaos-loop': {
    ...{ share: 8, status: 'completed', input: (n) => ({ n }) },
    result: (n) => ({ token: loopToken(n), turns }),
  },
  'chaos-map': {
    ...{ share: 6, status: 'completed', input: (n) => ({ n, items: itemsOf(n) }) },
    result: (n) => ({ tokens: itemsOf(n).map((item) => ({ token: tokenOf('item', item, null) })) }),
  },
  'chaos-gate': {
    ...{ share: 12, status: 'completed', input: (n) => ({ n }) },
    result: (n) => (isApproved(n) ? { token: tokenOf('act', n, tokenOf('prepare', n, null)) } : { refused: true }),
  },
  'chaos-undo': { ...{ share: 10, status: 'failed', input: (n) => ({ n }) }, result: () => null },
  'chaos-family': {
    ...{ share: 8, status: 'completed', input: (n) => ({ n }) },
    result: (n) => {
      const token = tokenOf('leaf', n, 'leaf')
      return { token: tokenOf('last', n, [token, token]) }
    },
  },
  'chaos-leaf': {
    ...{ share: 4, status: 'completed', input: (n) => ({ n }) },
    result: (n) => ({ token: tokenOf('leaf', n, 'leaf') }),
  },
  'bench-desk': {
    ...{ share: 30, status: 'completed', input: (n) => ({ n, filler: 'x'.repeat(400) }) },
    result: () => ({ decision: 'approve' }),
  },
}
