import { expect, test } from 'vitest'
import { jsonText } from './json-text.js'

test('what Postgres cannot keep becomes a replacement character, in values and keys', () => {
  expect(JSON.parse(jsonText({ 'k\0': ['\0', { a: '\ud800x' }] }))).toEqual({ 'k\ufffd': ['\ufffd', { a: '\ufffdx' }] })
})

test('what only looks like it stays as it is', () => {
  const value = { text: '\\u0000 \\ud800', ship: '🚢', list: [1, null, true, 1.5e300] }
  expect(JSON.parse(jsonText(value))).toEqual(value)
})
