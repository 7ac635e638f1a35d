import { expect, test } from 'vitest'
import { ensureTraceparent, formatTraceparent, parseTraceparent, spanIdOf } from './traceparent.js'

const good = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

test('a traceparent is read and written back', () => {
  const parsed = parseTraceparent(good)
  expect(parsed).toEqual({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: 1,
  })
  expect(parsed && formatTraceparent(parsed)).toBe(good)
})
test.each([
  null,
  '',
  'x',
  good.toUpperCase(),
  good.replace('00-', 'ff-'),
  `${good}-extra`,
  `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
  `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`,
])('%j is ignored', (text) => {
  expect(parseTraceparent(text)).toBeNull()
})
test('a newer version is read as far as it is known', () => {
  expect(parseTraceparent(`${good.replace('00-', '01-')}-more`)?.traceFlags).toBe(1)
})
test('a run has a trace id even where nothing is exported', () => {
  expect(parseTraceparent(ensureTraceparent())?.traceFlags).toBe(0)
})
test('the span id of a part of a run is the same everywhere', () => {
  expect(spanIdOf('run', 'kyc')).toBe(spanIdOf('run', 'kyc'))
  expect(spanIdOf('run', 'kyc')).toMatch(/^[0-9a-f]{16}$/)
  expect(spanIdOf('run', 'kyc')).not.toBe(spanIdOf('run', 'fraud'))
})
