import { ConfigError } from '@flotilla/runtime'
import { expect, test } from 'vitest'
import { readConfig } from './read-config.js'
import { testKeys } from './testing/a-gateway.js'

const good = { DATABASE_URL: 'postgresql://u:p@h/d', REDIS_URL: 'redis://h', ...testKeys }

test('addresses and keys are all that must be given', () => {
  expect(readConfig(good)).toMatchObject({ PORT: 3_000, BODY_BYTES_MAX: 1_048_576 })
})
test('every problem is told at once and no value is repeated', () => {
  const wrong = { DATABASE_URL: 'SECRET', PORT: '99999', RATE_BURST: 'x', TRUST_PROXY: 'perhaps' }
  expect(() => readConfig(wrong)).toThrow(ConfigError)
  expect(() => readConfig(wrong)).toThrow(/DATABASE_URL.*REDIS_URL.*SEALING_KEYS.*PORT.*TRUST_PROXY.*RATE_BURST/)
  expect(() => readConfig(wrong)).not.toThrow('SECRET')
})
test('production refuses secrets of development, all at once and without repeating one', () => {
  const signing = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 3)])
  const wrong = { ...good, NODE_ENV: 'production', AUDIT_SIGNING_KEY: signing.toString('base64') }
  expect(() => readConfig(wrong)).toThrow(ConfigError)
  expect(() => readConfig(wrong)).toThrow(/SEALING_KEYS.*HASHING_KEY.*AUDIT_SIGNING_KEY.*DATABASE_URL.*REDIS_URL/)
  expect(() => readConfig({ ...good, NODE_ENV: 'production' })).toThrow(/AUDIT_SIGNING_KEY is not set/)
  expect(() => readConfig(wrong)).not.toThrow(wrong.HASHING_KEY)
  expect(readConfig({ ...wrong, DEVELOPMENT_SECRETS: 'allowed' }).PORT).toBe(3_000)
})
