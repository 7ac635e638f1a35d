import { expect, test } from 'vitest'
import { checkAgentNames, parseAgentCounts } from './agents.mjs'
import { keyId, makeKey, parseScopes, secretHash } from './api-keys.mjs'

test('counts are read from one word or several, with or without the prefix', () => {
  expect(parseAgentCounts(['kyc=3,fraud=2'])).toEqual({ kyc: 3, fraud: 2 })
  expect(parseAgentCounts(['agent-kyc=0', 'income=64'])).toEqual({ kyc: 0, income: 64 })
  expect(parseAgentCounts([''])).toEqual({})
})

test.each(['kyc', 'kyc=', 'kyc=-1', 'kyc=65', 'kyc=1.5', '=1', 'Kyc=1', 'kyc=1;x'])('%s is refused', (word) => {
  expect(() => parseAgentCounts([word])).toThrow('is not like kyc=3')
})

test('agents that nobody built are refused by name, and services that are no agents', () => {
  expect(() => checkAgentNames({ kyc: 1 }, ['gateway', 'agent-kyc'])).not.toThrow()
  expect(() => checkAgentNames({ kyc: 1, gateway: 2 }, ['gateway', 'agent-kyc'])).toThrow('no agent is named gateway')
})

test('a key has its id in clear and 256 random bits, and no two are alike', () => {
  const key = makeKey()
  expect(key).toMatch(/^fl_[a-z2-7]{12}_[A-Za-z0-9_-]{43}$/)
  expect(key).toContain(keyId(key))
  expect(secretHash(key)).toHaveLength(32)
  expect(makeKey()).not.toBe(key)
})

test('scopes are told apart from words that are none', () => {
  expect(parseScopes('runs:read, runs:write')).toEqual({ scopes: ['runs:read', 'runs:write'], unknown: [] })
  expect(parseScopes('runs:read,runs:reed,Managers').unknown).toEqual(['runs:reed', 'Managers'])
  expect(parseScopes('hitl:decide,sign-off:legal').unknown).toEqual([])
})
