/** Synthetic identities whose check digits are right: nobody real, nothing random. */

/** Weights 7, 3, 1 over digits, letters from A = 10, filler 0. Source: ICAO Doc 9303-3, section 4.9. @param {string} text */
export const checkDigit = (text) => {
  const sum = [...text].reduce((total, character, index) => {
    const value = character === '<' ? 0 : Number.parseInt(character, 36)
    return total + value * /** @type {number} */ ([7, 3, 1][index % 3])
  }, 0)
  return `${sum % 10}`
}

/** `1984-05-17` to `840517`. @param {string} date */
const sixDigits = (date) => date.slice(2).replaceAll('-', '')

/**
 * The two lines of a Czech passport. Source: ICAO Doc 9303-4, section 4.2.
 * @param {{ surname: string, givenName: string, number: string, birthDate: string, sex: 'F' | 'M', expiresOn: string }} holder
 */
export const passportLines = ({ surname, givenName, number, birthDate, sex, expiresOn }) => {
  const names = `${surname}<<${givenName}`.toUpperCase().replaceAll(' ', '<')
  const document = number.padEnd(9, '<')
  const born = sixDigits(birthDate)
  const expires = sixDigits(expiresOn)
  // No personal number: its check digit may be a filler too.
  const personal = '<'.repeat(15)
  const [d, b, e] = [checkDigit(document), checkDigit(born), checkDigit(expires)]
  const all = checkDigit(`${document}${d}${born}${b}${expires}${e}${personal}`)
  return [
    `P<CZE${names}`.padEnd(44, '<').slice(0, 44),
    `${document}${d}CZE${born}${b}${sex}${expires}${e}${personal}${all}`,
  ]
}

/** Weights of a Czech account number's ten digits; the sum must be divisible by 11. Source: decree 169/2011 Coll. */
const accountWeights = [6, 3, 7, 9, 10, 5, 8, 4, 2, 1]

/** @param {string} account ten digits */
const isAccount = (account) =>
  [...account].reduce((sum, digit, index) => sum + Number(digit) * (accountWeights[index] ?? 0), 0) % 11 === 0

/**
 * A Czech IBAN for the first possible account number from a given one on. Source: ISO 13616, remainder 97.
 * @param {number} from at most ten digits
 */
export const czechIban = (from) => {
  let account = from
  while (!isAccount(`${account}`.padStart(10, '0'))) account += 1
  const basic = `0800000000${`${account}`.padStart(10, '0')}`
  // C = 12, Z = 35.
  const check = 98n - (BigInt(`${basic}123500`) % 97n)
  return `CZ${`${check}`.padStart(2, '0')}${basic}`
}
