import { randomBytes } from 'node:crypto'
import { TerminalError } from '@flotilla/contracts'
import { describe, expect, test } from 'vitest'
import { makeSealer, type SealedFor } from './seal.js'
import { parseSealingKeys } from '@flotilla/contracts/sealing'

const key = () => randomBytes(32).toString('base64')
const to: SealedFor = { runId: 'r1', step: 'kyc', dispatch: 1, contract: 'kyc.input.v1', direction: 'job' }
const ring = parseSealingKeys({ current: 'k1', keys: { k1: key() } })
const hashing = randomBytes(32)
const sealer = makeSealer(ring, hashing)
const codeOf = (fn: () => unknown): string => {
  try {
    fn()
    return 'none'
  } catch (error) {
    expect(error).toBeInstanceOf(TerminalError)
    return error instanceof TerminalError ? error.code : ''
  }
}

describe('a sealed text', () => {
  test('S1 opens to what was sealed, and is never the same twice', () => {
    const value = { input: { name: 'Žofie', list: [1, null] }, decision: null }
    const sealed = sealer.seal(value, to)
    expect(sealer.open(sealed, to)).toEqual(value)
    expect(sealer.seal(value, to)).not.toBe(sealed)
    expect(sealed).not.toContain('ofie')
    expect(sealed).toMatch(/^v1\.k1\.[\w-]{16}\.[\w-]+$/)
  })
  test.each([
    ['run', { runId: 'r2' }],
    ['step', { step: 'fraud' }],
    ['dispatch', { dispatch: 2 }],
    ['contract', { contract: null }],
    ['direction', { direction: 'reply.succeeded' }],
  ])('S2 does not open for another %s', (_name, other) => {
    const sealed = sealer.seal({ a: 1 }, to)
    expect(codeOf(() => sealer.open(sealed, { ...to, ...other }))).toBe('SEAL_BROKEN')
  })
  test('S2 members cannot be shifted into one another', () => {
    const sealed = sealer.seal({ a: 1 }, { ...to, step: 'a|1', dispatch: 2 })
    expect(codeOf(() => sealer.open(sealed, { ...to, step: 'a', dispatch: 1 }))).toBe('SEAL_BROKEN')
  })
  test('S3 opens after a rotation, while new texts name the new key', () => {
    const sealed = sealer.seal({ a: 1 }, to)
    const rotated = makeSealer({ current: 'k2', keys: { ...ring.keys, k2: randomBytes(32) } }, hashing)
    expect(rotated.open(sealed, to)).toEqual({ a: 1 })
    expect(rotated.seal({ a: 1 }, to)).toMatch(/^v1\.k2\./)
    const forgotten = makeSealer({ current: 'k2', keys: { k2: randomBytes(32) } }, hashing)
    expect(codeOf(() => forgotten.open(sealed, to))).toBe('SEALING_KEY_UNKNOWN')
  })
  test('S4 a change anywhere is noticed', () => {
    const sealed = sealer.seal({ a: 1 }, to)
    const start = sealed.indexOf('.', 3) + 1
    for (let at = start; at < sealed.length; at += 7) {
      if (sealed[at] === '.') continue
      const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1)
      expect(codeOf(() => sealer.open(changed, to))).not.toBe('none')
    }
    for (const broken of ['', 'v1', 'v2.k1.a.b', 'v1.k1.a.b', `${sealed}.x`])
      expect(codeOf(() => sealer.open(broken, to))).toBe('SEAL_MALFORMED')
  })
})

describe('a keyed hash', () => {
  test('depends on key, purpose and text and shows none of them', () => {
    const hash = sealer.hash('fact', 'phone')
    expect(sealer.hash('fact', 'phone')).toBe(hash)
    expect(sealer.hash('job', 'phone')).not.toBe(hash)
    expect(makeSealer(ring, randomBytes(32)).hash('fact', 'phone')).not.toBe(hash)
    expect(Buffer.from(hash, 'base64url')).toHaveLength(32)
  })
})

describe('a key ring', () => {
  test.each([
    null,
    {},
    { current: 'k1', keys: {} },
    { current: 'k1', keys: { k2: key() } },
    { current: 'k1', keys: { k1: 'c2VjcmV0' } },
    { current: 'a.b', keys: { 'a.b': key() } },
  ])('that is broken is refused without being repeated: %j', (value) => {
    expect(() => parseSealingKeys(value)).toThrow(/32 bytes in base64/)
    expect(() => parseSealingKeys(value)).not.toThrow(/c2VjcmV0/)
  })
})
