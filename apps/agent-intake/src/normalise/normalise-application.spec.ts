import { parseContract, CreditApplication } from '@flotilla/contracts'
import { describe, expect, test } from 'vitest'
import { toIsoDay } from './calendar-day.js'
import { toCountryCode } from './country-code.js'
import { normaliseApplication } from './normalise-application.js'
import { toIban, toMrz, toPhone, toText } from './spelling.js'

describe('a day', () => {
  test.each([
    ['1962-02-09', '1962-02-09'],
    ['1962-02-09T10:00:00Z', '1962-02-09'],
    ['19620209', '1962-02-09'],
    ['9. 2. 1962', '1962-02-09'],
    ['25/12/1962', '1962-12-25'],
    ['12/25/1962', '1962-12-25'],
    ['09/09/1962', '1962-09-09'],
    ['09/02/1962', null],
    ['1962-02-30', null],
    ['yesterday', null],
    ['', null],
    [null, null],
  ])('written %s is %s', (written, day) => {
    expect(toIsoDay(written)).toBe(day)
  })
})

describe('a spelling', () => {
  test('is trimmed, composed and single-spaced', () => {
    expect(toText('  Jose\u0301   Novák ')).toBe('José Novák')
    expect(toText(' \t ')).toBeNull()
  })

  test.each([
    ['+420 601 123 456', '+420601123456'],
    ['00420 601/123456', '+420601123456'],
    ['+44 (0)20 7946 0000', '+442079460000'],
    ['601 123 456', '601123456'],
    ['none', null],
  ])('of the telephone number %s is %s', (written, phone) => {
    expect(toPhone(written)).toBe(phone)
  })

  test('of an IBAN and of a machine-readable zone is upper case without blanks', () => {
    expect(toIban('cz65 0800-0000 1920 0014 5399')).toBe('CZ6508000000192000145399')
    expect(toMrz(['p<utoeriksson<<anna maria', ''])).toEqual(['P<UTOERIKSSON<<ANNA<MARIA'])
    expect(toMrz(['', ''])).toBeNull()
  })

  test('of a country is its code', () => {
    expect(['cz', ' CZE ', 'Czechia', 'D', 'Atlantis'].map(toCountryCode)).toEqual(['CZ', 'CZE', 'CZ', 'D', null])
  })
})

describe('a normalised application', () => {
  const bare = {
    applicationId: ' a-1 ',
    submittedOn: '1997-12-08T00:00:00Z',
    loan: { amount: 30276, currency: 'czk', durationMonths: 12, monthlyPayment: 2523 },
    statement: [
      { date: '1997-12-02', amount: 1, balance: 2 },
      { date: '1997-12-01', amount: 1, balance: 1, operation: ' credit in cash ' },
    ],
  }

  test('has null for what is absent and its statement by day', () => {
    const normalised = normaliseApplication(parseContract(CreditApplication, bare))
    expect(normalised).toMatchObject({
      applicationId: 'a-1',
      submittedOn: '1997-12-08',
      applicant: { fullName: null, document: null, ip: null },
      account: { openedOn: null, iban: null },
      loan: { currency: 'CZK' },
    })
    expect(normalised.statement.map(({ date, operation }) => [date, operation])).toEqual([
      ['1997-12-01', 'credit in cash'],
      ['1997-12-02', null],
    ])
  })

  test('is not changed by being normalised again', () => {
    const once = normaliseApplication(parseContract(CreditApplication, bare))
    expect(normaliseApplication(once)).toEqual(once)
    expect(JSON.parse(JSON.stringify(parseContract(CreditApplication, once)))).toEqual(once)
  })
})
