/** The calendar day that a text starts with, as `YYYY-MM-DD`; null where it names no day that exists. */
export const parseDay = (text: string): string | null => {
  const day = /^\s*(\d{4}-\d{2}-\d{2})(?:T.*)?\s*$/.exec(text)?.[1]
  if (day === undefined) return null
  const time = Date.parse(`${day}T00:00:00Z`)
  return Number.isNaN(time) || !new Date(time).toISOString().startsWith(day) ? null : day
}

/**
 * Full years from a birth date to a day, both ISO; somebody born on 29 February is a year older on 1 March. Null for
 * a birth after the day or more than 150 years before it.
 */
export const ageOn = (birthDate: string, day: string): number | null => {
  const years = Number(day.slice(0, 4)) - Number(birthDate.slice(0, 4)) - (day.slice(5) < birthDate.slice(5) ? 1 : 0)
  return years < 0 || years > 150 ? null : years
}
