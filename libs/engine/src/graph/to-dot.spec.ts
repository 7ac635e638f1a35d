import { describe, expect, test } from 'vitest'
import { advance } from '../advance.js'
import type { StateDefinition } from '../definition.js'
import { initialState } from '../initial-state.js'
import { aDefinition, anAgent, anEnd } from '../testing/a-definition.js'
import { toDot } from './to-dot.js'
import { toFallbackSvg } from './to-fallback-svg.js'

const states: readonly StateDefinition[] = [
  anAgent({
    name: 'first',
    transitions: [
      { on: 'done', to: 'fan' },
      { on: 'failed', to: 'broken' },
    ],
  }),
  {
    kind: 'parallel',
    name: 'fan',
    join: { policy: 'any' },
    onBranchFailure: 'fail-fast',
    branches: [
      {
        name: 'left',
        initial: 'a',
        states: [anAgent({ name: 'a', transitions: [{ on: 'done', to: 'a_end' }] }), anEnd({ name: 'a_end' })],
      },
    ],
    transitions: [{ on: 'done', to: 'sub' }],
  },
  {
    kind: 'workflow',
    name: 'sub',
    workflow: 'other',
    version: 1,
    input: {},
    body: { initial: 'inner', states: [anAgent({ name: 'inner' }), anEnd()] },
    transitions: [{ on: 'done', to: 'pick' }],
  },
  { kind: 'choice', name: 'pick', transitions: [{ when: 'data.x == "a\\"b"', to: 'gate' }, { to: 'end' }] },
  {
    kind: 'human',
    name: 'gate',
    title: 'Look <here> & "there"\\',
    shows: {},
    deadlineMs: 5,
    transitions: [
      { on: 'approve', to: 'end' },
      { on: 'timeout', to: 'broken' },
    ],
  },
  anEnd({ name: 'broken', status: 'failed' }),
  anEnd(),
]
const definition = aDefinition(states)
const dot = toDot(definition)
const line = (start: string): string => dot.split('\n').find((text) => text.startsWith(start)) ?? ''

describe('shapes', () => {
  test.each([
    ['"first" [', 'shape="box"'],
    ['"fan" [', 'shape="octagon"'],
    ['"fan/exit" [', 'shape="octagon"'],
    ['"sub" [', 'shape="doubleoctagon"'],
    ['"pick" [', 'shape="diamond"'],
    ['"gate" [', 'shape="hexagon"'],
    ['"/start" [', 'shape="oval"'],
    ['"end/end" [', 'shape="oval"'],
  ])('%s has %s', (node, shape) => {
    expect(line(node)).toContain(shape)
  })

  test('gates stand out', () => {
    expect(line('"gate" [')).toContain('penwidth=2.5')
  })
})

test('failure paths are dashed and red, declared or not', () => {
  for (const edge of [
    '"first" -> "broken/end"',
    '"gate" -> "broken/end"',
    '"a" -> "fan/exit" [color="#b3261e"',
    '"sub/exit" -> "/failed"',
  ])
    expect(line(edge)).toMatch(/color="#b3261e".*style="dashed"/)
  expect(line('"first" -> "fan"')).not.toContain('dashed')
})

test('labels are escaped', () => {
  expect(line('"gate" [')).toContain('label="Look <here> & \\"there\\"\\\\"')
  expect(dot).toContain('[data.x == \\"a\\\\\\"b\\"]')
  expect(toFallbackSvg(definition)).toContain('Look &lt;here&gt; &amp; &quot;there&quot;\\')
})

test('long labels are wrapped, and a choice says which way is left', () => {
  const when = 'data.first_long_name == 1.0 && data.second_long_name == 2.0'
  const choice: StateDefinition = { kind: 'choice', name: 'pick', transitions: [{ when, to: 'end' }, { to: 'other' }] }
  const drawn = toDot(aDefinition([choice, anEnd(), anEnd({ name: 'other' })]))
  expect(drawn).toContain('[data.first_long_name ==\\n\u00a01.0 && data.second_long…]')
  expect(drawn).toMatch(/"pick" -> "other\/end" .*otherwise/)
})

test('a state colours the steps and brings a legend', () => {
  const start = { type: 'RunStarted', at: 1, input: {} } as const
  const { state } = advance(definition, initialState({ runId: 'r', submittedBy: 's' }), start)
  const coloured = toDot(definition, state)
  expect(coloured).toMatch(/"first" \[.*fillcolor="#fde68a".*tooltip="First: waiting"/)
  expect(coloured).toContain('"/legend/status/failed"')
  expect(dot).not.toContain('"/legend/status/failed"')
  expect(toFallbackSvg(definition, state)).toContain('<title>First: waiting</title>')
})

test('the plain SVG has every node and edge that the DOT has', () => {
  const svg = toFallbackSvg(definition)
  const nodes = dot.split('\n').filter((text) => /^"[^"]*" \[/.test(text) && !text.startsWith('"/legend'))
  const edges = dot.split('\n').filter((text) => / -> .*color/.test(text))
  expect(svg.match(/<g>/g)).toHaveLength(nodes.length)
  expect(svg.match(/marker-end/g)).toHaveLength(edges.length)
  expect(svg).not.toMatch(/NaN|undefined|Infinity/)
})
