/**
 * Whether anything grows over a soak. Of each process and server that was measured long enough, what it has in the last quarter is held
 * against the second quarter: in the first it warms up.
 */

/** A process that a fault ended sooner says nothing. */
const shortestMs = 4 * 60_000

/** How much more the last quarter may have than the second. @type {Record<string, { times: number, slack: number }>} */
export const soakBounds = {
  rssBytes: { times: 1.1, slack: 16 * 1_048_576 },
  fds: { times: 1, slack: 12 },
  connections: { times: 1.1, slack: 8 },
  redisKeys: { times: 1.5, slack: 1_000 },
  redisBytes: { times: 1.5, slack: 8 * 1_048_576 },
  outboxLagMs: { times: 1, slack: 5_000 },
}

/** @param {readonly number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/**
 * @param {readonly { at: string, source: string, values: Record<string, number> }[]} samples in the order of time
 * @returns {{ source: string, metric: string, minutes: number, second: number, last: number, flat: boolean }[]}
 */
export const judgeSoak = (samples) => {
  /** @type {Map<string, { source: string, metric: string, points: { at: number, value: number }[] }>} */
  const series = new Map()
  for (const { at, source, values } of samples)
    for (const [metric, value] of Object.entries(values)) {
      const key = `${source} ${metric}`
      const held = series.get(key) ?? { source, metric, points: [] }
      series.set(key, held)
      held.points.push({ at: Date.parse(at), value })
    }
  return [...series.values()].flatMap(({ source, metric, points }) => {
    const bound = soakBounds[metric]
    const [from, to] = [points[0]?.at ?? 0, points.at(-1)?.at ?? 0]
    if (bound === undefined || to - from < shortestMs) return []
    /** @param {number} quarter */
    const of = (quarter) =>
      median(
        points
          .filter(
            ({ at }) => at >= from + ((to - from) * quarter) / 4 && at <= from + ((to - from) * (quarter + 1)) / 4,
          )
          .map(({ value }) => value),
      )
    const [second, last] = [of(1), of(3)]
    const flat = last <= second * bound.times + bound.slack
    return [{ source, metric, minutes: Math.round((to - from) / 6_000) / 10, second, last, flat }]
  })
}
