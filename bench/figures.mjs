/** Arithmetic on measured times. */

/** @param {readonly number[]} values @param {number} q 0 to 1 */
export const quantile = (values, q) => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}

/** @param {readonly number[]} values */
export const median = (values) => quantile(values, 0.5)

/** Median of repeated measurements, and how far apart they lie. @param {readonly number[]} values */
export const spread = (values) => ({ median: median(values), least: Math.min(...values), most: Math.max(...values) })

/** @param {number} value @param {number} [digits] */
export const round = (value, digits = 1) => Math.round(value * 10 ** digits) / 10 ** digits

/**
 * Rows of numbers by name as one row of texts `median (least to most)`.
 * @param {readonly Record<string, number>[]} rows
 */
export const summarise = (rows) =>
  Object.fromEntries(
    Object.keys(rows[0] ?? {}).map((name) => {
      const { median: middle, least, most } = spread(rows.map((row) => row[name] ?? Number.NaN))
      const digits = Math.abs(middle) < 100 ? (Math.abs(middle) < 10 ? 2 : 1) : 0
      const text = rows.length === 1 ? '' : ` (${round(least, digits)} to ${round(most, digits)})`
      return [name, `${round(middle, digits)}${text}`]
    }),
  )
