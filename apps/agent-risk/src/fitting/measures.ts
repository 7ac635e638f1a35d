/** Predictions with what became of them (1 bad, 0 good). */
export interface Outcomes {
  readonly predicted: readonly number[]
  readonly bad: readonly number[]
}

/**
 * Area under the ROC curve: the share of pairs of a bad and a good one in which the bad one has the higher prediction,
 * ties counting half (Mann and Whitney).
 */
export const areaUnderCurve = ({ predicted, bad }: Outcomes): number => {
  const bads = predicted.filter((_, index) => bad[index] === 1)
  const goods = predicted.filter((_, index) => bad[index] === 0)
  let won = 0
  for (const b of bads) for (const g of goods) won += b > g ? 1 : b === g ? 0.5 : 0
  return won / (bads.length * goods.length)
}

/** Mean negative log likelihood, in nats. */
export const logLoss = ({ predicted, bad }: Outcomes): number =>
  -predicted.reduce((sum, p, index) => sum + Math.log(bad[index] === 1 ? p : 1 - p), 0) / predicted.length

/** Mean squared error of the probabilities (Brier 1950). */
export const brierScore = ({ predicted, bad }: Outcomes): number =>
  predicted.reduce((sum, p, index) => sum + (p - (bad[index] ?? 0)) ** 2, 0) / predicted.length

/** The value at share `share` of sorted values, nearest rank. */
export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))] ?? NaN

/** Random numbers in [0, 1) from a seed (Mulberry32, public domain): the same on every machine. */
export const makeRandom = (seed: number): (() => number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
