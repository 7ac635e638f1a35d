const pad = (value: string, length: number): string => value.padStart(length, '0')

const validDay = (year: string, month: string, day: string): string | null => {
  const iso = `${year}-${pad(month, 2)}-${pad(day, 2)}`
  const date = new Date(`${iso}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) === iso ? iso : null
}

/**
 * An ISO day from `1962-02-09` (a time after it is dropped), `19620209`, `9. 2. 1962`, or `25/12/1962` and `12/25/1962`
 * where only one reading is a date. Null for anything else: an ambiguous day is not guessed.
 */
export const toIsoDay = (value: string | null | undefined): string | null => {
  const text = value?.trim() ?? ''
  const iso = /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ].*)?$/.exec(text)
  if (iso?.[1] && iso[2] && iso[3]) return validDay(iso[1], iso[2], iso[3])
  const dotted = /^(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4})$/.exec(text)
  if (dotted?.[1] && dotted[2] && dotted[3]) return validDay(dotted[3], dotted[2], dotted[1])
  const slashed = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text)
  if (!slashed?.[1] || !slashed[2] || !slashed[3]) return null
  const readings = [validDay(slashed[3], slashed[2], slashed[1]), validDay(slashed[3], slashed[1], slashed[2])]
  const [found, other] = new Set(readings.filter((day) => day !== null))
  return found !== undefined && other === undefined ? found : null
}

/** Days from one ISO day to another; negative when `to` is earlier. */
export const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000)
