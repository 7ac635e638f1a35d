import { expect, test } from 'vitest'
import { differences } from './differences.js'

test('only the smallest members that differ are told, by pointer', () => {
  const from = { same: { x: 1 }, list: [1, 2], 'a/b': 1, gone: true, kind: {} }
  const to = { same: { x: 1 }, list: [1, 3, 4], 'a/b': 2, kind: [] }
  expect(differences(from, to)).toEqual([
    { pointer: '/list/1', change: 'changed', from: 2, to: 3 },
    { pointer: '/list/2', change: 'added', from: null, to: 4 },
    { pointer: '/a~1b', change: 'changed', from: 1, to: 2 },
    { pointer: '/gone', change: 'removed', from: true, to: null },
    { pointer: '/kind', change: 'changed', from: {}, to: [] },
  ])
})
