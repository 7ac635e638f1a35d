import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyPatch, diffState } from './diff-state.js'
import type { RunState } from './state.js'

const seed = Number(process.env['SEED'] ?? 20_261)
const asState = (value: unknown): RunState => value as RunState // the functions work on any JSON object

/** A JSON object and a variation of it, so that most of the two is equal. */
const keys = fc.constantFrom('a', 'b', 'c', '__proto__', 'toString')
const leaf = fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.string({ maxLength: 3 }))
const { tree } = fc.letrec<{ tree: unknown; node: unknown }>((tie) => ({
  node: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('node'), { maxLength: 4 }), tie('tree')),
  tree: fc
    .array(fc.tuple(keys, tie('node')), { maxLength: 5 })
    .map((entries) => JSON.parse(`{${entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join()}}`)),
}))

test('a patch leads from any state to any other', () => {
  fc.assert(
    fc.property(tree, tree, (before, after) => {
      const copy = JSON.stringify(before)
      const patch = JSON.parse(JSON.stringify(diffState(asState(before), asState(after))))
      const there = applyPatch(asState(before), patch)
      expect(sorted(there)).toBe(sorted(after))
      expect(JSON.stringify(before)).toBe(copy)
    }),
    { seed, numRuns: 3_000 },
  )
})

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))
      : member,
  )

test('equal states have an empty patch', () => {
  const state = { a: [1, { b: 2 }], c: null }
  expect(diffState(asState(state), asState(structuredClone(state)))).toEqual({})
})

test('a list that grew is patched by what was appended', () => {
  expect(diffState(asState({ data: { list: [1, 2] } }), asState({ data: { list: [1, 2, 3] } }))).toEqual({
    p: { data: { p: { list: { a: [3] } } } },
  })
})

test('what both states share is not looked at', () => {
  const untouched = {
    get secret(): never {
      throw new Error('looked at')
    },
  }
  expect(diffState(asState({ untouched, n: 1 }), asState({ untouched, n: 2 }))).toEqual({ s: { n: 2 } })
})
