import { describe, expect, test } from 'vitest'
import type { Branch, ParallelState, StateDefinition } from './definition.js'
import { aDefinition, anAgent, anEnd } from './testing/a-definition.js'
import { aRun } from './testing/a-run.js'

const branch = (name: string, given: Partial<Branch> = {}): Branch => ({
  name,
  initial: name,
  states: [
    anAgent({ name, transitions: [{ on: 'done', to: `${name}_end`, assign: [{ to: name, from: 'output' }] }] }),
    anEnd({ name: `${name}_end`, result: { value: `data.${name}` } }),
  ],
  ...given,
})
const fan = (given: Partial<ParallelState> = {}): ParallelState => ({
  kind: 'parallel',
  name: 'fan',
  join: { policy: 'all' },
  onBranchFailure: 'fail-fast',
  branches: [branch('a'), branch('b'), branch('c')],
  transitions: [{ on: 'done', to: 'end', assign: [{ to: 'joined', from: 'output' }] }],
  ...given,
})
const result = anEnd({ result: { joined: 'data.joined' } })
const run = (given: Partial<ParallelState> = {}, ...more: readonly StateDefinition[]) =>
  aRun(aDefinition([fan(given), ...more, result]))

describe('a fan-out', () => {
  test('dispatches every branch at once and goes on when all have come in', () => {
    const it = run()
    expect(it.commands.filter(({ type }) => type === 'Dispatch')).toHaveLength(3)
    it.succeed('c', 3).succeed('a', 1)
    expect(it.step('fan').branches).toEqual({ a: 'done', b: 'open', c: 'done' })
    it.succeed('b', 2)
    expect(it.state.result).toEqual({ joined: { a: { value: 1 }, b: { value: 2 }, c: { value: 3 } } })
  })

  test('closes its join once, under the span of the step', () => {
    const it = run().succeed('a').succeed('b').succeed('c')
    const spans = it.commands.flatMap((c) => (c.type === 'EndSpan' ? [[c.key, c.parentKey]] : []))
    expect(spans).toContainEqual(['join:fan:1', 'step:fan:1'])
    expect(spans).toContainEqual(['step:c:1', 'step:fan:1'])
    expect(spans).toContainEqual(['step:fan:1', 'run'])
  })

  test('any: the first in closes the join and the others are cancelled', () => {
    const it = run({ join: { policy: 'any' } }).succeed('b', 2)
    expect(it.commands.filter(({ type }) => type === 'CancelJob')).toHaveLength(2)
    expect(it.step('a')).toMatchObject({ status: 'cancelled' })
    expect(it.step('fan').branches).toEqual({ a: 'cancelled', b: 'done', c: 'cancelled' })
    expect(it.state.result).toEqual({ joined: { a: null, b: { value: 2 }, c: null } })
  })

  test('until: the deadline takes what has come in', () => {
    const it = run({ join: { policy: 'until', deadlineMs: 50, min: 1 } })
      .succeed('a', 1)
      .later(50)
    it.give({ type: 'DeadlineReached', deadline: 'join', step: 'fan', dispatch: null, gateId: null })
    expect(it.state.result).toEqual({ joined: { a: { value: 1 }, b: null, c: null } })
  })

  test('until: too few at the deadline fail it with JOIN_NOT_MET', () => {
    const it = run({ join: { policy: 'until', deadlineMs: 50, min: 1 } }).later(50)
    it.give({ type: 'DeadlineReached', deadline: 'join', step: 'fan', dispatch: null, gateId: null })
    expect(it.state.error).toMatchObject({ code: 'JOIN_NOT_MET', step: 'fan' })
  })

  test('a branch of local states only may close the join while others are being opened', () => {
    const local: Branch = {
      name: 'l',
      initial: 'local',
      states: [
        { kind: 'set', name: 'local', assign: [], transitions: [{ on: 'done', to: 'local_end' }] },
        anEnd({ name: 'local_end' }),
      ],
    }
    const it = run({ join: { policy: 'any' }, branches: [local, branch('a')] })
    expect(it.state.status).toBe('completed')
    expect(it.commands.filter(({ type }) => type === 'Dispatch')).toEqual([])
  })
})

describe('a failing branch', () => {
  test('fail-fast: stops the others and fails the run with its error', () => {
    const it = run().fail('b', 'POISON')
    expect(it.state.error).toEqual({ code: 'POISON', message: 'broken', step: 'b' })
    expect(it.published).toEqual(['step.failed', 'step.failed', 'run.failed'])
    expect(it.commands.filter(({ type }) => type === 'CancelJob')).toHaveLength(2)
    expect(it.step('fan')).toMatchObject({
      status: 'failed',
      branches: { a: 'cancelled', b: 'failed', c: 'cancelled' },
    })
  })

  test('best-effort: lets the others finish first', () => {
    const it = run({ onBranchFailure: 'best-effort' }).fail('b', 'POISON').succeed('a')
    expect(it.state.status).toBe('running')
    expect(it.succeed('c').state.error).toMatchObject({ code: 'POISON', step: 'b' })
  })

  test('by environment: as was said when the run began, else fail-fast', () => {
    const definition = aDefinition([fan({ onBranchFailure: 'by-environment' }), result])
    const under = (branchFailure?: 'fail-fast' | 'best-effort') =>
      aRun(definition, {}, { type: 'RunStarted', input: {}, ...(branchFailure ? { policies: { branchFailure } } : {}) })
    expect(under('best-effort').fail('b', 'POISON').state.status).toBe('running')
    expect(under('fail-fast').fail('b', 'POISON').state.status).toBe('failed')
    expect(under().fail('b', 'POISON').state.status).toBe('failed')
  })

  test('best-effort: the first of several failures is the one that is told', () => {
    const it = run({ onBranchFailure: 'best-effort' }).fail('b', 'FIRST').fail('a', 'SECOND').succeed('c')
    expect(it.state.error).toMatchObject({ code: 'FIRST', step: 'b' })
  })

  test('optional: the join does without it', () => {
    const it = run({ branches: [branch('a'), branch('b', { requirement: 'optional' })] })
      .fail('b')
      .succeed('a', 1)
    expect(it.state.result).toEqual({ joined: { a: { value: 1 }, b: null } })
  })

  test('degraded: the join sees the default', () => {
    const it = run({ branches: [branch('a'), branch('b', { requirement: { degraded: { value: 'guess' } } })] })
    it.fail('b').succeed('a', 1)
    expect(it.state.result).toEqual({ joined: { a: { value: 1 }, b: { value: 'guess' } } })
    expect(it.step('fan').branches).toMatchObject({ b: 'degraded' })
  })

  test('the failed transition of the fan-out handles it', () => {
    const transitions = [
      { on: 'failed', to: 'plan_b', assign: [{ to: 'why', from: 'event.error.code' }] },
      { on: 'done', to: 'end' },
    ]
    const it = run({ transitions }, anAgent({ name: 'plan_b', input: { why: 'data.why' } })).fail('a', 'POISON')
    expect(it.commands.find(({ type }) => type === 'Dispatch')).toMatchObject({
      step: 'plan_b',
      input: { why: 'POISON' },
    })
  })
})

describe('dead letters', () => {
  const letters = (it: ReturnType<typeof aRun>) => it.commands.filter(({ type }) => type === 'DeadLetter')

  test('a failure that nothing handles is one, with its stack, which the state does not keep', () => {
    const it = aRun(aDefinition([anAgent({ name: 'work' })])).fail('work', 'POISON')
    expect(letters(it)).toMatchObject([{ step: 'work', dispatch: 1, error: { code: 'POISON', stack: 'at x' } }])
    expect(it.state.error).toEqual({ code: 'POISON', message: 'broken', step: 'work' })
  })

  test('a required branch’s failure is one at once, even if others still go on', () => {
    expect(letters(run({ onBranchFailure: 'best-effort' }).fail('b'))).toHaveLength(1)
  })

  test.each<[string, Partial<ParallelState>]>([
    ['optional', { branches: [branch('a'), branch('b', { requirement: 'optional' })] }],
    ['degraded', { branches: [branch('a'), branch('b', { requirement: { degraded: null } })] }],
    [
      'caught around',
      {
        transitions: [
          { on: 'done', to: 'end' },
          { on: 'failed', to: 'end' },
        ],
      },
    ],
  ])('an %s failure is none', (_, given) => {
    expect(letters(run(given).fail('b'))).toEqual([])
  })

  test('a failure that the step’s own transition handles is none', () => {
    const transitions = [
      { on: 'failed', to: 'end' },
      { on: 'done', to: 'end' },
    ]
    const it = aRun(aDefinition([anAgent({ name: 'work', transitions })])).fail('work')
    expect([letters(it), it.state.status]).toEqual([[], 'completed'])
  })
})

describe('loops', () => {
  const loop = aDefinition([
    anAgent({ name: 'draft', maxVisits: 3, transitions: [{ on: 'done', to: 'enough' }] }),
    {
      kind: 'choice',
      name: 'enough',
      maxVisits: 9,
      transitions: [{ when: 'steps.draft.visits >= 5', to: 'end' }, { to: 'draft' }],
    },
  ])

  test('each visit is a new one, progress does not fall, and the cap fails the run', () => {
    const it = aRun(loop).succeed('draft')
    expect(it.step('draft')).toMatchObject({ status: 'waiting', visits: 2, dispatch: 2, dispatches: 1, attempts: 0 })
    const { progress } = it.state
    it.succeed('draft')
    expect(it.step('draft')).toMatchObject({ status: 'waiting', visits: 3 })
    it.succeed('draft')
    expect(it.state).toMatchObject({ status: 'failed', error: { code: 'LOOP_EXHAUSTED', step: 'draft' }, progress })
  })

  test('what a compound holds begins anew with its visit', () => {
    const inner = ['one', 'two'].map((name, position) =>
      anAgent({ name, transitions: [{ on: 'done', to: position === 0 ? 'two' : 'end' }] }),
    )
    const sub: StateDefinition = {
      kind: 'workflow',
      name: 'sub',
      workflow: 'w',
      version: 1,
      maxVisits: 2,
      input: {},
      body: { initial: 'one', states: [...inner, anEnd()] },
      transitions: [
        { on: 'done', when: 'steps.sub.visits < 2', to: 'sub' },
        { on: 'done', to: 'end' },
      ],
    }
    const it = aRun(aDefinition([sub]))
      .succeed('sub.one')
      .succeed('sub.two')
    expect(it.step('sub.one')).toMatchObject({ status: 'waiting', visits: 2 })
    expect(it.step('sub.two')).toMatchObject({ status: 'pending', visits: 1, finishedAt: null })
    expect(it.succeed('sub.one').succeed('sub.two').state.status).toBe('completed')
  })

  test('a circle of local states ends', () => {
    const circle = aDefinition([
      { kind: 'set', name: 'a', assign: [], transitions: [{ on: 'done', to: 'b' }] },
      { kind: 'set', name: 'b', assign: [], transitions: [{ on: 'done', to: 'a' }] },
    ])
    expect(aRun(circle).state.error).toMatchObject({ code: 'LOOP_EXHAUSTED' })
  })
})

describe('sub-workflows', () => {
  const sub = (states: readonly StateDefinition[]): StateDefinition => ({
    kind: 'workflow',
    name: 'sub',
    workflow: 'w',
    version: 1,
    input: { n: 'input.n' },
    body: { initial: states[0]?.name ?? '', states },
    transitions: [{ on: 'done', to: 'end', assign: [{ to: 'got', from: 'output' }] }],
  })

  test('have a shared state of their own, which goes when they end', () => {
    const inner = anAgent({
      name: 'inner',
      input: { n: 'input.n', outer: 'data.outer', self: 'steps.inner.visits' },
      transitions: [{ on: 'done', to: 'end', assign: [{ to: 'mine', from: 'output.x' }] }],
    })
    const definition = aDefinition([
      { kind: 'set', name: 'first', assign: [{ to: 'outer', from: '1' }], transitions: [{ on: 'done', to: 'sub' }] },
      sub([inner, anEnd({ result: { mine: 'data.mine', n: 'input.n' } })]),
      anEnd({ result: { got: 'data.got', mine: 'data.mine' } }),
    ])
    const it = aRun(definition, { n: 7 })
    expect(it.commands.find(({ type }) => type === 'Dispatch')).toMatchObject({
      step: 'sub.inner',
      input: { n: 7, outer: null, self: 1 },
    })
    it.succeed('sub.inner', { x: 'mine' })
    expect(it.state.result).toEqual({ got: { mine: 'mine', n: 7 }, mine: null })
    expect(Object.keys(it.state.scopes)).toEqual([''])
  })

  test('a failed end of theirs fails them', () => {
    const it = aRun(
      aDefinition([
        sub([anAgent({ name: 'inner' }), anEnd({ status: 'failed', error: { code: 'NO', message: 'no' } })]),
      ]),
    )
    expect(it.succeed('sub.inner').state.error).toMatchObject({ code: 'NO', step: 'sub' })
  })
})

test('steps that can no longer come are skipped', () => {
  const it = aRun(
    aDefinition([
      { kind: 'choice', name: 'pick', transitions: [{ when: 'input.long', to: 'long' }, { to: 'short' }] },
      anAgent({ name: 'long', transitions: [{ on: 'done', to: 'short' }] }),
      anAgent({ name: 'short' }),
    ]),
  )
  expect(it.step('long').status).toBe('skipped')
  expect(it.step('short').status).toBe('waiting')
})

test('reducers join what a key holds', () => {
  const assign = [
    { to: 'list', from: '[1]', reducer: 'append' as const },
    { to: 'list', from: '2', reducer: 'append' as const },
    { to: 'bag', from: '{"a": 1}', reducer: 'merge' as const },
    { to: 'bag', from: '{"b": data.list}', reducer: 'merge' as const },
    { to: 'total', from: '2', reducer: 'sum' as const },
    { to: 'total', from: '3', reducer: 'sum' as const },
    { to: 'deep.er', from: 'data.total' },
  ]
  const set: StateDefinition = { kind: 'set', name: 's', assign, transitions: [{ on: 'done', to: 'end' }] }
  const it = aRun(aDefinition([set]))
  expect(it.state.scopes['']?.data).toEqual({ list: [1, 2], bag: { a: 1, b: [1, 2] }, total: 5, deep: { er: 5 } })
  const wrong = { ...set, assign: [{ to: 'x', from: '"text"', reducer: 'sum' as const }] }
  expect(aRun(aDefinition([wrong])).state.error).toMatchObject({ code: 'EXPRESSION_FAILED', step: 's' })
})

test('actions happen on entry, exit and transition, in that order', () => {
  const log = (message: string) => ({ do: 'log' as const, message })
  const it = aRun(
    aDefinition([
      anAgent({
        name: 'work',
        entry: [log('entry'), { do: 'notify', channel: 'mail', message: 'begun' }],
        exit: [log('exit'), { do: 'assign', assign: [{ to: 'left', from: 'true' }] }],
        transitions: [{ on: 'done', to: 'end', actions: [log('transition')] }],
      }),
    ]),
  )
  expect(it.commands.flatMap((c) => (c.type === 'Log' || c.type === 'Notify' ? [c.message] : []))).toEqual([
    'entry',
    'begun',
  ])
  it.succeed('work')
  expect(it.commands.flatMap((c) => (c.type === 'Log' ? [c.message] : []))).toEqual(['exit', 'transition'])
  expect(it.state.scopes['']?.data).toEqual({ left: true })
})

test('artifacts are versioned and name the version before', () => {
  const draft = anAgent({
    name: 'draft',
    maxVisits: 5,
    artifacts: [{ name: 'brief', type: 'brief', mediaType: 'text/plain', content: 'output.text' }],
    transitions: [
      { on: 'done', when: 'steps.draft.visits < 2', to: 'draft' },
      { on: 'done', to: 'end' },
    ],
  })
  const it = aRun(aDefinition([draft])).succeed('draft', { text: 'one' })
  expect(it.commands.find(({ type }) => type === 'SaveArtifact')).toMatchObject({
    artifactId: 'r.brief.v1',
    parentId: null,
    content: 'one',
  })
  it.succeed('draft', { text: 'two' })
  expect(it.commands.find(({ type }) => type === 'SaveArtifact')).toMatchObject({
    artifactId: 'r.brief.v2',
    parentId: 'r.brief.v1',
    version: 2,
  })
  expect(it.published).toContain('artifact.saved')
})
