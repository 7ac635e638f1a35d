import { describe, expect, test } from 'vitest'
import { checkDefinition } from './check-definition.js'
import type { MapState, WorkflowDefinition } from './definition.js'
import type { Json } from './json.js'
import { aDefinition, anAgent, anEnd } from './testing/a-definition.js'
import { aRun, type TestRun } from './testing/a-run.js'
import { explore } from './testing/explore.js'
import { lawsOf } from './testing/laws.js'
import { type SimulateOptions, simulate } from './testing/simulate.js'
import { stepsOf } from './steps-of.js'

const aMap = (given: Partial<MapState> = {}): MapState => ({
  kind: 'map',
  name: 'vendors',
  items: 'input.vendors',
  concurrency: 2,
  itemsMax: 100,
  onItemFailure: 'fail-fast',
  initial: 'search',
  states: [
    anAgent({ name: 'search', input: { vendor: 'input.item', place: 'input.index' } }),
    anEnd({ result: { found: 'steps.search.visits', vendor: 'input.item' } }),
  ],
  transitions: [{ on: 'done', to: 'end', assign: [{ to: 'found', from: 'output' }] }],
  ...given,
})
const ending = anEnd({ result: { found: 'data.found' } })
const aMapping = (given: Partial<MapState> = {}): WorkflowDefinition => aDefinition([aMap(given), ending])
const vendors = (count: number): Json => ({ vendors: Array.from({ length: count }, (_, index) => `v${index}`) })
const dispatched = (run: TestRun): readonly string[] =>
  run.commands.flatMap((command) => (command.type === 'Dispatch' ? [command.step] : []))
const ask = (run: TestRun): string | undefined =>
  run.commands.find(({ type }) => type === 'ReadItems' || type === 'CollectItems')?.type
const collected = (run: TestRun, outputs: readonly Json[]): TestRun =>
  run.give({ type: 'ItemsCollected', step: 'vendors', visit: run.step('vendors').visits, outputs })

describe('a map', () => {
  test('starts as many items as may run at once, each with its own input', () => {
    const run = aRun(aMapping(), vendors(3))
    expect(dispatched(run)).toEqual(['vendors.0.search', 'vendors.1.search'])
    expect(run.commands.filter(({ type }) => type === 'Dispatch')[1]).toMatchObject({
      input: { vendor: 'v1', place: 1 },
    })
    expect(run.step('vendors').items).toMatchObject({ total: 3, done: 0, failed: 0, open: [0, 1] })
    expect(dispatched(run.start('vendors.1.search').succeed('vendors.1.search'))).toEqual(['vendors.2.search'])
    expect(run.step('vendors.1.search').status).toBe('pending')
    expect(run.commands).toContainEqual(
      expect.objectContaining({ type: 'SaveItem', index: 1, status: 'done', output: { found: 1, vendor: 'v1' } }),
    )
  })

  test('gives the results in the order of the items, whichever came first', () => {
    const agents = { search: () => ({ output: {} }) }
    for (const last of [0, 1]) {
      const options: SimulateOptions = { input: vendors(5), choose: (count) => (last === 0 ? 0 : count - 1) }
      const { state } = simulate(aMapping(), agents, options)
      expect(state.status).toBe('completed')
      expect(state.result).toEqual({ found: [0, 1, 2, 3, 4].map((n) => ({ found: 1, vendor: `v${n}` })) })
      expect(Object.keys(state.steps)).toEqual(['vendors'])
    }
  })

  test('keeps few items in the state, however long the list is', () => {
    const most = (count: number): number => {
      let size = 0
      simulate(
        aMapping({ concurrency: 10, itemsMax: 5_000 }),
        {},
        {
          input: vendors(count),
          eventsMax: 100_000,
          interfere: (_, __, { state }) => {
            size = Math.max(size, JSON.stringify({ steps: state.steps, scopes: { ...state.scopes, '': null } }).length)
            return []
          },
        },
      )
      return size
    }
    expect(most(2_000)).toBeLessThan(1.2 * most(200))
  })

  test('of nothing is done at once', () => {
    expect(aRun(aMapping(), vendors(0)).state).toMatchObject({ status: 'completed', result: { found: [] } })
  })

  test.each([
    ['ITEMS_NOT_A_LIST', { vendors: 'v0' }],
    ['ITEMS_TOO_MANY', vendors(101)],
  ])('fails with %s', (code, input) => {
    expect(aRun(aMapping(), input).state).toMatchObject({ status: 'failed', error: { code, step: 'vendors' } })
  })

  test('shows its progress by its items', () => {
    const run = aRun(aMapping(), vendors(4)).start('vendors.0.search').succeed('vendors.0.search')
    expect(run.state.progress).toBe(0.25)
    expect(run.published).toContain('progress')
  })

  test('is one step in the list of steps', () => {
    expect(stepsOf(aMapping()).map(({ path }) => path)).toEqual(['vendors'])
  })

  test('fails fast: the other items stop, and a resume repeats what had not ended', () => {
    const run = aRun(aMapping(), vendors(4)).start('vendors.0.search').succeed('vendors.0.search')
    run.start('vendors.2.search').fail('vendors.2.search')
    expect(run.state).toMatchObject({ status: 'failed', error: { code: 'BROKEN', step: 'vendors.2.search' } })
    expect(run.step('vendors.1.search')).toMatchObject({ status: 'cancelled', stopped: true })
    expect(run.commands).toContainEqual(expect.objectContaining({ type: 'DeadLetter', step: 'vendors.2.search' }))
    run.give({ type: 'ResumeRequested', by: 'an-operator', checkpoint: null })
    expect(dispatched(run)).toEqual(['vendors.1.search', 'vendors.2.search'])
    for (const n of [1, 2, 3]) run.start(`vendors.${n}.search`).succeed(`vendors.${n}.search`)
    expect(ask(run)).toBe('CollectItems')
    expect(collected(run, ['a', 'b', 'c', 'd']).state).toMatchObject({
      status: 'completed',
      result: { found: ['a', 'b', 'c', 'd'] },
    })
  })

  test('begins an item again that had come to a failed end', () => {
    const states = [
      anAgent({
        name: 'search',
        transitions: [
          { on: 'done', to: 'end' },
          { on: 'failed', to: 'lost' },
        ],
      }),
      anEnd({ result: { found: '1' } }),
      anEnd({ name: 'lost', status: 'failed' }),
    ]
    const run = aRun(aMapping({ states }), vendors(2)).start('vendors.0.search').fail('vendors.0.search')
    expect(run.state.status).toBe('failed')
    run.give({ type: 'ResumeRequested', by: 'an-operator', checkpoint: null })
    expect(dispatched(run).toSorted()).toEqual(['vendors.0.search', 'vendors.1.search'])
    for (const n of [0, 1]) run.start(`vendors.${n}.search`).succeed(`vendors.${n}.search`)
    expect(ask(run)).toBe('CollectItems')
  })

  test('that is entered again has steps of other paths, so that nothing recorded is taken for theirs', () => {
    const again = aMap({ maxVisits: 2, transitions: [{ on: 'done', to: 'more' }] })
    const definition = aDefinition([
      again,
      {
        kind: 'choice',
        name: 'more',
        maxVisits: 2,
        transitions: [{ when: 'steps.vendors.visits < 2', to: 'vendors' }, { to: 'end' }],
      },
    ])
    const { state, commands } = simulate(definition, {}, { input: vendors(2) })
    expect(state.status).toBe('completed')
    expect(commands.flatMap((command) => (command.type === 'Dispatch' ? [command.step] : [])).toSorted()).toEqual([
      'vendors.0-2.search',
      'vendors.0.search',
      'vendors.1-2.search',
      'vendors.1.search',
    ])
    expect(Object.keys(state.scopes)).toEqual([''])
  })

  test('goes on after the replay of a dead letter, with that item alone sent out anew beside what had stopped', () => {
    const run = aRun(aMapping(), vendors(2)).start('vendors.0.search').fail('vendors.0.search')
    const { dispatch } = run.step('vendors.0.search')
    run.give({ type: 'DeadLetterReplayed', step: 'vendors.0.search', dispatch, by: 'an-operator' })
    expect(dispatched(run)).toEqual(['vendors.0.search', 'vendors.1.search'])
    expect(run.state.status).toBe('running')
  })

  test('best-effort counts what failed and goes on, null in its place', () => {
    const { state, commands } = simulate(
      aMapping({ onItemFailure: 'best-effort' }),
      {
        search: ({ input }) =>
          JSON.stringify(input).includes('v1') ? { failed: { code: 'GONE', message: 'gone' } } : { output: {} },
      },
      { input: vendors(3) },
    )
    expect(state.result).toEqual({ found: [{ found: 1, vendor: 'v0' }, null, { found: 1, vendor: 'v2' }] })
    expect(state.steps['vendors']?.items).toMatchObject({ total: 3, done: 2, failed: 1 })
    expect(commands.filter(({ type }) => type === 'DeadLetter')).toEqual([])
  })

  test('asks again for what it had asked for when the run is resumed', () => {
    const run = aRun(aMapping({ concurrency: 1 }), vendors(5))
      .start('vendors.0.search')
      .succeed('vendors.0.search')
    expect(ask(run)).toBe('ReadItems')
    run.start('vendors.1.search').fail('vendors.1.search')
    expect(run.state.status).toBe('failed')
    const items = { type: 'ItemsRead', step: 'vendors', visit: 1, from: 2, count: 1, items: ['v2'] } as const
    expect(run.give(items).last.ignored).toBe('finished')
    run.give({ type: 'ResumeRequested', by: 'an-operator', checkpoint: null })
    expect(run.commands.filter(({ type }) => type === 'ReadItems')).toHaveLength(1)
    expect(run.give(items).last.ignored).toBeUndefined()
    expect(run.give(items).last.ignored).toBe('stale-items')
  })

  test('has a deadline for all its items', () => {
    const run = aRun(aMapping({ deadlineMs: 50 }), vendors(2)).later(60)
    run.give({ type: 'DeadlineReached', deadline: 'step', step: 'vendors', dispatch: null, gateId: null })
    expect(run.state).toMatchObject({ status: 'failed', error: { code: 'STEP_DEADLINE', step: 'vendors' } })
  })

  test('holds gates, loops and maps of its own', () => {
    const inner = aMap({
      name: 'pages',
      items: '[1, 2]',
      initial: 'read',
      states: [anAgent({ name: 'read' }), anEnd({ result: { page: 'input.item' } })],
      transitions: [{ on: 'done', to: 'end', assign: [{ to: 'pages', from: 'output' }] }],
    })
    const definition = aMapping({
      initial: 'look',
      states: [
        {
          kind: 'human',
          name: 'look',
          shows: { vendor: 'input.item' },
          deadlineMs: 1_000,
          transitions: [
            { on: 'approve', to: 'pages' },
            { on: 'timeout', to: 'end' },
          ],
        },
        inner,
        anEnd({ result: { pages: 'data.pages' } }),
      ],
    })
    expect(checkDefinition(definition).filter(({ severity }) => severity === 'error')).toEqual([])
    const { state } = simulate(definition, {}, { input: vendors(3) })
    const pages = [{ page: 1 }, { page: 2 }]
    expect(state.result).toEqual({ found: [{ pages }, { pages }, { pages }] })
  })
})

describe('the laws of a map', () => {
  const world = { agents: {}, options: { input: vendors(3) } }
  for (const onItemFailure of ['fail-fast', 'best-effort'] as const) {
    test.each(lawsOf(aMapping({ onItemFailure }), world).map(({ fact, check }) => [fact, check] as const))(
      `${onItemFailure}: %s`,
      (_, check) => expect(check).not.toThrow(),
    )

    test(`${onItemFailure}: every reachable state keeps the invariants`, () => {
      const { complete, statuses } = explore(aMapping({ onItemFailure }), { input: vendors(3) })
      expect(complete).toBe(true)
      expect(statuses.completed).toBeGreaterThan(0)
      expect(statuses.cancelled).toBeGreaterThan(0)
    })
  }
})
