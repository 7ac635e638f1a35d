/** Chance that can be had again: the same seed gives the same numbers. */
export interface Chance {
  /** A whole number from 0 to `count` - 1. */
  readonly below: (count: number) => number
  /** True in so many of a hundred cases. */
  readonly percent: (share: number) => boolean
  readonly pick: <T>(items: readonly T[]) => T
}

/** Numbers from a seed by mulberry32 (Tommy Ettinger, public domain): quick, and spread well enough to choose from. */
export const seeded = (seed: number): Chance => {
  let state = seed | 0
  const below = (count: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((((mixed ^ (mixed >>> 14)) >>> 0) * count) / 2 ** 32) | 0
  }
  return {
    below,
    percent: (share) => below(100) < share,
    pick: <T>(items: readonly T[]) => {
      if (items.length === 0) throw new Error('nothing to pick from')
      return items[below(items.length)] as T // below the length
    },
  }
}
