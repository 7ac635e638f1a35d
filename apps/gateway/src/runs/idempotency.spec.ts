import { describe, expect, test } from 'vitest'
import { fingerprintOf, readIdempotencyKey } from './idempotency.js'

describe('fingerprintOf', () => {
  test('does not depend on the order of members or the way a number is written', () => {
    expect(fingerprintOf(JSON.parse('{"b":[1.0,2e1],"a":"\\u0061"}'))).toBe(fingerprintOf({ a: 'a', b: [1, 20] }))
  })
  test('depends on the order of items, on null and on absence', () => {
    const all = [{ a: [1, 2] }, { a: [2, 1] }, { a: null }, {}].map(fingerprintOf)
    expect(new Set(all).size).toBe(4)
  })
})

describe('readIdempotencyKey', () => {
  test('takes printable text of up to 255 characters', () => {
    expect(readIdempotencyKey(undefined)).toBeNull()
    expect(readIdempotencyKey('x'.repeat(255))).toHaveLength(255)
    expect(readIdempotencyKey('a b~!')).toBe('a b~!')
  })
  test.each(['', ' ', 'x'.repeat(256), 'a\u0000', 'é', 'a\n'])('refuses %j', (key) => {
    expect(() => readIdempotencyKey(key)).toThrow(expect.objectContaining({ code: 'IDEMPOTENCY_KEY_INVALID' }))
  })
})
