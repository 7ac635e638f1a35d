import { describe, expect, test } from 'vitest'
import { checkDefinition } from '../check-definition.js'
import type { StateDefinition, Transition } from '../definition.js'
import { aDefinition, anAgent, anEnd } from '../testing/a-definition.js'
import { isComplete } from './guard-rules.js'

describe('guards that leave nothing', () => {
  test.each([
    [['data.x < 3', 'data.x >= 3']],
    [['data.x<3', '3 <= data.x']],
    [['data.x > -1', 'data.x <= -1']],
    [['data.x < 3', 'data.x == 7', 'data.x > 2']],
    [['data.ok', '!data.ok']],
    [['data.a == "x"', 'data.a != "x"']],
    [['data.ok == true', '!(data.ok == true)']],
    [['data.x < 3', undefined]],
  ])('%j', (guards) => {
    expect(isComplete(guards)).toBe(true)
  })
})

describe('guards that leave a gap', () => {
  test.each([
    [['data.x < 3']],
    [['data.x < 3', 'data.x > 3']],
    [['data.x < 3', 'data.y >= 3']],
    [['data.ok', 'data.other']],
    [['data.a == "x"', 'data.a == "y"']],
    [['data.x < 3 && data.ok', 'data.x >= 3']],
    [[]],
  ])('%j', (guards) => {
    expect(isComplete(guards)).toBe(false)
  })
})

const found = (guards: readonly (string | undefined)[]): readonly string[] => {
  const transitions = guards.map((when): Transition => ({
    on: 'done',
    to: 'end',
    ...(when === undefined ? {} : { when }),
  }))
  return checkDefinition(aDefinition([anAgent({ name: 'work', transitions })])).map(({ code }) => code)
}

test.each([
  [['input.x < 3', 'input.x >= 3'], []],
  [['input.x < 3'], ['GUARD_GAP']],
  [['input.x < 3', undefined], []],
  [[undefined, 'input.x < 3'], ['TRANSITION_SHADOWED']],
  [['input.x < 5', 'input.x < 3', undefined], ['TRANSITION_SHADOWED']],
  [['input.x < 3', 'input.x < 5', undefined], []],
  [['input.x < 3', 'input.x >= 3', undefined], ['TRANSITION_SHADOWED']],
  [['input.ok', 'input.ok', undefined], ['TRANSITION_SHADOWED']],
])('%j: %j', (guards, codes) => {
  expect(found(guards)).toEqual(codes)
})

test('people are asked again, and waits go on: no gap there', () => {
  const gate: StateDefinition = {
    kind: 'human',
    name: 'gate',
    shows: {},
    deadlineMs: 5,
    transitions: [
      { on: 'approve', to: 'pause' },
      { on: 'reject', to: 'end' },
      { on: 'timeout', to: 'end' },
      { on: 'adjust', when: 'event.values.amount > 0', to: 'end' },
    ],
  }
  const wait: StateDefinition = {
    kind: 'wait',
    name: 'pause',
    signal: 'retry',
    deadlineMs: 5,
    transitions: [
      { on: 'retry', when: 'event.left > 0', to: 'end' },
      { on: 'timeout', to: 'end' },
    ],
  }
  expect(checkDefinition(aDefinition([gate, wait, anEnd()]))).toEqual([])
})

test('a choice whose guards leave nothing needs no last way', () => {
  const choice = (second: string): StateDefinition => ({
    kind: 'choice',
    name: 'c',
    transitions: [
      { when: 'input.x < 3', to: 'end' },
      { when: second, to: 'end' },
    ],
  })
  expect(checkDefinition(aDefinition([choice('input.x >= 3')]))).toEqual([])
  expect(checkDefinition(aDefinition([choice('input.x > 3')])).map(({ code }) => code)).toEqual(['CHOICE_GAP'])
})
