import { ConfigError } from '@flotilla/runtime'
import { expect, test } from 'vitest'
import { findDocument } from './identity-registry.js'
import { loadIdentityRegistry, makeIdentityRegistry } from './load-identity-registry.js'

const call = { attempt: 1, idempotencyKey: 'run/kyc/1', signal: new AbortController().signal }

test.each([
  { status: 'lost' },
  null,
  'valid',
  { behaviour: 'busy' },
  { behaviour: 'busy', times: -1 },
  { behaviour: 'x' },
])('an entry %j is a configuration error that does not repeat the number', (entry) => {
  const make = () => makeIdentityRegistry({ '12345678': entry })
  expect(make).toThrow(ConfigError)
  expect(make).not.toThrow(/12345678/)
})

test('a missing file is a configuration error', async () => {
  await expect(loadIdentityRegistry('/nowhere.json')).rejects.toBeInstanceOf(ConfigError)
})

test.each([
  [
    { httpStatus: 503, body: null, retryAfterMs: 9 },
    { name: 'RetryableError', code: 'REGISTRY_BUSY', afterMs: 9 },
  ],
  [
    { httpStatus: 200, body: { status: 'perhaps' } },
    { name: 'TerminalError', code: 'REGISTRY_ANSWER_INVALID' },
  ],
  [
    { httpStatus: 302, body: { status: 'valid' } },
    { name: 'TerminalError', code: 'REGISTRY_ANSWER_INVALID' },
  ],
])('an answer %j is an error with a code', async (response, error) => {
  await expect(findDocument({ lookup: async () => response }, '1', call)).rejects.toMatchObject(error)
})

test('an aborted call does not reach the provider', async () => {
  let asked = 0
  const registry = { lookup: async () => ({ httpStatus: 404, body: (asked += 1) }) }
  const signal = AbortSignal.abort(new Error('CANCELLED'))
  await expect(findDocument(registry, '1', { ...call, signal })).rejects.toThrow('CANCELLED')
  expect(asked).toBe(0)
})
