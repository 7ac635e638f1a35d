import type { LetterInput } from '@flotilla/contracts'
import { describe, expect, test } from 'vitest'
import { writeLetter } from './write-letter.js'

const anInput = (over: Partial<LetterInput> = {}): LetterInput => ({
  applicationId: 'pkdd99-4962',
  submittedOn: '1997-12-08',
  decision: 'decline',
  reasons: [{ code: 'PD_HIGH', text: 'pd 0.61 above 0.35' }],
  pd: 0.61,
  score: 455,
  decidedBy: 'policy',
  loan: { amount: 30_276, currency: 'CZK', durationMonths: 12, monthlyPayment: 2_523 },
  adjustedAmount: null,
  applicant: { fullName: 'Jana Dvořáková' },
  ...over,
})
const bodyOf = (over: Partial<LetterInput> = {}): string => writeLetter(anInput(over)).letter.body

describe('a letter', () => {
  test('is the same for the same input', () => {
    expect(writeLetter(anInput())).toEqual(writeLetter(anInput()))
  })

  test('of approval states the terms and no reasons', () => {
    const output = writeLetter(anInput({ decision: 'approve' }))
    expect(output).toMatchObject({ decision: 'approve', reasonCodes: [], letter: { mediaType: 'text/markdown' } })
    for (const term of ['**approved**', '| Amount | CZK 30,276.00 |', '| Duration | 12 months |', 'CZK 2,523.00'])
      expect(output.letter.body).toContain(term)
    expect(output.letter.body).not.toContain('risk')
  })

  test('of approval with another amount says so and scales the monthly payment', () => {
    const body = bodyOf({ decision: 'approve', adjustedAmount: 15_138, decidedBy: 'reviewer' })
    for (const part of ['You asked for CZK 30,276.00', '| Amount | CZK 15,138.00 |', 'CZK 1,261.50', 'CZK 15,138.00'])
      expect(body).toContain(part)
  })

  test('of refusal names the principal reasons, the right to a review and the right to know the data', () => {
    const output = writeLetter(anInput())
    expect(output.reasonCodes).toEqual(['PD_HIGH'])
    for (const part of [
      '**declined**',
      '- The way your account was used',
      'made automatically',
      'reviews the decision',
      'which data about you',
    ])
      expect(output.letter.body).toContain(part)
  })

  test('names at most four reasons, in the order given, and no sentence twice', () => {
    const codes = ['STATEMENT_INCONSISTENT', 'PD_HIGH', 'SCORE_LOW', 'INCOME_IRREGULAR', 'OVERDRAWN', 'HISTORY_SHORT']
    const output = writeLetter(anInput({ reasons: codes.map((code) => ({ code, text: '' })) }))
    expect(output.reasonCodes).toEqual(['STATEMENT_INCONSISTENT', 'PD_HIGH', 'INCOME_IRREGULAR', 'OVERDRAWN'])
    expect(output.letter.body.match(/^- /gm)).toHaveLength(4 + 2)
  })

  test('of refusal names nothing that speaks for the applicant', () => {
    const reasons = ['SANCTIONS_NAMESAKE_CLEARED', 'PD_LOW', 'INCOME_ABSENT'].map((code) => ({ code, text: '' }))
    expect(writeLetter(anInput({ reasons })).reasonCodes).toEqual(['INCOME_ABSENT'])
  })

  test('of refusal without any reason gives a general one', () => {
    expect(writeLetter(anInput({ reasons: [] }))).toMatchObject({ reasonCodes: [] })
    expect(bodyOf({ reasons: [] })).toContain('taken together')
  })

  test('says after a timeout that the review was not finished, and blames nobody', () => {
    const body = bodyOf({ decidedBy: 'timeout', reasons: [{ code: 'PD_BORDERLINE', text: '' }] })
    for (const part of ['not finished within the time', 'says nothing about you', 'left it open'])
      expect(body).toContain(part)
    expect(body).not.toContain('made automatically')
  })

  test('does not name the person who decided, the score or the probability', () => {
    const body = bodyOf({ decidedBy: 'key:reviewer-7' })
    expect(body).toContain('by a member of our staff')
    for (const secret of ['reviewer-7', '455', '0.61']) expect(body).not.toContain(secret)
  })

  test('about a referral gives no reasons', () => {
    const output = writeLetter(anInput({ decision: 'refer' }))
    expect(output.reasonCodes).toEqual([])
    expect(output.letter.body).toContain('has not been decided yet')
    expect(output.letter.body).not.toContain('risk')
  })

  test.each(['SANCTIONS_HIT', 'SANCTIONS_POSSIBLE', 'sanctions_match', 'PEP_MATCH', 'WATCHLIST_HIT', 'AML_ALERT'])(
    'for %s cannot be told from one about an identity that was not confirmed',
    (code) => {
      const reasons = [{ code, text: 'matches entry 7157 of the sanctions list' }]
      const output = writeLetter(anInput({ reasons }))
      expect(output).toEqual(writeLetter(anInput({ reasons: [{ code: 'IDENTITY_NOT_CONFIRMED', text: '' }] })))
      expect(JSON.stringify(output)).not.toMatch(/sanction|watch|pep_|aml|7157/i)
    },
  )

  test.each([
    { code: 'NAME_ON_SANCTIONS_LIST', text: 'x' },
    { code: 'LIST_HIT', text: 'The name is on the OFAC list.' },
  ])('does not let the unknown reason $code tip anybody off', (reason) => {
    const output = writeLetter(anInput({ reasons: [reason] }))
    expect(output.reasonCodes).toEqual(['IDENTITY_NOT_CONFIRMED'])
    expect(output.letter.body).not.toMatch(/sanction|OFAC/i)
  })

  test('lets a reason that it does not know speak for itself, as plain text', () => {
    const reasons = [{ code: 'NEW_RULE', text: '[Click](https://x.example) <b>now</b>\n# big' }]
    const output = writeLetter(anInput({ reasons }))
    expect(output.reasonCodes).toEqual(['NEW_RULE'])
    expect(output.letter.body).toContain('\\[Click\\]\\(https\\:\\/\\/x\\.example\\) \\<b\\>now\\<\\/b\\> \\# big.')
  })

  test.each(['constructor', '__proto__', 'toString'])('does not take %s for a known code', (code) => {
    expect(writeLetter(anInput({ reasons: [{ code, text: null }] })).reasonCodes).toEqual([])
  })

  test.each([
    ['**Bob** _x_', '\\*\\*Bob\\*\\* \\_x\\_'],
    ['a\n\n# Approved\r\n| x |', 'a \\# Approved \\| x \\|'],
    ['<img src=x onerror=alert(1)>', '\\<img src\\=x onerror\\=alert\\(1\\)\\>'],
    ['![i](javascript:x)', '\\!\\[i\\]\\(javascript\\:x\\)'],
    ['www.evil.example a@b.cz', 'www\\.evil\\.example a＠b\\.cz'],
    ['&lt;b&gt; \u202egnp.exe', '\\&lt\\;b\\&gt\\; gnp\\.exe'],
    ['1. Ann - Lee', '1\\. Ann - Lee'],
    ["J. O'Brien-Šťastný, Jr.", "J. O'Brien-Šťastný, Jr."],
  ])('shows the name %j as it is', (fullName, shown) => {
    expect(bodyOf({ applicant: { fullName } })).toContain(`Dear ${shown},\n`)
  })

  test.each([[null], [{ fullName: null }], [{ fullName: ' \n ' }]])('to %j addresses the applicant', (applicant) => {
    expect(bodyOf({ applicant })).toContain('Dear applicant,')
  })
})
