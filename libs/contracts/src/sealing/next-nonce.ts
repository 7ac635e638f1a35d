import { randomFillSync } from 'node:crypto'

/** Of a nonce of AES-GCM. */
export const nonceBytes = 12

// From a pool: asking the operating system for twelve bytes at a time costs as much as sealing does.
const pool = Buffer.alloc(nonceBytes * 512)
let taken = pool.length

/** Twelve random bytes that nobody was given before. */
export const nextNonce = (): Buffer => {
  if (taken === pool.length) {
    randomFillSync(pool)
    taken = 0
  }
  taken += nonceBytes
  // A copy: the pool is filled anew under whoever still held a view of it.
  return Buffer.from(pool.subarray(taken - nonceBytes, taken))
}
