import { randomBytes } from 'node:crypto'
import { ConfigError } from '@flotilla/runtime'
import { expect, test } from 'vitest'
import { readConfig } from './read-config.js'

const key = (): string => randomBytes(32).toString('base64')
const good = {
  NODE_ENV: 'production',
  DATABASE_URL: `postgresql://flotilla_engine:${randomBytes(24).toString('hex')}@db/flotilla`,
  REDIS_URL: `redis://orchestrator:${randomBytes(24).toString('hex')}@redis`,
  SEALING_KEYS: JSON.stringify({ current: 'k1', keys: { k1: key() } }),
  HASHING_KEY: key(),
}

test('addresses and keys are all that must be given, also in production', () => {
  expect(readConfig(good)).toMatchObject({ TICK_IDLE_MS: 500 })
})
test('production refuses secrets of development', () => {
  const weak = Buffer.alloc(32, 1).toString('base64')
  const wrong = {
    ...good,
    DATABASE_URL: 'postgresql://flotilla:flotilla@db/flotilla',
    SEALING_KEYS: JSON.stringify({ current: 'k1', keys: { k1: weak } }),
  }
  expect(() => readConfig(wrong)).toThrow(ConfigError)
  expect(() => readConfig(wrong)).toThrow(/SEALING_KEYS.*DATABASE_URL/)
  expect(() => readConfig(wrong)).not.toThrow(weak)
})
