const msPerDay = 86_400_000

/** Days since 1970-01-01 of an ISO date (a time after it is ignored); NaN for what is not a date. */
export const dayOf = (date: string): number => {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})/.exec(date) ?? []
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day))
  // Date.UTC rolls 30 February over into March: such a day does not exist.
  return new Date(ms).getUTCDate() === Number(day) ? ms / msPerDay : Number.NaN
}

/** The epoch milliseconds at which a day begins, UTC. */
export const dayToMs = (day: number): number => day * msPerDay
