import { describe, expect, test } from 'vitest'
import { ConfigError } from './config-error.js'
import { decimalNumber, flag, integer, json, oneOf, optional, text, url } from './env-fields.js'
import { readEnv } from './read-env.js'

const fields = {
  DATABASE_URL: url(['postgresql']),
  PORT: integer({ min: 0, max: 65_535, default: 3000 }),
  RATE: decimalNumber({ min: 0, max: 1, default: 0.5 }),
  MODE: oneOf(['fast', 'slow'], { default: 'fast' }),
  QUIET: flag({ default: false }),
  NAME: optional(text({ pattern: /^[a-z]+$/, aliases: ['OLD_NAME'] })),
  KEYS: optional(
    json('an object', (value) => {
      if (typeof value !== 'object' || value === null) throw new Error('an object')
      return value
    }),
  ),
}
const good = { DATABASE_URL: 'postgresql://a:b@127.0.0.1/c' }

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    readEnv(env, fields)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems
  }
}

describe('readEnv', () => {
  test('gives typed values, defaults, and null for what is optional and unset', () => {
    const values = readEnv({ ...good, PORT: '0', QUIET: '1', KEYS: '{"a":1}', RATE: '' }, fields)
    const port: number = values.PORT
    const name: string | null = values.NAME
    expect({ ...values, port, name }).toEqual({
      DATABASE_URL: good.DATABASE_URL,
      PORT: 0,
      RATE: 0.5,
      MODE: 'fast',
      QUIET: true,
      NAME: null,
      KEYS: { a: 1 },
      port: 0,
      name: null,
    })
  })

  test('reads an alias when the name itself is unset or empty, and the name first', () => {
    expect(readEnv({ ...good, NAME: '', OLD_NAME: 'b' }, fields).NAME).toBe('b')
    expect(readEnv({ ...good, NAME: 'a', OLD_NAME: 'b' }, fields).NAME).toBe('a')
  })

  test('reports every problem at once, with the name that was given and what is accepted', () => {
    expect(problemsOf({ PORT: '65536', RATE: '2', MODE: 'x', QUIET: 'maybe', OLD_NAME: 'B', KEYS: '{' })).toEqual([
      'DATABASE_URL is not set: must be a URL starting with postgresql://',
      'PORT must be an integer from 0 to 65535',
      'RATE must be a number from 0 to 1',
      'MODE must be one of fast, slow',
      'QUIET must be true or false',
      'OLD_NAME must be text of 1 to 10000 characters matching /^[a-z]+$/',
      'KEYS must be JSON: an object',
    ])
  })

  test('never repeats a value, not even of a broken key ring', () => {
    const secret = 'hunter2hunter2'
    const all = Object.fromEntries(Object.keys(fields).map((name) => [name, secret]))
    expect(problemsOf(all).join()).not.toContain(secret)
  })

  test.each(['1e3', '0x10', ' 5', '5.5', '', 'NaN', '9007199254740993'])('%j is not an integer', (raw) => {
    expect(() => integer({ min: -1e16, max: 1e16 }).parse(raw)).toThrow('an integer from')
  })
})
