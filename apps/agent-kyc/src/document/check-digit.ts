const WEIGHTS = [7, 3, 1] as const

const valueOf = (character: string): number | null => {
  if (character === '<') return 0
  if (/^\d$/.test(character)) return Number(character)
  return /^[A-Z]$/.test(character) ? character.charCodeAt(0) - 55 : null
}

/**
 * Check digit of a machine-readable field (ICAO 9303 part 3, section 4.9): weights 7, 3, 1, letters from A = 10,
 * filler 0, modulo 10. Null where a character is not allowed.
 */
export const checkDigitOf = (field: string): string | null => {
  let sum = 0
  for (let at = 0; at < field.length; at += 1) {
    const value = valueOf(field.charAt(at))
    if (value === null) return null
    sum += value * (WEIGHTS[at % 3] ?? 7)
  }
  return String(sum % 10)
}

/** Whether a field carries its right check digit; an empty field may carry a filler for it. */
export const hasCheckDigit = (field: string, digit: string): boolean =>
  digit === checkDigitOf(field) || (digit === '<' && /^<*$/.test(field))
