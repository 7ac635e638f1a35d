import { toText } from './spelling.js'

const letters = Array.from({ length: 26 }, (_, index) => String.fromCharCode(65 + index))

const codesByName = (): ReadonlyMap<string, string> => {
  const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
  const codes = letters.flatMap((first) => letters.map((second) => first + second))
  return new Map(codes.map((code) => [names.of(code)?.toLowerCase() ?? code.toLowerCase(), code]))
}

let known: ReadonlyMap<string, string> | undefined

/**
 * A country as its code: ISO 3166 codes of two or three letters (and ICAO's, such as `D`) in upper case, English names
 * as their code of two letters. Null for a word that names no country.
 */
export const toCountryCode = (value: string | null | undefined): string | null => {
  const text = toText(value)?.toUpperCase()
  if (text === undefined) return null
  if (/^([A-Z]{1,3})$/.test(text)) return text
  known ??= codesByName()
  return known.get(text.toLowerCase()) ?? null
}
