import { CreditFeatures, parseContract, RiskPdInput, RiskPdOutput } from '@flotilla/contracts'
import { describe, expect, test } from 'vitest'
import { pdScorecard } from './pd-scorecard-1.js'
import { scoreOf, scorePd } from './score-pd.js'
import { scorecardFeatures } from './scorecard-features.js'

const someFeatures = (changes: Partial<CreditFeatures> = {}): CreditFeatures => ({
  currency: 'CZK',
  statementDays: 400,
  statementEntries: 90,
  statementConsistent: true,
  closingBalance: 40_000,
  meanBalance90: 42_000,
  meanBalance365: 39_000,
  lowestBalance90: 22_000,
  lowestBalance365: 8_000,
  lowDecileBalance365: 20_000,
  balanceVariation90: 0.25,
  balanceVariation180: 0.3,
  balanceVariation365: 0.38,
  negativeBalance: 0,
  negativeBalanceDays: 0,
  sanctionInterestCount: 0,
  creditsPerMonth: 25_000,
  debitsPerMonth: 22_000,
  lowestBalance90ToPayment: 5.5,
  lowestBalance365ToPayment: 2,
  lowDecileBalanceToPayment: 5,
  closingBalanceToPayment: 10,
  netFlowToPayment: 0.75,
  paymentToIncome: 0.16,
  amountToBalance: 2.8,
  ...changes,
})

describe('the scorecard', () => {
  test('has two to four features, each with the sign that credit practice expects', () => {
    expect(pdScorecard.terms.length).toBeGreaterThanOrEqual(2)
    expect(pdScorecard.terms.length).toBeLessThanOrEqual(4)
    for (const { feature, coefficient } of pdScorecard.terms)
      expect(Math.sign(coefficient)).toBe(scorecardFeatures.find(({ name }) => name === feature)?.sign)
  })

  test.each(pdScorecard.terms)('only ever rises or falls with $feature', ({ feature, coefficient }) => {
    const values = feature === 'negativeBalance' ? [0, 1] : [0, 0.1, 0.3, 0.6, 1, 1.4]
    const pds = values.map((value) => scorePd(someFeatures({ [feature]: value })).pd)
    const sorted = pds.toSorted((a, b) => (coefficient > 0 ? a - b : b - a))
    expect(pds).toEqual(sorted)
    expect(new Set(pds).size).toBe(pds.length)
  })

  test('reads nothing about the person', () => {
    const personal = /sex|gender|age|birth|national|district|region|name|address|marit|user/i
    expect(scorecardFeatures.filter(({ name, from }) => personal.test(name) || personal.test(from))).toEqual([])
    expect(
      Object.keys(someFeatures()).filter((name) => /\bsex|birth|national|district|region|address/i.test(name)),
    ).toEqual([])
    const parsed = parseContract(RiskPdInput, {
      features: { ...someFeatures(), sex: 'F', age: 61, nationality: 'SK', districtUnemploymentRate: 9.9 },
    })
    expect(scorePd(parsed.features)).toEqual(scorePd(someFeatures()))
    expect(Object.keys(parsed.features)).not.toContain('sex')
  })

  test('adds up: the points lead from the average to the score', () => {
    const { score, contributions } = scorePd(someFeatures())
    const average = scoreOf(1 / (1 + Math.exp(-pdScorecard.intercept)))
    const points = contributions.reduce((sum, contribution) => sum + contribution.points, 0)
    expect(Math.abs(average + points - score)).toBeLessThan(1.5)
  })

  test('names what cost most, worst first', () => {
    const { reasons, findings } = scorePd(someFeatures({ negativeBalance: 1, negativeBalanceDays: 3 }))
    expect(reasons[0]?.code).toBe('NEGATIVE_BALANCE')
    expect(findings.map(({ code }) => code)).toEqual(['NEGATIVE_BALANCE'])
  })

  test('counts what a statement does not tell as average, and says how little it knows', () => {
    const nothing = Object.fromEntries(scorecardFeatures.map(({ from }) => [from, null]))
    const output = scorePd(someFeatures({ ...nothing, statementEntries: 0, statementDays: 0 }))
    expect(output.evidence).toBe('none')
    expect(output.pd).toBeCloseTo(1 / (1 + Math.exp(-pdScorecard.intercept)), 5)
    expect(output.findings.map(({ code }) => code)).toEqual(['STATEMENT_MISSING'])
    expect(scorePd(someFeatures({ statementDays: 20 })).evidence).toBe('thin')
  })

  test('stays within its bounds and its contract at the ends of the scale', () => {
    const worst = {
      balanceVariation90: 10,
      lowestBalance365ToPayment: -1_000,
      negativeBalance: 1,
      netFlowToPayment: -1_000,
    }
    const best = { balanceVariation90: 0, lowestBalance365ToPayment: 1_000, netFlowToPayment: 1_000 }
    for (const changes of [worst, best, {}] as Partial<CreditFeatures>[]) {
      const output = scorePd(someFeatures(changes))
      expect(() => parseContract(RiskPdOutput, output, { unknownMembers: 'refuse' })).not.toThrow()
    }
    expect(scorePd(someFeatures(worst as Partial<CreditFeatures>)).score).toBe(300) // literals widen in the list above
    expect(scorePd(someFeatures(best)).pd).toBeLessThan(0.005)
  })

  test('gives 700 at odds of 30 to 1 and 40 points more at twice the odds', () => {
    expect(scoreOf(1 / 31)).toBe(700)
    expect(scoreOf(1 / 61)).toBe(740)
    expect(scoreOf(1 / 16)).toBe(660)
  })
})
