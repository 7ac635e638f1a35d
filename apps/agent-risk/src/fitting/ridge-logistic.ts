/** A logistic regression: log odds = intercept + sum of coefficient times value. */
export interface LogisticModel {
  readonly intercept: number
  readonly coefficients: readonly number[]
}

/** Solves the linear system `matrix * x = right` by elimination with pivoting; both are overwritten. */
const solve = (matrix: number[][], right: number[]): number[] => {
  const size = right.length
  const at = (row: number, column: number): number => matrix[row]?.[column] ?? 0
  for (let column = 0; column < size; column += 1) {
    let pivot = column
    for (let row = column + 1; row < size; row += 1)
      if (Math.abs(at(row, column)) > Math.abs(at(pivot, column))) pivot = row
    ;[matrix[column], matrix[pivot]] = [matrix[pivot] ?? [], matrix[column] ?? []]
    ;[right[column], right[pivot]] = [right[pivot] ?? 0, right[column] ?? 0]
    for (let row = column + 1; row < size; row += 1) {
      const factor = at(row, column) / at(column, column)
      const target = matrix[row] ?? []
      for (let k = column; k < size; k += 1) target[k] = (target[k] ?? 0) - factor * at(column, k)
      right[row] = (right[row] ?? 0) - factor * (right[column] ?? 0)
    }
  }
  const x = Array.from({ length: size }, () => 0)
  for (let row = size - 1; row >= 0; row -= 1) {
    let rest = right[row] ?? 0
    for (let k = row + 1; k < size; k += 1) rest -= at(row, k) * (x[k] ?? 0)
    x[row] = rest / at(row, row)
  }
  return x
}

const stepsMax = 50
const stepMin = 1e-9

/**
 * Fits a logistic regression with an L2 penalty of `ridge / 2` times the squared coefficients (the intercept goes free,
 * so the mean prediction is the share of bad ones) by Newton's method: le Cessie and van Houwelingen, Applied Statistics
 * 41 (1992). `rows` are to be standardised; `bad` is 1 or 0 for each.
 */
export const fitRidgeLogistic = (
  rows: readonly (readonly number[])[],
  bad: readonly number[],
  ridge: number,
): LogisticModel => {
  const size = (rows[0]?.length ?? 0) + 1
  const share = bad.reduce((sum, value) => sum + value, 0) / bad.length
  const weights = Array.from({ length: size }, (_, index) => (index === 0 ? Math.log(share / (1 - share)) : 0))
  for (let step = 0; step < stepsMax; step += 1) {
    const gradient = weights.map((weight, index) => (index === 0 ? 0 : -ridge * weight))
    const curvature = weights.map((_, i) => weights.map((__, j) => (i === j && i > 0 ? ridge : 0)))
    rows.forEach((row, index) => {
      let logOdds = weights[0] ?? 0
      for (let j = 1; j < size; j += 1) logOdds += (weights[j] ?? 0) * (row[j - 1] ?? 0)
      const p = 1 / (1 + Math.exp(-logOdds))
      const error = (bad[index] ?? 0) - p
      const spread = p * (1 - p)
      for (let i = 0; i < size; i += 1) {
        const xi = i === 0 ? 1 : (row[i - 1] ?? 0)
        gradient[i] = (gradient[i] ?? 0) + error * xi
        const line = curvature[i] ?? []
        for (let j = 0; j < size; j += 1) line[j] = (line[j] ?? 0) + spread * xi * (j === 0 ? 1 : (row[j - 1] ?? 0))
      }
    })
    const change = solve(curvature, gradient)
    change.forEach((delta, index) => (weights[index] = (weights[index] ?? 0) + delta))
    if (change.every((delta) => Math.abs(delta) < stepMin)) break
  }
  const [intercept = 0, ...coefficients] = weights
  return { intercept, coefficients }
}
