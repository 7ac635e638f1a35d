/** Draws that a seed repeats (mulberry32 by Tommy Ettinger). */

/** @param {number} seed */
export const makeRandom = (seed) => {
  let state = (seed * 2_654_435_761) >>> 0
  /** From 0 up to 1. */
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  /** A whole number from `least` to `most`. @param {number} least @param {number} most */
  const within = (least, most) => least + Math.floor(next() * (most - least + 1))
  /** @param {number} chance */
  const happens = (chance) => next() < chance
  /** @template T @param {readonly T[]} list @returns {T} */
  const pick = (list) => {
    const one = list[Math.floor(next() * list.length)]
    if (one === undefined) throw new Error('nothing to pick from')
    return one
  }
  /** @template T @param {readonly T[]} list @returns {T[]} */
  const shuffled = (list) =>
    list
      .map((one) => ({ one, at: next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ one }) => one)
  /** @param {number} digits */
  const hex = (digits) => Array.from({ length: digits }, () => within(0, 15).toString(16)).join('')
  const uuid = () => `${hex(8)}-${hex(4)}-7${hex(3)}-8${hex(3)}-${hex(12)}`
  return { next, within, happens, pick, shuffled, hex, uuid }
}

/** @typedef {ReturnType<typeof makeRandom>} Random */
