import { describe, expect, test } from 'vitest'
import { jsonbText } from './judge-audit.mjs'
import { spellings } from './judge-sinks.mjs'
import { makeSearch } from './search-tokens.mjs'

const found = (texts: readonly string[], chunks: readonly string[]): readonly string[] => {
  const hits = new Set<string>()
  const scan = makeSearch(texts)()
  for (const chunk of chunks) scan(Buffer.from(chunk), (text) => hits.add(text))
  return [...hits].sort()
}

describe('a search for many texts', () => {
  test('finds them wherever chunks are cut', () => {
    const input = 'xxabcdefghijkxx'
    for (let cut = 0; cut <= input.length; cut += 1)
      expect(found(['abcdef', 'defghijk', 'nothere'], [input.slice(0, cut), input.slice(cut)])).toEqual([
        'abcdef',
        'defghijk',
      ])
    expect(found(['abcdef'], [...input])).toEqual(['abcdef'])
  })

  test('finds a token in base64 at every offset, in hexadecimal and escaped', () => {
    const token = 'ZZPII-žluťoučký-4711'
    for (const before of ['', 'a', 'ab', 'abc', 'abcd'])
      for (const after of ['', 'a', 'ab'])
        for (const coding of ['base64', 'base64url', 'hex'] as const)
          expect(
            found(spellings(token), [Buffer.from(`${before}${token}${after}`).toString(coding)]).length,
          ).toBeGreaterThan(0)
    const ascii = JSON.stringify(token).replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
    expect(found(spellings(token), [ascii]).length).toBeGreaterThan(0)
    expect(found(spellings(token), [encodeURIComponent(token)]).length).toBeGreaterThan(0)
    expect(found(spellings(token), [token.slice(0, -1)])).toEqual([])
  })
})

test('JSON is written as Postgres writes jsonb: shorter names first, spaces, its own escapes', () => {
  const value = { subject: 'é\u0001"\n', at: 1, b: [1.5, null, true, {}], aa: { z: [], y: 'x' } }
  expect(jsonbText(value)).toBe(
    '{"b": [1.5, null, true, {}], "aa": {"y": "x", "z": []}, "at": 1, "subject": "é\\u0001\\"\\n"}',
  )
})
