import { expect, test } from 'vitest'
import { makeProblems } from './document.js'
import { expressionOf, qualify, writtenIn } from './expressions.js'

const names = {
  written: new Set(['sources', 'retry_count']),
  guards: new Map([['has_topic', 'size(input.topic) > 0']]),
}

test.each([
  ['retry_count < 3', 'data.retry_count < 3'],
  ['topic', 'input.topic'],
  ['has_topic && retry_count < 3', '(size(input.topic) > 0) && data.retry_count < 3'],
  ['data.topic == "retry_count"', 'data.topic == "retry_count"'],
  ["topic == 'sources'", "input.topic == 'sources'"],
  ['sources.exists(s, s.rank > min)', 'data.sources.exists(s, s.rank > input.min)'],
  ['type(event.values.amount) == double && amount > 1e3', 'type(event.values.amount) == double && input.amount > 1e3'],
  ['size(sources) in [1, 2]', 'size(data.sources) in [1, 2]'],
  ['previous.outputs.sources', 'previous.outputs.sources'],
  ['steps.draft.visits > 2', 'steps.draft.visits > 2'],
])('%s', (written, expression) => {
  expect(qualify(written, names)).toBe(expression)
})

test.each([
  ['{{ sources }}', 'data.sources'],
  ['{{ a }} and {{ sources }}', 'string(input.a) + " and " + string(data.sources)'],
  [3, '3'],
  [false, 'false'],
  [['{{ a }}', 1], '[input.a, 1]'],
  [{ 'a b': '{{ a }}' }, '{"a b": input.a}'],
])('%j as a value', (value, expression) => {
  expect(expressionOf({ value, path: [], problems: makeProblems() }, names)).toBe(expression)
})

test('what is assigned, put out or counted is written', () => {
  const states = {
    a: { outputs: ['x'], on: { done: { to: 'b', assign: { 'y.z': '1' } } }, on_exit: [{ increment: 'n' }] },
  }
  expect([...writtenIn({ states })]).toEqual(['x', 'y', 'n'])
})

test('what is too long for an expression is left to the linter at once', () => {
  for (const text of ['{{'.repeat(500_000), 'a.'.repeat(500_000)])
    expect(expressionOf({ value: text, path: [], problems: makeProblems() }, names)).toBe(text)
})
