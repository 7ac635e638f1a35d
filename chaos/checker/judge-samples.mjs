/** Judges what may not grow (I15), by measurements of processes and servers over the campaign. */
import { timeOf } from './sources.mjs'

const hourMs = 3_600_000
/** A process is warm after so long; before that its memory says nothing. */
const warmMs = 30 * 60_000
/** What multiplies is told from what begins by measuring for so long. */
const settledMs = 10 * 60_000

/**
 * `max`: at any time. `perHour`: slope by least squares, where the time measured is long enough. `times`: the median of the
 * last quarter may be so many times that of the first, and `slack` more.
 * @typedef {{ max?: number, perHour?: number, times?: number, slack?: number }} Bound
 * @type {Record<string, Bound>}
 */
export const defaultBounds = {
  rssBytes: { perHour: 1_048_576, max: 1_610_612_736 },
  fds: { times: 2, slack: 64 },
  connections: { times: 2, slack: 20 },
  redisKeys: { max: 20_000 },
}

/** @param {readonly { at: number, value: number }[]} points */
export const slopePerHour = (points) => {
  const count = points.length
  const meanAt = points.reduce((sum, { at }) => sum + at, 0) / count
  const mean = points.reduce((sum, { value }) => sum + value, 0) / count
  const spread = points.reduce((sum, { at }) => sum + (at - meanAt) ** 2, 0)
  const together = points.reduce((sum, { at, value }) => sum + (at - meanAt) * (value - mean), 0)
  return spread === 0 ? 0 : (together / spread) * hourMs
}

/** @param {readonly number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/**
 * @param {import('./sources.mjs').Source} source @param {import('./findings.mjs').Findings} findings @param {Record<string, Bound>} bounds
 */
export const judgeSamples = async (source, findings, bounds) => {
  /** @type {Map<string, { from: string, metric: string, points: { at: number, value: number }[] }>} */
  const series = new Map()
  for await (const { value } of source.lines('samples'))
    for (const [metric, measured] of Object.entries(value.values ?? {})) {
      if (typeof measured !== 'number') continue
      const key = `${value.source} ${metric}`
      /** @type {{ from: string, metric: string, points: { at: number, value: number }[] }} */
      const held = series.get(key) ?? { from: String(value.source), metric, points: [] }
      series.set(key, held)
      held.points.push({ at: timeOf(value.at) ?? 0, value: measured })
    }
  for (const { from, metric, points } of series.values()) {
    const { max, perHour, times, slack = 0 } = bounds[metric] ?? {}
    points.sort((a, b) => a.at - b.at)
    const [first, final] = [points[0]?.at ?? 0, points.at(-1)?.at ?? 0]
    if (max !== undefined) {
      const most = points.reduce((highest, { value }) => Math.max(highest, value), 0)
      findings.expect('I15', `${metric} stays below its limit`, most <= max, null, () => ({
        source: from,
        metric,
        most,
        max,
      }))
    }
    const warm = points.filter(({ at }) => at - first >= warmMs)
    if (perHour !== undefined && warm.length >= 10 && final - first >= 2 * warmMs) {
      const slope = slopePerHour(warm)
      findings.expect('I15', `${metric} does not grow`, slope <= perHour, null, () => ({
        source: from,
        metric,
        slope,
        perHour,
      }))
    }
    if (times !== undefined && points.length >= 8 && final - first >= settledMs) {
      const quarter = Math.floor(points.length / 4)
      const [begins, ends] = [points.slice(0, quarter), points.slice(-quarter)].map((part) =>
        median(part.map(({ value }) => value)),
      )
      const bound = (begins ?? 0) * times + slack
      findings.expect('I15', `${metric} does not multiply`, (ends ?? 0) <= bound, null, () => ({
        source: from,
        metric,
        begins,
        ends,
        bound,
      }))
    }
  }
}
