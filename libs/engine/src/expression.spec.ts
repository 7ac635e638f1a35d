import { describe, expect, test } from 'vitest'
import { absent, compileExpression, ExpressionError, type ExpressionValues, holds, valueOf } from './expression.js'

const big = { deep: { list: [1, 2, 3] } }
const values: ExpressionValues = {
  input: { loan: { amount: 5 } },
  data: { risk: { pd: 0.3 }, score: 610, list: [1, 2, 3, 4], nothing: null, text: 'abc', big },
  output: null,
  event: null,
  steps: {},
  artifacts: { letter: { id: 'r.letter.v1', version: 1 } },
  run: { id: 'r' },
}
const valueFor = (source: string) => valueOf(compileExpression(source), values)

describe('values', () => {
  test.each([
    ['data.risk.pd > 0.2', true],
    ['data.score >= 600', true],
    ['data.score == 610', true],
    ['size(data.list) > 3', true],
    ['size(data.list)', 4],
    ['size(data.list) + 1', 5],
    ['data.score + 1', 611],
    ['1 - data.risk.pd', 0.7],
    ['data.score / 4', 152.5],
    ['data.score % 100', 10],
    ['data.list.map(x, x * 2)', [2, 4, 6, 8]],
    ['data.list.filter(x, x > 2)', [3, 4]],
    ['data.list.exists(x, x == 2)', true],
    ['data.list[1]', 2],
    ['data.list[size(data.list) - 1]', 4],
    ['"x"', 'x'],
    ['1', 1],
    ['-1', -1],
    ['[1, data.text, null]', [1, 'abc', null]],
    ['{"a": data.risk, "b": {"c": [data.score + 1]}}', { a: { pd: 0.3 }, b: { c: [611] } }],
    ['{"gone": data.missing.x}', { gone: null }],
    ['data.score > 1 ? "high" : "low"', 'high'],
    ['has(data.missing)', false],
    ['data.text.startsWith("a")', true],
    ['type(data.score) == double', true],
    ['timestamp("2026-11-21T00:00:00Z")', '2026-11-21T00:00:00.000Z'],
    ['artifacts.letter.id', 'r.letter.v1'],
  ])('%s', (source, expected) => {
    const value = valueFor(source)
    expect(value).toEqual(expected)
    expect(JSON.parse(JSON.stringify(value))).toEqual(expected)
  })

  test('a path gives the value itself, not a copy', () => {
    expect(valueFor('data.big')).toBe(big)
    expect(valueFor('{"x": data.big}')).toEqual({ x: big })
    expect((valueFor('{"x": data.big}') as { x: unknown }).x).toBe(big)
    expect(valueFor('data.score > 1 ? data.big : null')).toBe(big)
  })

  test.each(['data.missing', 'data.missing.x', 'data.nothing.x', 'event.decision', 'data.list[9]', 'data.text.size'])(
    '%s is absent: null in a mapping, false in a guard',
    (source) => {
      expect(compileExpression(source)(values)).toBe(absent)
      expect(valueFor(source)).toBeNull()
      expect(holds(compileExpression(source), values)).toBe(false)
      expect(holds(compileExpression(`${source} == 1`), values)).toBe(false)
    },
  )

  test.each(['data.__proto__', 'data.constructor', 'data.toString', 'data["__proto__"]'])(
    '%s reaches no prototype',
    (source) => {
      expect(valueFor(source)).toBeNull()
    },
  )

  test.each(['data.text > 1', '1 / 0', 'data.score / 0', 'data.text + 1', 'data.nothing > 1', 'duration("1s")'])(
    '%s fails with an ExpressionError',
    (source) => {
      expect(() => valueFor(source)).toThrow(ExpressionError)
    },
  )

  test('a guard that is not a boolean fails', () => {
    expect(() => holds(compileExpression('data.score'), values)).toThrow(ExpressionError)
  })
})

describe('what is refused', () => {
  test.each([
    ['a syntax error', 'data. >'],
    ['an unknown name', 'nonsense.x == 1'],
    ['an unknown function', 'launch(data)'],
    ['types that cannot fit', '"a" > 1'],
    ['matches', 'data.text.matches("(a+)+b")'],
    ['bind, whose values may double at each level', 'cel.bind(x, data.list + data.list, x)'],
    ['a macro in a macro', 'data.list.map(x, data.list.map(y, x + y))'],
    ['a macro in a macro of another kind', 'data.list.all(x, data.list.exists(y, x == y))'],
    ['a long text', `data.x == "${'a'.repeat(2_000)}"`],
    ['deep nesting', `${'('.repeat(200)}1${')'.repeat(200)}`],
    ['many terms', Array.from({ length: 500 }, () => '1').join('+')],
  ])('%s', (_, source) => {
    expect(() => compileExpression(source)).toThrow(ExpressionError)
  })

  test('macros one after the other are not nested', () => {
    expect(valueFor('data.list.filter(x, x > 1).map(x, x + 1)')).toEqual([3, 4, 5])
  })
})
