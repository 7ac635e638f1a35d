import { describe, expect, test } from 'vitest'
import { checkDefinition } from './check-definition.js'
import type { HumanState, ParallelState, StateDefinition, SubWorkflowState } from './definition.js'
import { aDefinition, anAgent, anEnd } from './testing/a-definition.js'

const codes = (definition: unknown): readonly string[] => checkDefinition(definition).map(({ code }) => code)

const aGate = (given: Partial<HumanState> = {}): HumanState => ({
  kind: 'human',
  name: 'gate',
  shows: {},
  deadlineMs: 1_000,
  transitions: ['approve', 'reject', 'adjust', 'timeout'].map((on) => ({ on, to: 'end' })),
  ...given,
})

const aParallel = (given: Partial<ParallelState> = {}): ParallelState => ({
  kind: 'parallel',
  name: 'both',
  join: { policy: 'all' },
  onBranchFailure: 'fail-fast',
  branches: ['a', 'b'].map((name) => ({
    name,
    initial: name,
    states: [anAgent({ name, transitions: [{ on: 'done', to: `${name}_end` }] }), anEnd({ name: `${name}_end` })],
  })),
  transitions: [{ on: 'done', to: 'end' }],
  ...given,
})

const agent = anAgent({ name: 'work' })

test('a sound definition has no findings', () => {
  expect(checkDefinition(aDefinition([agent]))).toEqual([])
  expect(checkDefinition(aDefinition([aParallel()]))).toEqual([])
  expect(checkDefinition(aDefinition([aGate()]))).toEqual([])
})

describe('shape', () => {
  test.each([
    ['null', null, ''],
    ['a list', [], ''],
    ['an unknown kind', aDefinition([{ kind: 'magic', name: 'x' } as unknown as StateDefinition]), '/states/0'],
    ['a missing member', { ...aDefinition([agent]), title: undefined }, ''],
    ['a misspelt member', aDefinition([{ ...agent, deadline: 5 } as StateDefinition]), '/states/0'],
    [
      'a member of the wrong type',
      aDefinition([{ ...agent, deadlineMs: '5' } as unknown as StateDefinition]),
      '/states/0/deadlineMs',
    ],
    ['no deadline', aDefinition([{ ...agent, deadlineMs: undefined } as unknown as StateDefinition]), '/states/0'],
    ['a dotted name', aDefinition([anAgent({ name: 'a.b' })]), '/states/0/name'],
    [
      'a prototype as target',
      aDefinition([
        {
          kind: 'set',
          name: 's',
          assign: [{ to: '__proto__.x', from: '1' }],
          transitions: [{ on: 'done', to: 'end' }],
        },
      ]),
      '/states/0/assign/0/to',
    ],
  ])('%s is refused where it stands', (_, definition, where) => {
    const findings = checkDefinition(JSON.parse(JSON.stringify(definition)))
    expect(findings.map((finding) => finding.code)).toContain('SHAPE')
    expect(findings.map((finding) => finding.where)).toContain(where)
  })
})

describe('rules', () => {
  const loop: readonly StateDefinition[] = [
    anAgent({ name: 'a', outcome: '"again"', transitions: [{ on: 'again', to: 'b' }] }),
    { kind: 'choice', name: 'b', transitions: [{ when: 'data.more', to: 'a' }, { to: 'end' }] },
  ]
  const sub: SubWorkflowState = {
    kind: 'workflow',
    name: 'sub',
    workflow: 'other',
    version: 1,
    input: {},
    transitions: [{ on: 'done', to: 'end' }],
  }
  const toEnd = [{ on: 'done', to: 'end' }]

  test.each<[string, readonly StateDefinition[], object]>([
    ['TARGET_DANGLING', [anAgent({ name: 'a', transitions: [{ on: 'done', to: 'nowhere' }, ...toEnd] })], {}],
    ['INITIAL_DANGLING', [agent], { initial: 'nowhere' }],
    ['NAME_DUPLICATE', [agent, agent], {}],
    ['STATE_UNREACHABLE', [agent, anAgent({ name: 'island' })], {}],
    ['END_UNREACHABLE', [anAgent({ name: 'a', transitions: [{ on: 'done', to: 'a' }], maxVisits: 3 })], {}],
    ['LOOP_UNBOUNDED', loop, {}],
    ['TRANSITION_SHADOWED', [anAgent({ name: 'a', transitions: [...toEnd, ...toEnd] })], {}],
    ['CHOICE_GAP', [{ kind: 'choice', name: 'c', transitions: [{ when: 'data.x', to: 'end' }] }], {}],
    ['CHOICE_EVENT', [{ kind: 'choice', name: 'c', transitions: toEnd }], {}],
    ['OUTCOME_UNANSWERED', [anAgent({ name: 'a', transitions: [{ on: 'failed', to: 'end' }] })], {}],
    ['EVENT_MISSING', [anAgent({ name: 'a', transitions: [...toEnd, { to: 'end' }] })], {}],
    ['GATE_TIMEOUT_MISSING', [aGate({ transitions: [{ on: 'approve', to: 'end' }] })], {}],
    ['GATE_OUTCOME_UNANSWERED', [aGate({ outcomes: ['minor_changes'] })], {}],
    ['WAIT_AMBIGUOUS', [{ kind: 'wait', name: 'w', transitions: toEnd }], {}],
    ['DEADLINE_MISSING', [{ kind: 'wait', name: 'w', signal: 's', transitions: toEnd }], {}],
    ['WEIGHTS_SUM', [anAgent({ name: 'a', weight: 99 })], {}],
    ['JOIN_IMPOSSIBLE', [aParallel({ join: { policy: 'k-of-n', k: 3 } })], {}],
    ['JOIN_IMPOSSIBLE', [aParallel({ join: { policy: 'until', deadlineMs: 5, min: 3 } })], {}],
    ['EFFECT_UNGUARDED', [anAgent({ name: 'send', effects: 'irreversible' })], {}],
    ['EXPRESSION_INVALID', [anAgent({ name: 'a', input: { x: 'nonsense.x' } })], {}],
    ['EXPRESSION_INVALID', [anAgent({ name: 'a', input: { x: 'data.a.matches("b")' } })], {}],
    ['BODY_MISSING', [sub], {}],
    ['REMINDER_LATE', [aGate({ remindEveryMs: 1e9 })], {}],
    ['REMINDER_LATE', [aGate({ escalate: { afterMs: 1e9, channel: 'head' } })], {}],
    ['EXPRESSION_INVALID', [anAgent({ name: 'a', checkpoint: { every: 5, of: 'data.' } })], {}],
  ])('%s is found', (code, states, given) => {
    expect(codes(aDefinition(states, given))).toContain(code)
  })

  test('the states of a map have a namespace of their own', () => {
    const map: StateDefinition = {
      kind: 'map',
      name: 'each',
      items: 'input.items',
      concurrency: 1,
      itemsMax: 10,
      onItemFailure: 'best-effort',
      initial: 'one',
      states: [anAgent({ name: 'one', transitions: [{ on: 'done', to: 'end' }] }), anEnd({ name: 'end' })],
      transitions: toEnd,
    }
    expect(codes(aDefinition([map]))).toEqual([])
  })

  test('an irreversible effect behind a gate on every way is allowed, also inside a compound', () => {
    const send = anAgent({ name: 'send', effects: 'irreversible' })
    const gate = aGate({
      transitions: [{ on: 'approve', to: 'send' }, ...['reject', 'adjust', 'timeout'].map((on) => ({ on, to: 'end' }))],
    })
    expect(codes(aDefinition([gate, send]))).toEqual([])
    const inside: SubWorkflowState = {
      ...sub,
      name: 'send',
      body: { initial: 'mail', states: [anAgent({ name: 'mail', effects: 'irreversible' }), anEnd()] },
    }
    expect(codes(aDefinition([gate, inside]))).toEqual([])
    expect(codes(aDefinition([inside]))).toEqual(['EFFECT_UNGUARDED'])
  })

  test('a way around the gate is found', () => {
    const fork: StateDefinition = {
      kind: 'choice',
      name: 'fork',
      transitions: [{ when: 'input.small', to: 'send' }, { to: 'gate' }],
    }
    const gate = aGate({ transitions: ['approve', 'reject', 'adjust', 'timeout'].map((on) => ({ on, to: 'send' })) })
    expect(codes(aDefinition([fork, gate, anAgent({ name: 'send', effects: 'irreversible' })]))).toEqual([
      'EFFECT_UNGUARDED',
    ])
  })

  test('a contract that nobody registered is found', () => {
    const findings = checkDefinition(aDefinition([agent]), { resolveContract: () => false })
    expect(findings.map(({ code, where }) => [code, where])).toEqual([
      ['CONTRACT_UNKNOWN', ''],
      ['CONTRACT_UNKNOWN', 'work'],
      ['CONTRACT_UNKNOWN', 'work'],
    ])
  })

  test('names may repeat in another namespace only', () => {
    const body = { initial: 'work', states: [agent, anEnd()] }
    const inner: SubWorkflowState = { ...sub, body, transitions: [{ on: 'done', to: 'work' }] }
    expect(codes(aDefinition([inner, agent]))).toEqual([])
    const twice = aParallel({ branches: [0, 1].map((n) => ({ name: `b${n}`, ...body })) })
    expect(codes(aDefinition([twice]))).toContain('NAME_DUPLICATE')
  })
})
