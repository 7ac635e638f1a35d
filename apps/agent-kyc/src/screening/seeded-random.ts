/** A reproducible stream of choices; the same seed gives the same names on every machine. */
export interface SeededRandom {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform integer in [0, below). */
  int(below: number): number
  /** One member of a list that is not empty. */
  pick<T>(from: readonly T[]): T
  /** True with the given probability. */
  chance(probability: number): boolean
}

/** Makes a stream from an integer seed (mulberry32, Tommy Ettinger 2017, public domain). */
export const makeSeededRandom = (seed: number): SeededRandom => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const int = (below: number): number => Math.floor(next() * below)
  const pick = <T>(from: readonly T[]): T => {
    if (from.length === 0) throw new RangeError('nothing to pick from')
    // The index is below the length, which was just checked to be positive.
    return from[int(from.length)] as T
  }
  return { next, int, pick, chance: (probability) => next() < probability }
}
