/** A span of time as people write it: `90s`, `10m`, `48h`, `7d`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of a duration, or null for anything else. Whole milliseconds, at least 1. */
export const parseDuration = (text: string): number | null => {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(text.trim()) ?? []
  const ms = Math.round(Number(amount) * (unitsMs[unit] ?? Number.NaN))
  return ms >= 1 ? ms : null
}

/** Milliseconds of a duration. Throws RangeError for what is none. */
export const msOf = (duration: Duration): number => {
  const ms = parseDuration(duration)
  if (ms === null) throw new RangeError(`${duration} is no duration`)
  return ms
}
