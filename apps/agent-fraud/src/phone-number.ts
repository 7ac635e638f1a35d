/** A parsed number. `key` is what two spellings of one number have in common. */
export interface PhoneNumber {
  readonly key: string
  readonly plausible: boolean
}

const ascending = '01234567890123456789'
const descending = [...ascending].reverse().join('')

/** Whether the last seven digits are one digit repeated or a run up or down the keypad. */
const isInvented = (digits: string): boolean => {
  const tail = digits.slice(-7)
  return /^(\d)\1*$/.test(tail) || ascending.includes(tail) || descending.includes(tail)
}

/**
 * Reads a telephone number as people write it; null without any digit. Plausible means 7 to 15 digits (E.164's limit),
 * no other characters than the usual separators, and digits that nobody types in place of a number. The key is the last nine
 * digits, so that the same number with and without its country code is one.
 */
export const parsePhone = (text: string): PhoneNumber | null => {
  const trimmed = text.trim().normalize('NFKC')
  const digits = trimmed.replace(/\D/g, '').replace(/^00/, '')
  if (digits === '') return null
  const written = /^\+?[\d\s().\-/]+$/.test(trimmed)
  return {
    key: digits.slice(-9),
    plausible: written && digits.length >= 7 && digits.length <= 15 && !isInvented(digits),
  }
}
