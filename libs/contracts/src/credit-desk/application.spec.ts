import { describe, expect, test } from 'vitest'
import { parseContract } from '../contract.js'
import { ContractError } from '../errors.js'
import { CreditApplication } from './application.js'

const anApplication = (changes: Record<string, unknown> = {}) => ({
  applicationId: 'a-1',
  submittedOn: '1997-12-08',
  loan: { amount: 30276, currency: 'CZK', durationMonths: 12, monthlyPayment: 2523 },
  statement: [{ date: '1997-12-01', amount: 900, balance: 900, operation: null, purpose: null }],
  ...changes,
})

const pointersOf = (value: unknown): string[] => {
  try {
    parseContract(CreditApplication, value, { pointer: '/input' })
  } catch (error) {
    if (error instanceof ContractError) return error.problems.map((problem) => problem.pointer)
    throw error
  }
  return []
}

describe('a credit application', () => {
  test('needs only its id, its day, the loan and the statement', () => {
    expect(pointersOf(anApplication())).toEqual([])
    expect(pointersOf({}).sort()).toEqual(
      expect.arrayContaining(['/input/applicationId', '/input/loan', '/input/statement', '/input/submittedOn']),
    )
  })

  test('may be null wherever it may be absent', () => {
    const nulls = {
      fullName: null,
      birthDate: null,
      email: null,
      phone: null,
      address: null,
      nationality: null,
      document: null,
      deviceId: null,
      ip: null,
    }
    expect(pointersOf(anApplication({ applicant: null, account: null }))).toEqual([])
    expect(pointersOf(anApplication({ applicant: nulls, account: { openedOn: null, iban: null } }))).toEqual([])
    expect(pointersOf(anApplication({ applicant: { document: { type: null, mrz: null } } }))).toEqual([])
  })

  test('may have an empty statement', () => {
    expect(pointersOf(anApplication({ statement: [] }))).toEqual([])
  })

  test('loses its unknown members at every depth', () => {
    const parsed = parseContract(CreditApplication, {
      ...anApplication({ applicant: { sex: 'F', fullName: 'A B', document: { mrz: ['X'], secret: 1 } } }),
      outcome: { good: false },
    })
    expect(JSON.parse(JSON.stringify(parsed))).toEqual({
      ...anApplication(),
      applicant: { fullName: 'A B', document: { mrz: ['X'] } },
    })
  })

  test.each([
    ['an amount that is text', { loan: { ...anApplication().loan, amount: '30276' } }, '/input/loan/amount'],
    ['an amount of nothing', { loan: { ...anApplication().loan, amount: 0 } }, '/input/loan/amount'],
    ['half a month', { loan: { ...anApplication().loan, durationMonths: 0.5 } }, '/input/loan/durationMonths'],
    ['601 months', { loan: { ...anApplication().loan, durationMonths: 601 } }, '/input/loan/durationMonths'],
    ['a negative payment', { loan: { ...anApplication().loan, monthlyPayment: -1 } }, '/input/loan/monthlyPayment'],
    ['a day that does not exist', { submittedOn: '1997-02-30' }, '/input/submittedOn'],
    ['a week for a day', { submittedOn: '1997-W05' }, '/input/submittedOn'],
    ['an entry without its balance', { statement: [{ date: '1997-12-01', amount: 1 }] }, '/input/statement/0/balance'],
    [
      'an amount beyond counting',
      { statement: [{ date: '1997-12-01', amount: 1e13, balance: 0 }] },
      '/input/statement/0/amount',
    ],
    ['a statement that is an object', { statement: {} }, '/input/statement'],
    ['a list for the applicant', { applicant: [] }, '/input/applicant'],
    ['a number for a name', { applicant: { fullName: 5 } }, '/input/applicant/fullName'],
    [
      'one line for the lines of the document',
      { applicant: { document: { mrz: 'P<' } } },
      '/input/applicant/document/mrz',
    ],
  ])('with %s is refused with the pointer', (_, changes, pointer) => {
    expect(pointersOf(anApplication(changes))).toContain(pointer)
  })
})
