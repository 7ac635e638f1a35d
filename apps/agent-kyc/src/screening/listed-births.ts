/** A listed date of birth as a closed range of days; `circa` marks dates that the list itself calls approximate. */
export interface ListedBirth {
  /** ISO date, first possible day. */
  readonly from: string
  /** ISO date, last possible day. */
  readonly to: string
  readonly circa: boolean
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DATE = String.raw`(?:(?:(\d{1,2}) )?([A-Z][a-z]{2})[a-z]* )?(\d{4})`
const BIRTH = new RegExp(String.raw`\bDOB:? (circa |c\. ?|approximately )?${DATE}(?:(?: to |-| - )${DATE})?`, 'gi')

const pad = (value: number): string => String(value).padStart(2, '0')
const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate()

const dayRange = (
  day: string | undefined,
  monthName: string | undefined,
  yearText: string,
): { from: string; to: string } | null => {
  const year = Number(yearText)
  if (year < 1850 || year > 2100) return null
  if (monthName === undefined) return { from: `${yearText}-01-01`, to: `${yearText}-12-31` }
  const month = MONTHS.indexOf(monthName.slice(0, 3).toLowerCase()) + 1
  if (month === 0) return null
  const last = daysIn(year, month)
  if (day === undefined) return { from: `${yearText}-${pad(month)}-01`, to: `${yearText}-${pad(month)}-${pad(last)}` }
  if (Number(day) < 1 || Number(day) > last) return null
  const exact = `${yearText}-${pad(month)}-${pad(Number(day))}`
  return { from: exact, to: exact }
}

/**
 * All dates of birth in OFAC's free-text remarks: `DOB 12 Mar 1965`, `DOB Mar 1965`, `DOB 1965`, `DOB circa 1965`,
 * `DOB 1960 to 1965`, each also as `alt. DOB`. Text that is no date is passed over: remarks are prose.
 */
export const parseListedBirths = (remarks: string): readonly ListedBirth[] => {
  const births: ListedBirth[] = []
  for (const match of remarks.matchAll(BIRTH)) {
    const [, circa, day, month, year, endDay, endMonth, endYear] = match
    const start = dayRange(day, month, year ?? '')
    const end = endYear === undefined ? start : dayRange(endDay, endMonth, endYear)
    if (start === null || end === null || end.to < start.from) continue
    births.push({ from: start.from, to: end.to, circa: circa !== undefined })
  }
  return births
}

/** How a person's date of birth relates to an entry's listed ones. */
export type BirthAgreement = 'same' | 'near' | 'different' | 'unknown'

const yearsBetween = (left: string, right: string): number =>
  Math.abs(Date.parse(left) - Date.parse(right)) / (365.25 * 86_400_000)

const differingDigits = (left: string, right: string): number => {
  let count = 0
  for (let index = 0; index < left.length; index += 1) if (left[index] !== right[index]) count += 1
  return count
}

const swapsDayAndMonth = (left: string, right: string): boolean =>
  left.slice(0, 4) === right.slice(0, 4) && left.slice(5, 7) === right.slice(8) && left.slice(8) === right.slice(5, 7)

/** Years beyond a listed range within which a date counts as near: the list's own uncertainty, not the applicant's. */
const SLACK_YEARS = { exact: 1, range: 1, circa: 3 } as const

const agreementWith = (birthDate: string, listed: ListedBirth): BirthAgreement => {
  if (birthDate >= listed.from && birthDate <= listed.to) return 'same'
  const exact = listed.from === listed.to
  if (exact && (differingDigits(birthDate, listed.from) === 1 || swapsDayAndMonth(birthDate, listed.from)))
    return 'near'
  const nearest = birthDate < listed.from ? listed.from : listed.to
  const slack = listed.circa ? SLACK_YEARS.circa : exact ? SLACK_YEARS.exact : SLACK_YEARS.range
  return yearsBetween(birthDate, nearest) <= slack ? 'near' : 'different'
}

/**
 * Compares an ISO birth date (or null) with all listed dates; the best agreement counts. `near` covers a year's
 * difference, one wrong digit and a swapped day and month, for which nobody may be cleared.
 */
export const compareBirth = (birthDate: string | null, listed: readonly ListedBirth[]): BirthAgreement => {
  if (birthDate === null || listed.length === 0) return 'unknown'
  const found = new Set(listed.map((birth) => agreementWith(birthDate, birth)))
  return found.has('same') ? 'same' : found.has('near') ? 'near' : 'different'
}
