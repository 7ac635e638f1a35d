import { describe, expect, test } from 'vitest'
import { demoApplications } from './demo-applications.mjs'
import { checkDigit, czechIban, passportLines } from './demo-identity.mjs'
import type { Entry } from './demo-statement.mjs'

// The input of a demonstration is plain JSON; only these members are looked at here.
const applications = demoApplications(7) as unknown as {
  name: string
  input: { applicant: { email: string; document: { mrz: string[] } }; statement: Entry[] }
}[]

describe('the demonstration', () => {
  test('has six stories, the same for the same serial and other contact data for the next', () => {
    expect(applications.map(({ name }) => name)).toEqual([
      'approval',
      'decline',
      'borderline',
      'sanctions hit',
      'flaky provider',
      'poison job',
    ])
    expect(demoApplications(7)).toEqual(applications)
    const emails = [...applications, ...(demoApplications(8) as unknown as typeof applications)]
    expect(new Set(emails.map(({ input }) => input.applicant.email)).size).toBe(12)
  })

  test.each(applications.map(({ name, input }) => ({ name, ...input })))(
    'the statement of $name adds up to the cent and is in order',
    ({ statement }) => {
      let cents = 0
      for (const [index, entry] of statement.entries()) {
        cents += Math.round(entry.amount * 100)
        expect(Math.round(entry.balance * 100)).toBe(cents)
        expect(entry.date >= (statement[index - 1]?.date ?? '')).toBe(true)
      }
      expect(statement.length).toBeGreaterThan(60)
    },
  )

  test('every passport has two lines of 44 characters', () => {
    for (const { input } of applications)
      expect(input.applicant.document.mrz.map(({ length }) => length)).toEqual([44, 44])
  })
})

test('check digits are those of ICAO’s specimen, and lines those of a known passport', () => {
  expect([checkDigit('L898902C3'), checkDigit('740812'), checkDigit('120415')]).toEqual(['6', '2', '9'])
  // The one that agent-kyc's README gives for demonstrations.
  expect(
    passportLines({
      surname: 'Dvorakova',
      givenName: 'Eva',
      number: '99000101',
      birthDate: '1971-04-12',
      sex: 'F',
      expiresOn: '2031-06-30',
    }),
  ).toEqual(['P<CZEDVORAKOVA<<EVA<<<<<<<<<<<<<<<<<<<<<<<<<', '99000101<4CZE7104125F3106305<<<<<<<<<<<<<<<8'])
})

test('an IBAN leaves the remainder 1', () => {
  const iban = czechIban(2_000_145_399)
  const digits = [...`${iban.slice(4)}${iban.slice(0, 4)}`].map((character) => Number.parseInt(character, 36)).join('')
  expect(BigInt(digits) % 97n).toBe(1n)
})
