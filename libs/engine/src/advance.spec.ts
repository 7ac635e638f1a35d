import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { advance } from './advance.js'
import { checkDefinition } from './check-definition.js'
import type { Branch, Region, StateDefinition, WorkflowDefinition } from './definition.js'
import { initialState } from './initial-state.js'
import type { JsonObject } from './json.js'
import { isFinished } from './step-at.js'
import { aDefinition, anAgent, anEnd } from './testing/a-definition.js'
import { checkInvariants, freeze, InvariantBroken } from './testing/check-invariants.js'
import { explore } from './testing/explore.js'
import { lawsOf } from './testing/laws.js'
import { type AgentReply, simulate } from './testing/simulate.js'

const seed = Number(process.env['SEED'] ?? 20_261_121)
const numRuns = Number(process.env['RUNS'] ?? 400)
const timeout = Math.max(60_000, numRuns * 100)

/** What a definition is made of, before it has names: random ones are easy to shrink this way. */
type Block =
  | { readonly kind: 'agent' | 'human' | 'wait' | 'set'; readonly caught: boolean }
  | { readonly kind: 'choice'; readonly skip: boolean }
  | { readonly kind: 'sub'; readonly blocks: readonly Block[]; readonly caught: boolean }
  | {
      readonly kind: 'parallel'
      readonly branches: readonly (readonly Block[])[]
      readonly policy: 'all' | 'any' | 'k-of-n' | 'quorum' | 'until'
      readonly requirements: readonly Branch['requirement'][]
      readonly bestEffort: boolean
      readonly caught: boolean
    }

const leaf: fc.Arbitrary<Block> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('agent' as const), caught: fc.boolean() }) },
  fc.record({ kind: fc.constantFrom('human' as const, 'wait' as const, 'set' as const), caught: fc.boolean() }),
  fc.record({ kind: fc.constant('choice' as const), skip: fc.boolean() }),
)
const blocksOf = (depth: number): fc.Arbitrary<readonly Block[]> =>
  fc.array(depth === 0 ? leaf : fc.oneof({ weight: 2, arbitrary: leaf }, compound(depth)), {
    minLength: 1,
    maxLength: 3,
  })
const compound = (depth: number): fc.Arbitrary<Block> =>
  fc.oneof(
    fc.record({ kind: fc.constant('sub' as const), blocks: blocksOf(depth - 1), caught: fc.boolean() }),
    fc.record({
      kind: fc.constant('parallel' as const),
      branches: fc.array(blocksOf(depth - 1), { minLength: 1, maxLength: 3 }),
      policy: fc.constantFrom('all' as const, 'any' as const, 'k-of-n' as const, 'quorum' as const, 'until' as const),
      requirements: fc.array(
        fc.constantFrom<Branch['requirement']>(undefined, 'required', 'optional', { degraded: { guessed: true } }),
        { minLength: 3, maxLength: 3 },
      ),
      bestEffort: fc.boolean(),
      caught: fc.boolean(),
    }),
  )

/** Names the blocks of a region and strings them together. */
const regionOf = (blocks: readonly Block[], prefix: string): Region => {
  const nameAt = (position: number): string => (position < blocks.length ? `${prefix}_${position}` : `${prefix}_end`)
  const states = blocks.map((block, position) => stateOf(block, nameAt(position), nameAt(position + 1)))
  return { initial: nameAt(0), states: [...states, anEnd({ name: nameAt(blocks.length), result: { data: 'data' } })] }
}

const stateOf = (block: Block, name: string, next: string): StateDefinition => {
  const caught = 'caught' in block && block.caught ? [{ on: 'failed', to: next }] : []
  const transitions = [{ on: 'done', to: next, assign: [{ to: name, from: 'output' }] }, ...caught]
  switch (block.kind) {
    case 'agent':
      return anAgent({ name, deadlineMs: 50, input: { all: 'data' }, transitions })
    case 'set':
      return { kind: 'set', name, assign: [{ to: 'sets', from: '1', reducer: 'sum' }], transitions }
    case 'wait':
      return { kind: 'wait', name, forMs: '10', transitions }
    case 'human':
      return {
        kind: 'human',
        name,
        shows: { all: 'data' },
        deadlineMs: 100,
        transitions: ['approve', 'reject', 'adjust', 'timeout'].map((on) => ({ on, to: next })),
      }
    case 'choice':
      return { kind: 'choice', name, transitions: [{ when: String(block.skip), to: next }, { to: next }] }
    case 'sub':
      return {
        kind: 'workflow',
        name,
        workflow: 'inner',
        version: 1,
        input: { all: 'data' },
        body: regionOf(block.blocks, name),
        transitions,
      }
    case 'parallel':
      return {
        kind: 'parallel',
        name,
        join:
          block.policy === 'k-of-n'
            ? { policy: 'k-of-n', k: Math.ceil(block.branches.length / 2) }
            : block.policy === 'until'
              ? { policy: 'until', deadlineMs: 70, min: 1 }
              : { policy: block.policy },
        onBranchFailure: block.bestEffort ? 'best-effort' : 'fail-fast',
        branches: block.branches.map((blocks, position) => {
          const requirement = block.requirements[position]
          return {
            name: `${name}_${position}`,
            ...regionOf(blocks, `${name}_${position}`),
            ...(requirement === undefined ? {} : { requirement }),
          }
        }),
        transitions,
      }
  }
}

const definitions: fc.Arbitrary<WorkflowDefinition> = blocksOf(2).map((blocks) => {
  const { initial, states } = regionOf(blocks, 's')
  return aDefinition(
    states.filter(({ name }) => name !== 'end'),
    { initial, states },
  )
})
const numbers = fc.array(fc.nat(99), { minLength: 60, maxLength: 60 })
const replies: readonly AgentReply[] = [
  { output: { ok: true } },
  { output: { ok: true } },
  { output: { ok: true } },
  { failed: { code: 'BROKEN', message: 'broken' } },
  { silent: true },
  { ask: { question: 'really?' } },
]

/** A world in which everything that can be chosen is chosen by the numbers. */
const worldOf = (chosen: readonly number[]) => {
  const next = (count: number, turn: number): number => (chosen[turn % chosen.length] ?? 0) % count
  let turn = 0
  const agent = ({ dispatch, decision }: { dispatch: number; decision: JsonObject | null }): AgentReply => {
    const reply = replies[next(replies.length, dispatch)] ?? { silent: true }
    return 'ask' in reply && decision !== null ? { output: {} } : reply
  }
  return {
    agents: new Proxy({}, { get: () => agent }),
    choose: (count: number) => next(count, (turn += 1)),
    decide: () =>
      [null, { decision: 'approve' }, { decision: 'reject' }, { decision: 'magic' }][next(4, (turn += 1))] ?? null,
  }
}

describe('random definitions in random worlds', { timeout }, () => {
  test('keep every invariant, and end', () => {
    fc.assert(
      fc.property(definitions, numbers, (definition, chosen) => {
        expect(checkDefinition(definition).filter(({ severity }) => severity === 'error')).toEqual([])
        const { agents, ...options } = worldOf(chosen)
        let resumed = 0
        const { state } = simulate(definition, agents, {
          ...options,
          interfere: (_, event, { state: after }) => {
            if (after.status !== 'failed' || resumed > 2) return []
            resumed += 1
            return [{ type: 'ResumeRequested', at: event.at + 1, by: 'op', checkpoint: null }]
          },
        })
        expect(isFinished(state.status)).toBe(true)
      }),
      { seed, numRuns },
    )
  })

  test('can be cancelled at any moment, or taken back to any state they were in', () => {
    fc.assert(
      fc.property(definitions, numbers, fc.nat(30), fc.boolean(), (definition, chosen, moment, back) => {
        const { agents, ...options } = worldOf(chosen)
        let count = 0
        const { state } = simulate(definition, agents, {
          ...options,
          interfere: (before, { at }, { state: after }) => {
            count += 1
            if (count !== moment || isFinished(after.status)) return []
            if (!back) return [{ type: 'CancelRequested', at, by: 'op', reason: null }]
            return [{ type: 'ResumeRequested', at, by: 'op', checkpoint: 1, restored: before }]
          },
        })
        expect(isFinished(state.status)).toBe(true)
      }),
      { seed, numRuns },
    )
  })

  test('obey the laws', () => {
    fc.assert(
      fc.property(definitions, numbers, (definition, chosen) => {
        const laws = ['a repeated', 'a late', 'replaying', 'the order', 'folding']
        for (const law of laws) {
          // A new world for each, as worlds keep count.
          const { agents, ...options } = worldOf(chosen)
          const world = { agents, options }
          const found = lawsOf(definition, world).find(({ fact }) => fact.startsWith(law))
          expect(found?.check).not.toThrow()
        }
      }),
      { seed, numRuns: numRuns / 4 },
    )
  })
})

describe('the invariants can be broken', () => {
  const definition = aDefinition([anAgent({ name: 'work' })])
  const before = initialState({ runId: 'r', submittedBy: 's' })
  const event = { type: 'RunStarted', at: 1, input: {} } as const
  const sound = advance(definition, before, event)

  test('a sound result passes', () => {
    expect(() => checkInvariants(before, event, sound)).not.toThrow()
  })

  test.each([
    ['a gap in seq', { ...sound, state: { ...sound.state, published: 9 } }],
    ['progress that falls', { ...sound, state: { ...sound.state, progress: -1 } }],
    ['progress 1 before the end', { ...sound, state: { ...sound.state, progress: 1 } }],
    ['a dispatch that is not counted', { ...sound, state: { ...sound.state, dispatchCount: 0 } }],
    ['a run that waits for nothing', { ...sound, state: { ...sound.state, steps: {} } }],
    ['a job that nobody dispatched', { ...sound, commands: sound.commands.filter(({ type }) => type !== 'Dispatch') }],
    ['an undefined member', { ...sound, state: { ...sound.state, result: undefined } }],
    [
      'a settled debt that nobody owes',
      { ...sound, commands: [...sound.commands, { type: 'Settle', step: 'x', dispatch: 9 }] },
    ],
    ['an end that is not told', { ...sound, state: { ...sound.state, status: 'completed', progress: 1 } }],
    ['an ignored event with commands', { ...sound, ignored: 'because' }],
  ])('%s is found', (_, broken) => {
    expect(() => checkInvariants(before, event, broken as typeof sound)).toThrow(InvariantBroken)
  })

  test('a walk finds a state that waits for nothing', () => {
    const dead = aDefinition([{ kind: 'choice', name: 'c', transitions: [{ to: 'end' }] }])
    expect(explore(dead).statuses).toEqual({ completed: 1 })
    expect(() => explore({ ...dead, initial: 'nowhere' })).toThrow('nowhere')
  })
})

describe('advance', () => {
  test('leaves the state that it is given as it is', () => {
    const definition = aDefinition([anAgent({ name: 'work' })])
    const state = freeze(initialState({ runId: 'r', submittedBy: 's' }))
    expect(() => advance(definition, state, freeze({ type: 'RunStarted', at: 1, input: {} }))).not.toThrow()
  })

  test('ignores whatever comes before the start and a second start', () => {
    const definition = aDefinition([anAgent({ name: 'work' })])
    const state = initialState({ runId: 'r', submittedBy: 's' })
    const early = { type: 'StepStarted', at: 1, step: 'work', dispatch: 1, attempt: 1 } as const
    expect(advance(definition, state, early).ignored).toBe('not-started')
    const started = advance(definition, state, { type: 'RunStarted', at: 1, input: {} }).state
    expect(advance(definition, started, { type: 'RunStarted', at: 1, input: {} }).ignored).toBe('already-started')
    expect(advance(definition, state, { type: 'CancelRequested', at: 1, by: 'x', reason: null }).state.status).toBe(
      'cancelled',
    )
  })

  test('of a state that is not supported fails the run rather than running it wrongly', () => {
    const sub: StateDefinition = {
      kind: 'workflow',
      name: 'sub',
      workflow: 'w',
      version: 1,
      input: {},
      transitions: [],
    }
    const { state } = advance(aDefinition([sub]), initialState({ runId: 'r', submittedBy: 's' }), {
      type: 'RunStarted',
      at: 1,
      input: {},
    })
    expect(state).toMatchObject({ status: 'failed', error: { code: 'NOT_SUPPORTED' } })
  })
})
