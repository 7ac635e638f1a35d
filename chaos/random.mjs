/** Randomness that a seed repeats: mulberry32 for sequences, SHA-256 for answers to a question. */
import { createHash } from 'node:crypto'

/** A sequence of numbers in [0, 1) with what is drawn from it. @param {number} seed */
export const makeRandom = (seed) => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    /** An integer, both ends included. @param {number} min @param {number} max */
    integer: (min, max) => min + Math.floor(next() * (max - min + 1)),
    /** @template T @param {readonly T[]} list @returns {T} */
    pick: (list) => /** @type {any} one of a list that is not empty */ (list[Math.floor(next() * list.length)]),
    /** @template T @param {readonly T[]} list @returns {T[]} a copy in another order */
    shuffle: (list) => {
      const copy = [...list]
      for (let index = copy.length - 1; index > 0; index -= 1) {
        const other = Math.floor(next() * (index + 1))
        const [one, two] = /** @type {[any, any]} both within the list */ ([copy[index], copy[other]])
        copy[index] = two
        copy[other] = one
      }
      return copy
    },
  }
}

/** A number in [0, 1) that depends on the words alone: the same question has the same answer in every process. */
export const chanceOf = (/** @type {unknown[]} */ ...words) =>
  createHash('sha256').update(JSON.stringify(words)).digest().readUInt32BE(0) / 2 ** 32

/** What a step of ours answers: anybody can compute it. @param {string} name @param {unknown} n @param {unknown} after */
export const tokenOf = (name, n, after) =>
  createHash('sha256')
    .update(JSON.stringify([name, n, after]))
    .digest('hex')
    .slice(0, 32)
