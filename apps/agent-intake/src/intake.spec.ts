import { CreditApplication, IntakeExtractOutput, IntakeParseOutput, parseContract } from '@flotilla/contracts'
import { describe, expect, test } from 'vitest'
import { extractFeatures } from './features/extract-features.js'
import { parseApplication } from './parse-application.js'

const anApplication = (changes: Record<string, unknown> = {}): CreditApplication =>
  parseContract(CreditApplication, {
    applicationId: 'a-1',
    submittedOn: '1997-04-11',
    loan: { amount: 12_000, currency: 'CZK', durationMonths: 12, monthlyPayment: 1_000 },
    statement: [
      { date: '1997-01-01', amount: 1_000, balance: 1_000 },
      { date: '1997-01-31', amount: 9_000, balance: 10_000 },
      { date: '1997-03-02', amount: -4_000, balance: 6_000 },
      { date: '1997-03-31', amount: 100, balance: 6_100, purpose: 'interest credited' },
    ],
    ...changes,
  })

const codesOf = (application: CreditApplication): string[] =>
  parseApplication(application).findings.map(({ code }) => code)

describe('intake', () => {
  test('notes what is missing and refuses nothing', () => {
    expect(codesOf(anApplication({ statement: [] }))).toEqual([
      'IDENTITY_NOT_EVIDENCED',
      'BIRTH_DATE_ABSENT',
      'CONTACT_ABSENT',
      'IBAN_ABSENT',
      'STATEMENT_EMPTY',
    ])
  })

  test('notes what cannot be read without repeating it', () => {
    const applicant = { birthDate: '31.31.1970', nationality: 'Atlantis', phone: '601 123 456' }
    const { findings } = parseApplication(anApplication({ applicant }))
    expect(findings.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['BIRTH_DATE_UNREADABLE', 'NATIONALITY_UNREADABLE', 'PHONE_WITHOUT_COUNTRY']),
    )
    expect(JSON.stringify(findings)).not.toMatch(/31\.31|Atlantis|601/)
  })

  test('notes a statement that does not add up, is unordered or goes on after the application', () => {
    const statement = [
      { date: '1997-03-02', amount: -4_000, balance: 6_000 },
      { date: '1997-01-01', amount: 1_000, balance: 1_000 },
      { date: '1997-05-02', amount: 1, balance: 6_001 },
    ]
    expect(codesOf(anApplication({ statement }))).toEqual(
      expect.arrayContaining(['STATEMENT_UNORDERED', 'STATEMENT_ENTRIES_LATE', 'STATEMENT_INCONSISTENT']),
    )
  })

  test('notes a loan that its payments do not repay', () => {
    const loan = { amount: 12_000, currency: 'CZK', durationMonths: 12, monthlyPayment: 900 }
    expect(codesOf(anApplication({ loan }))).toContain('LOAN_NOT_REPAID')
  })

  test('answers in its contracts, also for an empty statement', () => {
    for (const application of [anApplication(), anApplication({ statement: [] })]) {
      const parsed = parseApplication(application)
      expect(() => parseContract(IntakeParseOutput, parsed, { unknownMembers: 'refuse' })).not.toThrow()
      const features = extractFeatures(parsed.application)
      expect(() => parseContract(IntakeExtractOutput, { features }, { unknownMembers: 'refuse' })).not.toThrow()
    }
  })
})

describe('the features', () => {
  test('are those of a statement worked out by hand', () => {
    // 100 days: 1,000 for 30, 10,000 for 30, 6,000 for 29, 6,100 for 11; the last 90: 20, 30, 29, 11.
    const features = extractFeatures(anApplication())
    const mean90 = (20 * 1_000 + 30 * 10_000 + 29 * 6_000 + 11 * 6_100) / 90
    expect(features).toMatchObject({
      statementDays: 100,
      statementEntries: 4,
      statementConsistent: true,
      closingBalance: 6_100,
      lowestBalance90: 1_000,
      lowestBalance365ToPayment: 1,
      closingBalanceToPayment: 6.1,
      negativeBalance: 0,
      creditsPerMonth: 2_700,
      debitsPerMonth: 1_200,
      netFlowToPayment: 1.5,
    })
    expect(features.meanBalance90).toBeCloseTo(mean90, 2)
    const spread = Math.sqrt(
      (20 * (1_000 - mean90) ** 2 +
        30 * (1e4 - mean90) ** 2 +
        29 * (6_000 - mean90) ** 2 +
        11 * (6_100 - mean90) ** 2) /
        90,
    )
    expect(features.balanceVariation90).toBeCloseTo(spread / mean90, 4)
  })

  test('see a negative balance and the interest charged for one', () => {
    const overdrawn = [{ date: '1997-01-01', amount: -5, balance: -5 }]
    const charged = [{ date: '1997-01-01', amount: -5, balance: 5, purpose: 'sanction interest if negative balance' }]
    expect(extractFeatures(anApplication({ statement: overdrawn }))).toMatchObject({
      negativeBalance: 1,
      balanceVariation90: 10,
      amountToBalance: 1_000,
    })
    expect(extractFeatures(anApplication({ statement: charged })).negativeBalance).toBe(1)
  })

  test('do not change with the person', () => {
    const person = { birthDate: '1980-01-01', nationality: 'SK', fullName: 'Jana Nováková', address: 'Praha' }
    expect(extractFeatures(anApplication({ applicant: person }))).toEqual(extractFeatures(anApplication()))
  })

  test('are null where there is no statement', () => {
    expect(extractFeatures(anApplication({ statement: [] }))).toMatchObject({
      statementDays: 0,
      negativeBalance: null,
      balanceVariation90: null,
      amountToBalance: null,
      paymentToIncome: null,
    })
  })
})
