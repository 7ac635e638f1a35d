import { hasCheckDigit } from './check-digit.js'

/** Fields that a check digit protects. */
export type CheckedField = 'documentNumber' | 'birthDate' | 'expiry' | 'optional' | 'composite'

/** A machine-readable zone, read but not judged. */
export interface Mrz {
  readonly format: 'TD1' | 'TD2' | 'TD3'
  readonly type: 'passport' | 'id_card' | 'visa' | 'other'
  readonly issuer: string
  readonly surname: string
  readonly givenNames: string
  readonly documentNumber: string
  /** Three letters, fillers gone. */
  readonly nationality: string
  /** `YYMMDD`; unknown parts are `<`. */
  readonly birth: string
  readonly expiry: string
  /** Fields whose check digit is wrong. */
  readonly wrong: readonly CheckedField[]
}

const typeOf = (code: string): Mrz['type'] => {
  if (code.startsWith('P')) return 'passport'
  if (code.startsWith('V')) return 'visa'
  return /^[IAC]/.test(code) ? 'id_card' : 'other'
}

const unfilled = (field: string): string => field.replaceAll('<', ' ').trim()

const namesOf = (field: string): { surname: string; givenNames: string } => {
  const [surname = '', given = ''] = field.split('<<')
  return { surname: unfilled(surname), givenNames: unfilled(given) }
}

interface Checks {
  readonly number: NumberField
  readonly birth: readonly [string, string]
  readonly expiry: readonly [string, string]
  readonly optional: readonly [string, string] | null
  readonly composite: readonly [string, string] | null
}

interface NumberField {
  readonly value: string
  readonly right: boolean
}

/** A number of more than nine characters goes on in the optional field (ICAO 9303 part 5, note j). */
const numberOf = (field: string, digit: string, optional: string): NumberField => {
  const more = optional.slice(0, optional.indexOf('<') < 0 ? optional.length : optional.indexOf('<'))
  if (digit !== '<' || more.length < 2 || field.includes('<'))
    return { value: unfilled(field), right: hasCheckDigit(field, digit) && digit !== '<' }
  const whole = field + more.slice(0, -1)
  return { value: whole, right: hasCheckDigit(whole, more.slice(-1)) }
}

const wrongFields = ({ number, birth, expiry, optional, composite }: Checks): CheckedField[] => {
  const fails = (check: readonly [string, string] | null): boolean =>
    check !== null && !hasCheckDigit(check[0], check[1])
  return [
    ...(number.right ? [] : (['documentNumber'] as const)),
    ...(fails(birth) ? (['birthDate'] as const) : []),
    ...(fails(expiry) ? (['expiry'] as const) : []),
    ...(fails(optional) ? (['optional'] as const) : []),
    ...(fails(composite) ? (['composite'] as const) : []),
  ]
}

/** TD2 (part 6) and TD3 (part 4) and the visas of part 7 differ in the width of the names and of the optional field. */
const parseTwoLines = (first: string, second: string, format: 'TD2' | 'TD3'): Mrz => {
  const type = typeOf(first)
  const optional = second.slice(28, format === 'TD3' ? 42 : 35)
  const number = numberOf(second.slice(0, 9), second.charAt(9), format === 'TD2' ? optional : '')
  const tail = format === 'TD3' ? second.slice(21, 43) : second.slice(21, 35)
  const composite = second.slice(0, 10) + second.slice(13, 20) + tail
  return {
    format,
    type,
    issuer: unfilled(first.slice(2, 5)),
    ...namesOf(first.slice(5)),
    documentNumber: number.value,
    nationality: unfilled(second.slice(10, 13)),
    birth: second.slice(13, 19),
    expiry: second.slice(21, 27),
    wrong: wrongFields({
      number,
      birth: [second.slice(13, 19), second.charAt(19)],
      expiry: [second.slice(21, 27), second.charAt(27)],
      // Visas have neither a checked optional field nor a composite digit.
      optional: format === 'TD3' && type !== 'visa' ? [optional, second.charAt(42)] : null,
      composite: type === 'visa' ? null : [composite, second.slice(-1)],
    }),
  }
}

/** TD1, ICAO 9303 part 5. */
const parseThreeLines = (first: string, second: string, third: string): Mrz => {
  const number = numberOf(first.slice(5, 14), first.charAt(14), first.slice(15, 30))
  const composite = first.slice(5, 30) + second.slice(0, 7) + second.slice(8, 15) + second.slice(18, 29)
  return {
    format: 'TD1',
    type: typeOf(first),
    issuer: unfilled(first.slice(2, 5)),
    ...namesOf(third),
    documentNumber: number.value,
    nationality: unfilled(second.slice(15, 18)),
    birth: second.slice(0, 6),
    expiry: second.slice(8, 14),
    wrong: wrongFields({
      number,
      birth: [second.slice(0, 6), second.charAt(6)],
      expiry: [second.slice(8, 14), second.charAt(14)],
      optional: null,
      composite: [composite, second.charAt(29)],
    }),
  }
}

const SHAPES: Readonly<Record<string, readonly number[]>> = { '88': [44, 44], '72': [36, 36], '90': [30, 30, 30] }

/** Lines as given, or cut apart where they came as one; spaces are no part of a machine-readable zone. */
const linesOf = (given: readonly string[]): readonly string[] => {
  const lines = given
    .flatMap((line) => line.split(/[\r\n]+/))
    .map((line) => line.replace(/\s/g, '').toUpperCase())
    .filter((line) => line !== '')
  const only = lines.length === 1 ? (lines[0] ?? '') : null
  const widths = only === null ? undefined : SHAPES[String(only.length)]
  if (only === null || widths === undefined) return lines
  return widths.map((width, at) => only.slice(at * width, (at + 1) * width))
}

/**
 * Reads the lines of a machine-readable zone: two of 44 (TD3), two of 36 (TD2) or three of 30 (TD1), with all check
 * digits. Null when they have no such shape or contain other characters than A to Z, 0 to 9 and the filler.
 */
export const parseMrz = (given: readonly string[]): Mrz | null => {
  const lines = linesOf(given)
  if (!lines.every((line) => /^[A-Z0-9<]+$/.test(line))) return null
  const [first = '', second = '', third = ''] = lines
  const shape = lines.map((line) => line.length).join('x')
  if (shape === '44x44') return parseTwoLines(first, second, 'TD3')
  if (shape === '36x36') return parseTwoLines(first, second, 'TD2')
  return shape === '30x30x30' ? parseThreeLines(first, second, third) : null
}

const isDay = (iso: string): boolean => {
  const time = Date.parse(`${iso}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(iso)
}

/**
 * ISO date of `YYMMDD`, null when parts of it are unknown or no such day exists. The century: births lie before
 * `day` (ISO), expiry dates within fifty years of it.
 */
export const mrzDate = (field: string, day: string, kind: 'birth' | 'expiry'): string | null => {
  if (!/^\d{6}$/.test(field)) return null
  const [year, month, date] = [field.slice(0, 2), field.slice(2, 4), field.slice(4)]
  const now = Number(day.slice(0, 4))
  const candidates = [-100, 0, 100]
    .map((shift) => Math.floor(now / 100) * 100 + shift + Number(year))
    .map((full) => `${full}-${month}-${date}`)
    .filter((iso) => (kind === 'birth' ? iso <= day : Math.abs(Number(iso.slice(0, 4)) - now) <= 50))
  const iso = kind === 'birth' ? candidates.at(-1) : candidates.at(0)
  return iso !== undefined && isDay(iso) ? iso : null
}
