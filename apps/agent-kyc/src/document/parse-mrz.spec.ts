import { expect, test } from 'vitest'
import { checkDigitOf } from './check-digit.js'
import { mrzDate, parseMrz } from './parse-mrz.js'

/** The specimens of ICAO 9303 parts 4, 5 and 6. */
const TD3 = ['P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<', 'L898902C36UTO7408122F1204159ZE184226B<<<<<10']
const TD1 = ['I<UTOD231458907<<<<<<<<<<<<<<<', '7408122F1204159UTO<<<<<<<<<<<6', 'ERIKSSON<<ANNA<MARIA<<<<<<<<<<']
const TD2 = ['I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<', 'D231458907UTO7408122F1204159<<<<<<<6']

test.each([
  ['TD3', TD3, 'passport', 'L898902C3'],
  ['TD1', TD1, 'id_card', 'D23145890'],
  ['TD2', TD2, 'id_card', 'D23145890'],
])('the %s specimen is read and all its check digits are right', (format, lines, type, documentNumber) => {
  expect(parseMrz(lines)).toEqual({
    format,
    type,
    documentNumber,
    issuer: 'UTO',
    nationality: 'UTO',
    surname: 'ERIKSSON',
    givenNames: 'ANNA MARIA',
    birth: '740812',
    expiry: '120415',
    wrong: [],
  })
})

test.each([
  [0, '9', 'documentNumber'],
  [13, '8', 'birthDate'],
  [21, '9', 'expiry'],
  [28, 'A', 'optional'],
  [43, '9', 'composite'],
])('a changed character at %i of a passport fails its check digit', (at, character, field) => {
  const line = TD3[1] ?? ''
  const changed = line.slice(0, at) + character + line.slice(at + 1)
  expect(parseMrz([TD3[0] ?? '', changed])?.wrong).toContain(field)
})

test('every change of one digit of a TD1 card is noticed', () => {
  const [first = '', second = '', third = ''] = TD1
  for (const at of [0, 3, 5, 6, 8, 13, 14, 29]) {
    const digit = String((Number(second.charAt(at)) + 1) % 10)
    const changed = second.slice(0, at) + digit + second.slice(at + 1)
    expect(parseMrz([first, changed, third])?.wrong, `position ${at}`).not.toEqual([])
  }
})

test('a card number of more than nine characters goes on in the optional field', () => {
  const number = 'D23145890734'
  const first = `I<UTO${number.slice(0, 9)}<${number.slice(9)}${checkDigitOf(number) ?? ''}`.padEnd(30, '<')
  const second = '7408122F1204159UTO<<<<<<<<<<<'
  const composite = checkDigitOf(first.slice(5) + second.slice(0, 7) + second.slice(8, 15) + second.slice(18)) ?? ''
  expect(parseMrz([first, second + composite, TD1[2] ?? ''])).toMatchObject({ documentNumber: number, wrong: [] })
})

test('a visa has no composite digit', () => {
  const visa = ['V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<', 'L8988901C4XXX4009078F96121096ZE184226B<<<<<<']
  expect(parseMrz(visa)).toMatchObject({ type: 'visa', wrong: [] })
})

test('lower case, spaces and lines that came as one are read', () => {
  expect(parseMrz([` ${(TD3[0] ?? '').toLowerCase()} `, TD3[1] ?? ''])?.wrong).toEqual([])
  expect(parseMrz([TD3.join('')])?.wrong).toEqual([])
  expect(parseMrz([TD1.join('\n')])?.wrong).toEqual([])
})

test.each([[[]], [['P<UTO']], [[TD3[0] ?? '', (TD3[1] ?? '').replace('L', 'Ł')]], [[...TD3, ...TD1]]])(
  'another shape is no machine-readable zone',
  (lines) => {
    expect(parseMrz(lines)).toBeNull()
  },
)

test.each([
  ['740812', '1997-12-08', 'birth', '1974-08-12'],
  ['980101', '1997-12-08', 'birth', '1898-01-01'],
  ['050101', '2026-01-01', 'birth', '2005-01-01'],
  ['310630', '1997-12-08', 'expiry', '2031-06-30'],
  ['120415', '2026-01-01', 'expiry', '2012-04-15'],
  ['010101', '1999-06-01', 'expiry', '2001-01-01'],
  ['740230', '2026-01-01', 'birth', null],
  ['74<<<<', '2026-01-01', 'birth', null],
] as const)('%s as of %s is a %s on %s', (field, day, kind, expected) => {
  expect(mrzDate(field, day, kind)).toBe(expected)
})
