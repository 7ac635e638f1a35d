import { agentLaws, callAgent } from '@flotilla/agent-sdk/testing'
import type { IncomeOutput, RiskAffordabilityOutput } from '@flotilla/contracts'
import { describe, expect, test } from 'vitest'
import { assessAffordability } from './assess-affordability.js'
import { affordabilityAgent, pdAgent, policyAgent } from './risk-agents.js'

const loan = { amount: 30_000, currency: 'CZK', durationMonths: 12, monthlyPayment: 2_600 }

const anIncome = (income: number | null, disposable: number | null): IncomeOutput => ({
  verdict: income === null ? 'unknown' : 'sufficient',
  regularity: income === null ? 'unknown' : 'regular',
  reasons: [],
  findings: [],
  sources: [],
  obligations: [],
  metrics: {
    monthsObserved: 12,
    incomePerMonth: income,
    incomeVariation: 0,
    monthsWithIncome: 1,
    obligationsPerMonth: 0,
    livingCostsPerMonth: 0,
    disposablePerMonth: disposable,
    bufferPerMonth: null,
    paymentToIncome: null,
  },
})

const features = {
  currency: 'CZK',
  statementDays: 0,
  statementEntries: 0,
  statementConsistent: true,
  negativeBalanceDays: 0,
  sanctionInterestCount: 0,
  ...Object.fromEntries(
    [
      'closingBalance meanBalance90 meanBalance365 lowestBalance90 lowestBalance365 lowDecileBalance365',
      'balanceVariation90 balanceVariation180 balanceVariation365 negativeBalance creditsPerMonth debitsPerMonth',
      'lowestBalance90ToPayment lowestBalance365ToPayment lowDecileBalanceToPayment closingBalanceToPayment',
      'netFlowToPayment paymentToIncome amountToBalance',
    ]
      .flatMap((names) => names.split(' '))
      .map((name) => [name, null]),
  ),
}

describe('affordability', () => {
  test.each<[number | null, number | null, RiskAffordabilityOutput['verdict']]>([
    [20_000, 10_000, 'affordable'],
    [20_000, 6_600, 'affordable'],
    [20_000, 6_599, 'tight'],
    [20_000, 2_600, 'tight'],
    [20_000, 2_599, 'unaffordable'],
    [0, 0, 'unaffordable'],
    [null, null, 'unknown'],
  ])('with an income of %s of which %s is left is %s', (income, disposable, verdict) => {
    expect(assessAffordability(anIncome(income, disposable), loan).verdict).toBe(verdict)
  })

  test('gives the figures it rests on', () => {
    expect(assessAffordability(anIncome(20_000, 10_000), loan)).toMatchObject({
      paymentToIncome: 0.13,
      buffer: 7_400,
      stressedBuffer: 3_400,
      stress: 0.2,
    })
    expect(assessAffordability(anIncome(5_000, 4_000), loan).findings.map(({ code }) => code)).toEqual([
      'PAYMENT_TO_INCOME_HIGH',
    ])
  })
})

describe('the risk agents', () => {
  test('name the scorecard as the model that was used', async () => {
    const call = await callAgent(pdAgent, { features })
    expect(call.usage).toMatchObject({ inputTokens: 0, outputTokens: 0 })
    expect(JSON.stringify(call.usage)).toContain('pd-scorecard@1')
    expect(call.tools).toEqual(['pd-scorecard'])
  })

  for (const law of [
    ...agentLaws(pdAgent, [{ features }]),
    ...agentLaws(affordabilityAgent, [
      { income: anIncome(20_000, 10_000), loan },
      { income: anIncome(null, null), loan },
    ]),
    ...agentLaws(policyAgent, [{ loan }, { loan, kyc: { verdict: 'hit' }, fraud: { verdict: 'clear' } }]),
  ])
    test(`${law.name}`, async () => expect(await law.check()).toBeUndefined())
})
