import { describe, expect, test } from 'vitest'
import { orderDay, type BalanceMove } from './day-order.js'

const aDay = (opening: number, amounts: readonly number[]): BalanceMove[] => {
  let balance = opening
  return amounts.map((amount) => ({ before: balance, after: (balance += amount) }))
}

/** Mulberry32, so that a failure can be repeated. */
const makeRandom = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

const shuffled = <T>(items: readonly T[], random: () => number): T[] =>
  items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item)

const at = (balance: number) => ({ low: balance, high: balance })

/** The slow truth: tries every order. */
const someOrder = (moves: readonly BalanceMove[], from: number): boolean =>
  moves.length === 0 ||
  moves.some(({ before, after }, index) => before === from && someOrder(moves.toSpliced(index, 1), after))

describe('the order of a day', () => {
  test('is found however the entries are listed', () => {
    const random = makeRandom(7)
    const amounts = Array.from({ length: 40 }, () => Math.round((random() - 0.5) * 2_000))
    const moves = aDay(5_000, amounts)
    const closing = moves.at(-1)?.after
    for (let round = 0; round < 20; round += 1)
      expect(orderDay(shuffled(moves, random), { from: at(5_000), tolerance: 0 })?.closing).toEqual(at(closing ?? NaN))
  })

  test('agrees with trying every order', () => {
    const random = makeRandom(11)
    let possible = 0
    for (let round = 0; round < 2_000; round += 1) {
      const moves = Array.from({ length: 1 + Math.floor(random() * 5) }, () => ({
        before: Math.floor(random() * 4),
        after: Math.floor(random() * 4),
      }))
      const found = orderDay(moves, { from: at(0), tolerance: 0 }) !== null
      expect(found).toBe(someOrder(moves, 0))
      possible += found ? 1 : 0
    }
    expect(possible).toBeGreaterThan(100)
  })

  test('does not exist when the day begins elsewhere', () => {
    expect(orderDay(aDay(100, [5, 10]), { from: at(99), tolerance: 0 })).toBeNull()
  })

  test('does not exist for two chains that do not meet', () => {
    const loops = [...aDay(100, [5, -5]), ...aDay(900, [7, -7])]
    expect(orderDay(loops, { from: at(100), tolerance: 0 })).toBeNull()
  })

  test('bears rounding up to the tolerance and no more', () => {
    const rounded = [
      { before: 1_000, after: 1_500 },
      { before: 1_510, after: 1_200 },
    ]
    expect(orderDay(rounded, { from: at(1_000), tolerance: 10 })?.closing).toEqual(at(1_200))
    expect(orderDay(rounded, { from: at(1_000), tolerance: 9 })).toBeNull()
  })

  test('of 20,000 entries is found in well under a second', () => {
    const random = makeRandom(3)
    const amounts = Array.from({ length: 20_000 }, (_, index) => (index % 2 === 0 ? 100 : -100))
    const started = performance.now()
    expect(orderDay(shuffled(aDay(0, amounts), random), { from: at(0), tolerance: 1 })).not.toBeNull()
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})
