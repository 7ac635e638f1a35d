import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { secretsSettings, whatIsWrongWithSecrets, type Secrets } from './development-secrets.js'
import { readEnv } from './read-env.js'

const production = { NODE_ENV: 'production', DEVELOPMENT_SECRETS: null } as const
const password = (): string => randomBytes(24).toString('hex')
const good = (): Secrets => ({
  keys: { SEALING_KEYS: [randomBytes(32), randomBytes(32)], HASHING_KEY: randomBytes(32) },
  urls: {
    DATABASE_URL: `postgresql://flotilla_gateway:${password()}@db.internal:5432/flotilla`,
    REDIS_URL: `rediss://gateway:${password()}@redis.internal:6379`,
  },
})
const problemsWith = (change: { keys?: Secrets['keys']; urls?: Secrets['urls'] }): readonly string[] => {
  const { keys, urls } = good()
  return whatIsWrongWithSecrets(production, { keys: { ...keys, ...change.keys }, urls: { ...urls, ...change.urls } })
}
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

describe('secrets in production', () => {
  test('X3 that were drawn at random pass, ten thousand times', () => {
    const keys = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`KEY_${index}`, randomBytes(32)]))
    expect(whatIsWrongWithSecrets(production, { keys, urls: good().urls })).toEqual([])
  })

  test.each([
    ['zeros', Buffer.alloc(32)],
    ['one byte all over', Buffer.alloc(32, 7)],
    ['counting', Buffer.from(Array.from({ length: 32 }, (_, index) => index))],
    ['counting down by three', Buffer.from(Array.from({ length: 32 }, (_, index) => (200 - 3 * index + 256) % 256))],
    ['words', Buffer.from('development-sealing-key-32-bytes')],
    ['digits', Buffer.from('0123456789abcdef0123456789ABCDEF')],
    ['the hash of a word', sha256('changeme')],
    ['too short', randomBytes(16)],
  ])('X2 a key of %s is refused by its name alone', (_, key) => {
    for (const keys of [{ HASHING_KEY: key }, { SEALING_KEYS: [randomBytes(32), key] }]) {
      const problems = problemsWith({ keys })
      expect(problems).toHaveLength(1)
      expect(problems[0]).toMatch(new RegExp(`^${Object.keys(keys)[0]} `))
      for (const written of ['hex', 'base64', 'latin1'] as const)
        expect(problems[0]).not.toContain(key.toString(written))
    }
  })

  test('a key for two purposes, or absent, is refused', () => {
    const key = randomBytes(32)
    expect(problemsWith({ keys: { SEALING_KEYS: [key], HASHING_KEY: key } })).toEqual([
      'HASHING_KEY holds a key that SEALING_KEYS holds already',
    ])
    expect(problemsWith({ keys: { AUDIT_SIGNING_KEY: null } })).toEqual([
      'AUDIT_SIGNING_KEY is not set: required in production',
    ])
  })

  test.each([
    'postgresql://postgres:postgres@db/flotilla',
    'postgresql://flotilla_gateway:flotilla@db/flotilla',
    'postgresql://flotilla_gateway:Password123!@db/flotilla',
    'postgresql://flotilla_gateway:flotilla_gateway@db/flotilla',
    'postgresql://flotilla_gateway:changeme-changeme-changeme@db/flotilla',
    'postgresql://flotilla_gateway:x7Gq2@db/flotilla',
    'postgresql://flotilla_gateway:aaaaaaaaaaaaaaaaaaaaaaaa@db/flotilla',
    'postgresql://flotilla_gateway@db/flotilla',
    'postgresql://flotilla_gateway:secret@127.0.0.1/flotilla',
  ])('X2 %s is refused by its name alone', (address) => {
    const problems = problemsWith({ urls: { DATABASE_URL: address } })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^DATABASE_URL has /)
    expect(problems[0]).not.toContain(`:${new URL(address).password}@`)
  })

  test('a Redis that asks for no password is refused unless it is on this machine', () => {
    expect(problemsWith({ urls: { REDIS_URL: 'redis://redis:6379' } })[0]).toMatch(/^REDIS_URL has no password/)
    expect(problemsWith({ urls: { REDIS_URL: 'redis://:foobared@127.0.0.1' } })[0]).toMatch(/^REDIS_URL has a known/)
    expect(problemsWith({ urls: { REDIS_URL: 'redis://127.0.0.1:6379' } })).toEqual([])
  })

  test('X1 are looked at in production, or where it is asked for, and nowhere else', () => {
    const wrong: Secrets = { keys: { HASHING_KEY: Buffer.alloc(32) }, urls: {} }
    const problemsIn = (env: Record<string, string>): number =>
      whatIsWrongWithSecrets(readEnv(env, secretsSettings), wrong).length
    expect(problemsIn({})).toBe(0)
    expect(problemsIn({ NODE_ENV: 'development' })).toBe(0)
    expect(problemsIn({ NODE_ENV: 'production' })).toBe(1)
    expect(problemsIn({ NODE_ENV: 'production', DEVELOPMENT_SECRETS: 'allowed' })).toBe(0)
    expect(problemsIn({ DEVELOPMENT_SECRETS: 'refused' })).toBe(1)
  })
})
