import { anApplication } from './applications.js'

/**
 * Applications in which every personal field carries something that occurs nowhere else.
 *
 * Letters only where a format allows no more, so that they survive normalising; digits where a field must be a number to
 * be taken for one. Fixed, not random: a fleet of a test starts with an empty home.
 */

const prefix = 'ZZPII'
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** Weights 7, 3, 1 over digits, letters from A = 10, filler 0. Source: ICAO Doc 9303-3, section 4.9. */
const checkDigit = (text: string): string => {
  const values = [...text].map((character) => (character === '<' ? 0 : Number.parseInt(character, 36)))
  // The index is taken modulo the length.
  return String(values.reduce((sum, value, index) => sum + value * [7, 3, 1][index % 3]!, 0) % 10)
}

/** The two lines of a passport, its personal number included. Source: ICAO Doc 9303-4, section 4.2. */
const passportLines = (holder: { given: string; surname: string; number: string; born: string; personal: string }) => {
  const number = holder.number.padEnd(9, '<')
  const expires = '330101'
  const first = `${number}${checkDigit(number)}`
  const dates = `${holder.born}${checkDigit(holder.born)}F${expires}${checkDigit(expires)}`
  const personal = holder.personal.padEnd(14, '<')
  const checked = `${first}${holder.born}${checkDigit(holder.born)}${expires}${checkDigit(expires)}${personal}${checkDigit(personal)}`
  return [
    `P<CZE${holder.surname}<<${holder.given}`.padEnd(44, '<').slice(0, 44),
    `${first}CZE${dates}${personal}${checkDigit(personal)}${checkDigit(checked)}`,
  ]
}

/** An IBAN with the right check digits. Source: ISO 13616. C = 12, Z = 35. */
const czechIban = (account: string): string =>
  `CZ${String(98n - (BigInt(`${account}123500`) % 97n)).padStart(2, '0')}${account}`

/** An application with what is planted in it. */
export interface Planted {
  readonly input: Record<string, unknown>
  /** What may be found nowhere but in Postgres. */
  readonly tokens: readonly string[]
}

/** Numbers of documents to which the registry that ships answers in a way of its own (see the kyc agent's data). */
export const registryNumber = { valid: '99000101', revoked: '99000102', malformed: '99000104' } as const

/** What the `n`-th application (from 0, at most 25) plants. A large one has more than the 64 KiB that travel in a job. */
export const plantApplication = (
  n: number,
  { number = registryNumber.valid, large = false }: { readonly number?: string; readonly large?: boolean } = {},
): Planted => {
  const mark = `${prefix}${alphabet[n]}`
  const word = (field: string): string => `${mark}${field}`
  const digits = String(n).padStart(2, '0')
  const applicant = {
    fullName: `${word('GIVEN')} ${word('SURNAME')}`,
    birthDate: '1961-02-27',
    email: `${word('EMAIL').toLowerCase()}@${word('DOMAIN').toLowerCase()}.cz`,
    phone: `+4207391846${digits}`,
    address: `${word('STREET')} 7, ${word('TOWN')}`,
    nationality: word('NATION'),
    document: {
      type: 'passport',
      mrz: passportLines({
        given: word('GIVEN'),
        surname: word('SURNAME'),
        number,
        born: '610227',
        personal: word('PERS'),
      }),
    },
    deviceId: word('DEVICE'),
    ip: `2001:db8:5eed:${digits}c0:ffee:5eed:c0de:7e57`,
  }
  const plain = anApplication({ id: word('APPLICATION'), applicant, months: large ? 100 : 14, salary: 48_713.37 })
  const statement = plain['statement'] as Record<string, unknown>[] // of anApplication, a list of entries
  const padded = (field: string): string => word(field).padEnd(large ? 195 : 0, '.')
  const input = {
    ...plain,
    account: { openedOn: '2024-01-01', iban: czechIban(`08009173${digits}4826150937`) },
    statement: statement.map((entry, index) =>
      index % 4 === 2 ? { ...entry, operation: padded('OPERATION'), purpose: padded('PURPOSE') } : entry,
    ),
    outcome: { note: word('OUTCOME') },
  }
  const ofLetters = ['GIVEN', 'SURNAME', 'EMAIL', 'DOMAIN', 'STREET', 'TOWN', 'NATION', 'PERS', 'DEVICE']
  const ofTheRest = ['APPLICATION', 'OPERATION', 'PURPOSE', 'OUTCOME']
  return {
    input,
    tokens: [
      ...[...ofLetters, ...ofTheRest].map(word),
      '1961-02-27',
      `7391846${digits}`,
      `5eed:${digits}c0:ffee`,
      `08009173${digits}4826150937`,
      '48713.37',
    ],
  }
}

/** What base64 makes of a text that begins at the first, second or third byte of a group, without what its neighbours change. */
const base64Cores = (token: string): string[] =>
  [0, 1, 2].map((offset) => {
    const whole = Buffer.from(`${'\0'.repeat(offset)}${token}`)
      .toString('base64')
      .replaceAll('=', '')
    return whole.slice(offset === 0 ? 0 : offset + 1, -2)
  })

/** Where tokens stand in a text: plainly in any case, as hexadecimal, or inside of base64. */
export const findTokens = (text: string, tokens: readonly string[]): string[] => {
  const lower = text.toLowerCase()
  return tokens.filter((token) => {
    const variants = [token, token.toLowerCase()]
    return (
      lower.includes(token.toLowerCase()) ||
      variants.some((variant) => lower.includes(Buffer.from(variant).toString('hex'))) ||
      (token.length >= 10 && variants.some((variant) => base64Cores(variant).some((core) => text.includes(core))))
    )
  })
}
