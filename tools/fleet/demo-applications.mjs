/** Six applications that show what a credit desk meets. Deterministic: the same serial gives the same applications. */
import { czechIban, passportLines } from './demo-identity.mjs'
import { makeStatement } from './demo-statement.mjs'

/** @typedef {{ name: string, story: string, input: Record<string, unknown> }} DemoApplication */

const submittedOn = '2026-03-16'
const expiresOn = '2031-08-31'

/**
 * @typedef {object} Person
 * @property {string} givenName
 * @property {string} surname
 * @property {string} birthDate
 * @property {'F' | 'M'} sex
 * @property {string} passport number; the registry that ships with agent-kyc answers each in its own way
 */
/** @typedef {{ amount: number, durationMonths: number }} LoanWish */
/** @typedef {{ name: string, story: string, person: Person, household: import('./demo-statement.mjs').Household, opening: number, loan: LoanWish }} Case */

const steady = { salary: 48_000, rent: 11_500, insurance: 1_450, weeklyCash: 4_200 }
const strained = { salary: 17_500, rent: 9_800, insurance: 980, weeklyCash: 1_900, overdraftEvery: 2 }
/** Spends what comes in, but is never overdrawn: a probability of default of about 20 %, between approve and decline. */
const tight = { salary: 26_000, rent: 10_200, insurance: 1_100, weeklyCash: 3_000 }

/** @type {Case[]} */
const cases = [
  {
    name: 'approval',
    story: 'a steady income, a modest loan',
    person: { givenName: 'Alena', surname: 'Vesela', birthDate: '1984-05-17', sex: 'F', passport: '99000101' },
    household: steady,
    opening: 42_000,
    loan: { amount: 60_000, durationMonths: 24 },
  },
  {
    name: 'decline',
    story: 'overdrafts, and a loan that the income cannot carry',
    person: { givenName: 'Bohumil', surname: 'Prazdny', birthDate: '1991-11-02', sex: 'M', passport: '99000101' },
    household: strained,
    opening: 3_000,
    loan: { amount: 420_000, durationMonths: 36 },
  },
  {
    name: 'borderline',
    story: 'affordable, but close: waits for a person',
    person: { givenName: 'Ctirad', surname: 'Nejisty', birthDate: '1979-02-24', sex: 'M', passport: '99000101' },
    household: tight,
    opening: 13_000,
    loan: { amount: 150_000, durationMonths: 36 },
  },
  {
    name: 'sanctions hit',
    story: 'a name and birth date of the sanctions list that ships with agent-kyc',
    person: {
      givenName: 'Korosh Behmanesh',
      surname: 'Zandvari',
      birthDate: '1965-03-12',
      sex: 'M',
      passport: '99000101',
    },
    household: steady,
    opening: 55_000,
    loan: { amount: 80_000, durationMonths: 24 },
  },
  {
    name: 'flaky provider',
    story: 'the registry fails twice before it answers',
    person: { givenName: 'Dana', surname: 'Trpeliva', birthDate: '1988-09-30', sex: 'F', passport: '99000103' },
    household: steady,
    opening: 38_000,
    loan: { amount: 72_000, durationMonths: 36 },
  },
  {
    name: 'poison job',
    story: 'the answer of the registry is broken: ends in the dead letters',
    person: { givenName: 'Emil', surname: 'Jedovaty', birthDate: '1973-07-12', sex: 'M', passport: '99000104' },
    household: steady,
    opening: 40_000,
    loan: { amount: 50_000, durationMonths: 24 },
  },
]

/** Interest of 0.5 % a month on the whole, spread evenly. @param {LoanWish} loan */
const monthlyPayment = ({ amount, durationMonths }) =>
  Math.ceil((amount * (1 + 0.005 * durationMonths)) / durationMonths)

/**
 * @param {number} serial tells one start from the next: contact data and ids differ, or the second start would look like
 * somebody who applies again and again
 * @returns {DemoApplication[]}
 */
export const demoApplications = (serial) =>
  cases.map(({ name, story, person, household, opening, loan }, index) => {
    const { givenName, surname, birthDate, sex, passport } = person
    const tag = `${serial}-${index + 1}`
    const digits = `${(serial * 10 + index) % 1_000_000}`.padStart(6, '0')
    return {
      name,
      story,
      input: {
        applicationId: `demo-${tag}`,
        submittedOn,
        applicant: {
          fullName: `${givenName} ${surname}`,
          birthDate,
          email: `${givenName}.${surname}.${tag}@example.com`.replaceAll(' ', '.').toLowerCase(),
          phone: `+420 601 ${digits.slice(0, 3)} ${digits.slice(3)}`,
          address: `Ulice ${index + 1}, Praha`,
          nationality: 'CZE',
          document: {
            type: 'passport',
            mrz: passportLines({ surname, givenName, number: passport, birthDate, sex, expiresOn }),
          },
          deviceId: `device-${tag}`,
          // Every address that belongs to nobody is a finding of its own.
          ip: null,
        },
        account: {
          openedOn: '2019-01-15',
          iban: czechIban(1_000_000_000 + (serial % 1_000_000) * 1_000 + index * 100),
        },
        loan: { ...loan, currency: 'CZK', monthlyPayment: monthlyPayment(loan) },
        statement: makeStatement({ household, months: 14, opening, endsOn: submittedOn }),
      },
    }
  })
