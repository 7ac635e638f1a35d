import type { ApiKeyRow } from '@flotilla/store'
import { describe, expect, test } from 'vitest'
import { aKey, keyOf } from '../testing/a-gateway.js'
import { makeKeyChecker } from './make-key-checker.js'

const aChecker = (...keys: ApiKeyRow[]) => {
  const rows = new Map(keys.map((key) => [key.id, key]))
  const asked: string[] = []
  const clock = { now: 1_000 }
  const checker = makeKeyChecker({
    find: (id) => {
      asked.push(id)
      return Promise.resolve(rows.get(id) ?? null)
    },
    touch: () => Promise.reject(new Error('away')),
    now: () => clock.now,
    cacheMs: 100,
  })
  return { checker, rows, asked, clock }
}

describe('makeKeyChecker', () => {
  test('a good key is its principal, and is asked for once within the cache time', async () => {
    const { checker, asked } = aChecker(aKey('a', ['runs:read']))
    const principal = { keyId: 'a', tenantId: 'acme', principal: 'a', scopes: ['runs:read'] }
    expect(await Promise.all([checker.check(keyOf('a')), checker.check(keyOf('a'))])).toEqual([principal, principal])
    expect(asked).toEqual(['a'])
  })
  test('K1 a revoked key is refused once the cache time is over', async () => {
    const { checker, rows, clock } = aChecker(aKey('a', []))
    await checker.check(keyOf('a'))
    rows.set('a', aKey('a', [], { revokedAt: new Date(0) }))
    clock.now += 101
    expect(await checker.check(keyOf('a'))).toBeNull()
  })
  test('K1 an expired key is refused at once, although it is remembered', async () => {
    const { checker, clock } = aChecker(aKey('a', [], { expiresAt: new Date(1_050) }))
    expect(await checker.check(keyOf('a'))).not.toBeNull()
    clock.now = 1_050
    expect(await checker.check(keyOf('a'))).toBeNull()
  })
  test('K2 a key that is made after it was guessed is good at once', async () => {
    const { checker, rows } = aChecker()
    expect(await checker.check(keyOf('a'))).toBeNull()
    expect(checker.isKnown(keyOf('a'))).toBe(false)
    rows.set('a', aKey('a', []))
    expect(await checker.check(keyOf('a'))).not.toBeNull()
  })
  test('K3 another secret under a remembered id is refused', async () => {
    const { checker } = aChecker(aKey('a', []))
    await checker.check(keyOf('a'))
    expect(await checker.check(`fl_a_${'t'.repeat(43)}`)).toBeNull()
  })
  test('K4 whoever guesses the secret of a remembered key is not known', async () => {
    const { checker } = aChecker(aKey('a', []))
    await checker.check(keyOf('a'))
    expect([checker.isKnown(keyOf('a')), checker.isKnown(`fl_a_${'t'.repeat(43)}`)]).toEqual([true, false])
  })
  test.each(['', 'fl_', 'fl_a_short', 'xx_a_ssssssssssssssssssss', `fl_a b_${'s'.repeat(43)}`])(
    '%j is no key and is not asked for',
    async (key) => {
      const { checker, asked } = aChecker()
      expect(await checker.check(key)).toBeNull()
      expect(asked).toEqual([])
    },
  )
  test('a store that fails is not remembered', async () => {
    let away = true
    const checker = makeKeyChecker({
      find: () => (away ? Promise.reject(new Error('away')) : Promise.resolve(aKey('a', []))),
      touch: () => Promise.resolve(),
      now: () => 0,
      cacheMs: 100,
    })
    await expect(checker.check(keyOf('a'))).rejects.toThrow('away')
    away = false
    expect(await checker.check(keyOf('a'))).not.toBeNull()
  })
})
