import type { StateDefinition, WorkflowDefinition } from '@flotilla/engine'
import { describe, expect, test } from 'vitest'
import { WorkflowYamlError, type YamlProblem } from './problem.js'
import { readWorkflowYaml } from './read-workflow-yaml.js'

const problemsOf = (text: string): readonly YamlProblem[] => {
  try {
    readWorkflowYaml(text)
    return []
  } catch (error) {
    if (error instanceof WorkflowYamlError) return error.problems
    throw error
  }
}

/** A workflow of one state under test, which begins on line 4, and the end. */
const workflowOf = (state: string, more = ''): WorkflowDefinition =>
  readWorkflowYaml(`name: w\nstates:\n  s:\n${state.replaceAll(/^/gm, '    ')}\n  over: { type: final }\n${more}`)
    .definition

const stateOf = (state: string, more = ''): StateDefinition | undefined => workflowOf(state, more).states[0]

describe('states', () => {
  test('a human gate knows approved, rejected and outcomes of its own', () => {
    expect(
      stateOf(
        'type: human_gate\ntimeout: 72h\nshows: [draft]\non: { approved: over, rejected: over, minor_changes: over, timeout: over }',
      ),
    ).toEqual({
      kind: 'human',
      name: 's',
      shows: { draft: 'input.draft' },
      outcomes: ['minor_changes'],
      deadlineMs: 259_200_000,
      transitions: ['approve', 'reject', 'minor_changes', 'timeout'].map((on) => ({ on, to: 'over' })),
    })
  })

  test('waiting_for, on_approve, on_reject and on_timeout are a gate too', () => {
    expect(stateOf('waiting_for: manager\non_approve: over\non_reject: over\non_timeout: over')).toMatchObject({
      kind: 'human',
      title: 'Waiting for manager',
      deadlineMs: 172_800_000,
      transitions: ['approve', 'reject', 'timeout'].map((on) => ({ on, to: 'over' })),
    })
  })

  test('an agent with several ways out tells which by its output, with one it is done', () => {
    const two = stateOf('agent: audit\ninput: { draft: "{{ data.draft }}" }\non: { passed: over, failed_audit: over }')
    expect(two).toMatchObject({
      kind: 'agent',
      agent: 'audit',
      input: { draft: 'data.draft' },
      inputContract: 'audit.input.v1',
      outputContract: 'audit.output.v1',
      outcome: 'output.outcome',
      deadlineMs: 300_000,
    })
    const one = stateOf('agent: audit\noutputs: [report]\non: { audited: over, timeout: over }')
    expect(one?.transitions).toEqual([
      { on: 'done', to: 'over', assign: [{ to: 'report', from: 'output.report' }] },
      { on: 'timeout', to: 'over' },
    ])
  })

  test('an agent may be invoked on entry', () => {
    expect(stateOf('on_enter:\n  - log: begin\n  - invoke_agent: research\non: { done: over }')).toMatchObject({
      kind: 'agent',
      agent: 'research',
      entry: [{ do: 'log', message: 'begin' }],
    })
  })

  test('the same event with several guards keeps their order', () => {
    const found = stateOf(
      'agent: audit\non:\n  failed_audit:\n    - { guard: revision_count < 3, target: s }\n    - { guard: revision_count >= 3, target: over }\non_exit: [{ increment: revision_count }]',
    )
    expect(found?.transitions).toEqual([
      { on: 'done', when: 'data.revision_count < 3', to: 's' },
      { on: 'done', when: 'data.revision_count >= 3', to: 'over' },
    ])
    expect(found?.exit).toEqual([{ do: 'assign', assign: [{ to: 'revision_count', from: '1', reducer: 'sum' }] }])
  })

  test('retry, contracts, effects and compensation', () => {
    expect(
      stateOf(
        'agent: send\nretry: { attempts: 5, multiplier: 1, max: 60s }\neffects: irreversible\ncompensate: { agent: recall, input: { id: output.id } }\noutput_contract: { type: object }\non: { done: over }',
      ),
    ).toMatchObject({
      retry: { attempts: 5, backoff: { delayMs: 500, multiplier: 1, maxMs: 60_000, jitter: 0.2 }, dispatches: 3 },
      effects: 'irreversible',
      compensate: { agent: 'recall', input: { id: 'output.id' } },
      outputContract: { type: 'object' },
    })
  })

  test('agents side by side, branches, maps, choices, sub-workflows and waits', () => {
    expect(stateOf('agents: [a.x, b]\njoin: { of: 1 }\non: { designed: over }')).toMatchObject({
      kind: 'parallel',
      join: { policy: 'k-of-n', k: 1 },
      branches: [
        { name: 'a_x', initial: 's_a_x' },
        { name: 'b', initial: 's_b' },
      ],
      transitions: [{ on: 'done', to: 'over' }],
    })
    expect(
      stateOf(
        'for_each: input.topics\nitems_max: 50\ncheckpoint: every_5_topics\nstates:\n  one: { agent: look, input: { topic: item }, on: { done: one_over } }\n  one_over: { type: final }\non: { done: over }',
      ),
    ).toMatchObject({
      kind: 'map',
      items: 'input.topics',
      itemsMax: 50,
      initial: 'one',
      checkpoint: { every: 5, of: 'steps.s.items.done' },
      states: [{ name: 'one', input: { topic: 'input.item' } }, { name: 'one_over' }],
    })
    expect(
      stateOf('branches:\n  left:\n    requirement: optional\n    states: { a: { type: final } }\non: { done: over }'),
    ).toMatchObject({ branches: [{ name: 'left', requirement: 'optional', initial: 'a' }] })
    expect(stateOf('choice: [{ when: size(input.x) > 3, to: s }, { to: over }]')).toMatchObject({
      kind: 'choice',
      transitions: [{ when: 'size(input.x) > 3', to: 's' }, { to: 'over' }],
    })
    expect(stateOf('workflow: other\nversion: 2\ndetached: true\ntimeout: 1h\non: { done: over }')).toMatchObject({
      kind: 'workflow',
      version: 2,
      detached: true,
      deadlineMs: 3_600_000,
    })
    expect(stateOf('wait: 10m\non: { done: over }')).toMatchObject({ kind: 'wait', forMs: '600000' })
    expect(
      stateOf('event: documents\ncorrelate: input.id\ntimeout: 1d\non: { documents: over, timeout: over }'),
    ).toMatchObject({ kind: 'wait', signal: 'documents', correlate: 'input.id', deadlineMs: 86_400_000 })
    expect(stateOf('assign: { total: { from: 1, reducer: sum } }\non: { done: over }')).toMatchObject({
      kind: 'set',
      assign: [{ to: 'total', from: '1', reducer: 'sum' }],
    })
  })

  test('a final state may fail, store and tell', () => {
    expect(stateOf('type: final\nerror: { code: NO_TOPIC, message: no topic }\non_enter: notify_owner')).toEqual({
      kind: 'end',
      name: 's',
      status: 'failed',
      error: { code: 'NO_TOPIC', message: 'no topic' },
      entry: [{ do: 'notify', channel: 'owner', message: 's' }],
    })
    expect(stateOf('type: final\nartifact_output: versioned_brief\non_enter: [store]')).toMatchObject({
      artifacts: [{ name: 'versioned_brief', type: 'versioned_brief', mediaType: 'application/json', content: 'data' }],
    })
  })

  test.each([
    ['true', 'after'],
    ['false', false],
    ['after_each_step', 'after'],
    ['every_5_minutes', { everyMs: 300_000 }],
    ['every_5_sources', { every: 5, of: 'size(input.sources)' }],
    ['per_section', { every: 1, of: 'size(input.sections)' }],
    ['{ every: 10m }', { everyMs: 600_000 }],
  ])('checkpoint %s', (written, policy) => {
    expect(stateOf(`agent: a\ncheckpoint: ${written}\non: { done: over }`)?.checkpoint).toEqual(policy)
  })
})

describe('the workflow', () => {
  test.each([
    ['{ policy: after_each_step, storage: database }', 'after', undefined],
    ['{ at_boundaries: [s] }', false, 'after'],
    ['{ policy: every_5_minutes, during_states: [s] }', undefined, { everyMs: 300_000 }],
  ])('checkpoint %s', (written, whole, ofState) => {
    const definition = workflowOf('agent: a\non: { done: over }', `checkpoint: ${written}`)
    expect(definition.checkpoint).toEqual(whole)
    expect(definition.states[0]?.checkpoint).toEqual(ofState)
  })

  test('schedules and the ends of other workflows start it', () => {
    const triggers = `
concurrency: { limit: 10, behavior: reject }
triggers:
  - { type: schedule, cron: 0 8 * * MON, timezone: Europe/Berlin }
  - type: workflow_complete
    workflow: research_phase
    status: success
    input_mapping:
      sources: "{{ previous.outputs.sources }}"
      title: "Brief of {{ previous.input.topic }}"
`
    const definition = workflowOf('agent: a\non: { done: over }', triggers)
    expect(definition.concurrency).toEqual({ max: 10, behaviour: 'reject' })
    expect(definition.triggers).toEqual([
      { kind: 'schedule', name: 'schedule', cron: '0 8 * * MON', input: {}, timeZone: 'Europe/Berlin' },
      {
        kind: 'completion',
        name: 'workflow_complete_2',
        workflow: 'research_phase',
        status: 'completed',
        input: { sources: 'previous.outputs.sources', title: '"Brief of " + string(previous.input.topic)' },
      },
    ])
  })

  test('the plain definition is taken as it stands', () => {
    const definition = { name: 'w', version: 1, states: [{ kind: 'end', name: 'over', status: 'completed' }] }
    const read = readWorkflowYaml(
      `name: w\nversion: 1\nstates:\n  - kind: end\n    name: over\n    status: completed\n`,
    )
    expect(read.definition).toEqual(definition)
    expect(read.lineOf('/states/0/status')).toBe(6)
    expect([read.lineOf('over'), read.pointerOf('over')]).toEqual([4, '/states/0'])
  })

  test('findings know their lines', () => {
    const { lineOf, pointerOf } = readWorkflowYaml(
      'workflow:\n  name: w\n  states:\n    s:\n      agent: a\n      on: { done: over }\n',
    )
    expect(['s', '/states/0/agent', ''].map(lineOf)).toEqual([4, 5, 1])
    expect(['s', '/states/0/agent', ''].map(pointerOf)).toEqual([
      '/workflow/states/s',
      '/workflow/states/s/agent',
      '/workflow',
    ])
  })
})

describe('what cannot be translated is refused with line and path', () => {
  const head = 'name: w\nstates:\n  s:\n'
  test.each<[string, string, number, string, YamlProblem['code']]>([
    ['bad YAML', 'name: [', 1, '', 'SYNTAX'],
    ['a name twice', 'name: a\nname: b', 2, '', 'SYNTAX'],
    ['a tag', 'name: !!js/function x', 1, '', 'SYNTAX'],
    ['no mapping', '- a', 1, '', 'SHAPE'],
    ['no states', 'name: w', 1, '/states', 'MEMBER_MISSING'],
    ['a misspelt member', `${head}    agent: a\n    timeot: 5m`, 5, '/states/s/timeot', 'MEMBER_UNKNOWN'],
    ['a member of another kind', `${head}    type: final\n    agent: a`, 5, '/states/s/agent', 'MEMBER_UNKNOWN'],
    ['no duration', `${head}    agent: a\n    timeout: soon`, 5, '/states/s/timeout', 'VALUE'],
    ['no type', `${head}    type: magic`, 4, '/states/s/type', 'VALUE'],
    ['no target', `${head}    agent: a\n    on:\n      done: { when: x }`, 6, '/states/s/on/done', 'VALUE'],
    ['no checkpoint', `${head}    agent: a\n    checkpoint: sometimes`, 5, '/states/s/checkpoint', 'VALUE'],
    ['no action', `${head}    agent: a\n    on_enter: [dance]`, 5, '/states/s/on_enter/0', 'VALUE'],
    ['a trigger', `${head}    type: final\ntriggers: [{ type: moon }]`, 5, '/triggers/0/type', 'VALUE'],
    ['no artifact to store', `${head}    type: final\n    on_enter: [store]`, 5, '/states/s/on_enter', 'VALUE'],
  ])('%s', (_, text, line, path, code) => {
    expect(problemsOf(text)).toContainEqual(expect.objectContaining({ line, path, code }))
  })

  test('every problem at once, in the order of the text', () => {
    const found = problemsOf(`${head}    type: magic\n    timeout: soon\n    colour: red`)
    expect(found.map(({ line }) => line)).toEqual([4, 5, 6])
  })

  test('a bomb of aliases, deep nesting and a very long text are refused at once', () => {
    const level = (n: number): string =>
      `l${n}: &l${n} [${Array(9)
        .fill(n === 0 ? 'x' : `*l${n - 1}`)
        .join(', ')}]`
    const bomb = `name: w\n${[0, 1, 2, 3, 4, 5, 6, 7, 8].map(level).join('\n')}`
    for (const text of [bomb, '['.repeat(100_000), `name: ${'x'.repeat(1_100_000)}`])
      expect(problemsOf(text)).toEqual([expect.objectContaining({ code: 'SYNTAX', path: '' })])
  })
})
