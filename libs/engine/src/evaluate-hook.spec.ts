import { describe, expect, test } from 'vitest'
import { evaluateHook, hookExpressionsOf } from './evaluate-hook.js'
import { ExpressionError } from './expression.js'

const starts = { start: { workflow: 'w', input: { id: 'event.data.id', kind: '{{ event.data.kind }}', by: '"hook"' } } }
const event = { type: 'policy.published', data: { id: 'P-1', kind: 'new', n: 3 } }

describe('a hook', () => {
  test('maps members of the event to an input, in CEL or between braces', () => {
    expect(evaluateHook(starts, event)).toEqual({ kind: 'start', input: { id: 'P-1', kind: 'new', by: 'hook' } })
  })
  test('gives null for a member that is not there', () => {
    expect(evaluateHook(starts, { type: 'x', data: {} })).toMatchObject({ input: { id: null, kind: null } })
  })
  test.each([
    ['of another type', { ...starts, event: 'policy.deleted' }],
    ['that its guard refuses', { ...starts, when: 'event.data.n > 3' }],
    ['whose guard asks for what is not there', { ...starts, when: 'event.data.none == 1' }],
  ])('ignores an event %s', (_, spec) => {
    expect(evaluateHook(spec, event)).toEqual({ kind: 'ignored' })
  })
  test('heeds the type under either name', () => {
    const spec = { ...starts, event: 'new_policy_published' }
    expect(evaluateHook(spec, { event: 'new_policy_published', data: {} }).kind).toBe('start')
    expect(evaluateHook({ ...starts, event: 'policy.published', when: 'event.data.n == 3' }, event).kind).toBe('start')
  })
  test('gives an event to whoever waits, as a whole or what is made of it', () => {
    const signal = { name: 'paid', key: 'event.data.id' }
    expect(evaluateHook({ signal }, event)).toEqual({ kind: 'signal', key: 'P-1', payload: event })
    const some = { signal: { ...signal, key: 'event.data.n', payload: '{"n": event.data.n}' } }
    expect(evaluateHook(some, event)).toEqual({ kind: 'signal', key: '3', payload: { n: 3 } })
  })
  test.each(['event.data', 'event.none', '""', 'true'])('cannot make a key of %s', (key) => {
    expect(() => evaluateHook({ signal: { name: 'paid', key } }, event)).toThrow(ExpressionError)
  })
  test('says which of its expressions do not compile', () => {
    const spec = { when: 'event.x ==', start: { workflow: 'w', input: { 'a/b': 'data.x', ok: 'event.x' } } }
    const found = hookExpressionsOf(spec)
    expect(found.map(({ pointer, problem }) => [pointer, problem === null])).toEqual([
      ['/when', false],
      ['/start/input/a~1b', false],
      ['/start/input/ok', true],
    ])
  })
})
