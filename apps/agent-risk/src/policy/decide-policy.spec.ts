import { parseContract, RiskPolicyInput, RiskPolicyOutput } from '@flotilla/contracts'
import { describe, expect, test } from 'vitest'
import { decidePolicy } from './decide-policy.js'
import { pdDeclineFrom, pdReferFrom, policyRules } from './policy-rules.js'

const pd = (value: number, changes: object = {}) => ({
  model: 'pd-scorecard@1',
  pd: value,
  score: 700,
  evidence: 'sufficient',
  contributions: [],
  reasons: [{ code: 'BALANCE_VOLATILE', text: 'The balance swings.' }],
  findings: [],
  ...changes,
})

const affordability = (verdict: string, paymentToIncome: number | null = 0.2) => ({
  verdict,
  paymentToIncome,
  buffer: 1,
  stressedBuffer: 1,
  stress: 0.2,
  reasons: [
    { code: verdict === 'unaffordable' ? 'AFFORDABILITY_INSUFFICIENT' : verdict.toUpperCase(), text: 'So it is.' },
  ],
  findings: [],
})

const anInput = (changes: Record<string, unknown> = {}): RiskPolicyInput =>
  parseContract(RiskPolicyInput, {
    kyc: { verdict: 'clear', reasons: [] },
    fraud: { verdict: 'clear', score: 0, reasons: [], velocity: { device: 9 } },
    income: { verdict: 'sufficient', regularity: 'regular' },
    pd: pd(0.02),
    affordability: affordability('affordable'),
    loan: { amount: 30_000, currency: 'CZK', durationMonths: 12, monthlyPayment: 2_600 },
    ...changes,
  })

const statementFinding = (code: string) => pd(0.02, { findings: [{ code, severity: 'high', text: 'So it is.' }] })

describe('the policy', () => {
  test.each([
    ['everything is fine', {}, 'approve', 'PD_LOW'],
    ['the identity is only unverified', { kyc: { verdict: 'unverified', reasons: [] } }, 'approve', 'PD_LOW'],
    ['fraud is only suspicious', { fraud: { verdict: 'suspicious', score: 0.3 } }, 'approve', 'PD_LOW'],
    ['the payment is tight', { affordability: affordability('tight') }, 'approve', 'PD_LOW'],
    ['the pd is just below the borderline', { pd: pd(pdReferFrom - 1e-6) }, 'approve', 'PD_LOW'],
    ['the pd is borderline', { pd: pd(pdReferFrom) }, 'refer', 'PD_BORDERLINE'],
    ['the pd is just below the decline', { pd: pd(pdDeclineFrom - 1e-6) }, 'refer', 'PD_BORDERLINE'],
    ['the pd is high', { pd: pd(pdDeclineFrom) }, 'decline', 'PD_HIGH'],
    ['a name matches the sanctions list', { kyc: { verdict: 'hit' } }, 'refer', 'SANCTIONS_MATCH'],
    ['the identity is doubtful', { kyc: { verdict: 'refer' } }, 'refer', 'IDENTITY_REFERRED'],
    ['fraud asks for a person', { fraud: { verdict: 'refer' } }, 'refer', 'FRAUD_REFERRED'],
    ['fraud blocks', { fraud: { verdict: 'block' } }, 'decline', 'FRAUD_BLOCKED'],
    [
      'the payment is not affordable',
      { affordability: affordability('unaffordable') },
      'refer',
      'AFFORDABILITY_INSUFFICIENT',
    ],
    [
      'the payment is above the income',
      { affordability: affordability('unaffordable', 1.1) },
      'decline',
      'PAYMENT_BEYOND_INCOME',
    ],
    [
      'there is no income at all',
      { affordability: affordability('unaffordable', null) },
      'decline',
      'PAYMENT_BEYOND_INCOME',
    ],
    [
      'the payment is not affordable and the pd borderline',
      { affordability: affordability('unaffordable'), pd: pd(0.2) },
      'decline',
      'AFFORDABILITY_INSUFFICIENT',
    ],
    ['affordability is unknown', { affordability: affordability('unknown') }, 'refer', 'UNKNOWN'],
    [
      'the statement does not add up',
      { pd: statementFinding('STATEMENT_INCONSISTENT') },
      'refer',
      'STATEMENT_INCONSISTENT',
    ],
    ['the statement is missing', { pd: statementFinding('STATEMENT_MISSING') }, 'refer', 'STATEMENT_MISSING'],
    ['the statement is short', { pd: statementFinding('STATEMENT_SHORT') }, 'refer', 'STATEMENT_SHORT'],
    ['a check gave no answer', { fraud: null }, 'refer', 'FRAUD_NOT_CHECKED'],
  ])('when %s', (_, changes, outcome, code) => {
    const output = decidePolicy(anInput(changes))
    expect([output.outcome, output.reasons[0]?.code]).toEqual([outcome, code])
    expect(() => parseContract(RiskPolicyOutput, output, { unknownMembers: 'refuse' })).not.toThrow()
  })

  test('sends a sanctions match to a person even when all else says decline', () => {
    const output = decidePolicy(
      anInput({
        kyc: { verdict: 'hit' },
        fraud: { verdict: 'block' },
        pd: pd(0.9),
        affordability: affordability('unaffordable'),
      }),
    )
    expect(output.outcome).toBe('refer')
    expect(output.reasons.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['SANCTIONS_MATCH', 'FRAUD_BLOCKED', 'PD_HIGH']),
    )
  })

  test('passes on the reasons of other agents once, and drops what is no reason', () => {
    const reasons = [
      { code: 'VELOCITY_DEVICE', text: 'Seen before.' },
      { code: 'VELOCITY_DEVICE', text: 'Seen before.' },
      { code: 'bad code', text: 'x' },
      { code: 'NO_TEXT', text: null },
    ]
    const output = decidePolicy(anInput({ fraud: { verdict: 'refer', reasons } }))
    expect(output.reasons.map(({ code }) => code)).toEqual(['FRAUD_REFERRED', 'VELOCITY_DEVICE'])
  })

  test('gives pd and score to whatever decision', () => {
    expect(decidePolicy(anInput())).toMatchObject({ pd: 0.02, score: 700, model: 'pd-scorecard@1' })
    expect(decidePolicy(anInput({ pd: null }))).toMatchObject({ outcome: 'refer', pd: null, score: null })
  })

  test('has a name for every rule, and each once', () => {
    expect(new Set(policyRules.map(({ name }) => name)).size).toBe(policyRules.length)
  })
})
