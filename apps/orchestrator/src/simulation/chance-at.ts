/** A number below 2^32 that hangs on seed, step and use alone: no draw changes another one. */
export const chanceAt = (seed: number, step: number, use: number): number => {
  let mixed = (Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(step + 1, 0x85ebca77) ^ Math.imul(use + 1, 0xc2b2ae3d)) | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
