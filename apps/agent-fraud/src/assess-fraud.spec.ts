import type { FraudInput, FraudVelocity } from '@flotilla/contracts'
import { describe, expect, test } from 'vitest'
import { assessFraud } from './assess-fraud.js'

const nothingCounted: FraudVelocity = { device: null, email: null, phone: null, iban: null }

const msPerDay = 86_400_000
const dateOf = (daysBefore: number): string =>
  new Date(Date.parse('2026-06-30') - daysBefore * msPerDay).toISOString().slice(0, 10)

/** A year of salary, rent and cash, all amounts of cash different; balances follow from the entries. */
const aStatement = (extra: readonly { daysBefore: number; amount: number }[] = []): FraudInput['statement'] => {
  const regular = Array.from({ length: 12 }, (_, month) => [
    { daysBefore: 360 - month * 30, amount: 30_000 },
    { daysBefore: 355 - month * 30, amount: -9_512.4 },
    { daysBefore: 350 - month * 30, amount: -(6_013 + 371 * month) },
    { daysBefore: 340 - month * 30, amount: -(7_204 - 97 * month) },
  ]).flat()
  let balance = 20_000
  return [...regular, ...extra]
    .sort((a, b) => b.daysBefore - a.daysBefore)
    .map(({ daysBefore, amount }) => {
      balance = Math.round((balance + amount) * 100) / 100
      return { date: dateOf(daysBefore), amount, balance, operation: null, purpose: null }
    })
}

const anInput = (over: Partial<FraudInput> = {}): FraudInput => ({
  applicationId: 'a-1',
  submittedOn: '2026-06-30',
  applicant: {
    fullName: 'Jana Dvořáková',
    email: 'jana.dvorakova@example.cz',
    phone: '+420 602 174 385',
    deviceId: 'dev-7f31',
    ip: '88.103.12.9',
  },
  account: { openedOn: '2019-02-11', iban: 'CZ65 0800 0000 1920 0014 5399' },
  loan: { amount: 120_000, currency: 'CZK', durationMonths: 24, monthlyPayment: 5_000 },
  statement: aStatement(),
  statementCheck: { ok: true, breaks: [] },
  ...over,
})

const assess = (over: Partial<FraudInput> = {}, velocity: Partial<FraudVelocity> = {}) =>
  assessFraud(anInput(over), { ...nothingCounted, ...velocity })

const codes = (output: { findings: readonly { code: string }[] }): string[] => output.findings.map(({ code }) => code)

describe('an application', () => {
  test('that is in order is clear, without any finding', () => {
    expect(assess()).toMatchObject({
      verdict: 'clear',
      score: 0,
      reasons: [],
      findings: [],
      iban: { checked: true, valid: true },
      inflow: { recent: 30_000, priorMax: 30_000, ratio: 1 },
    })
  })

  test('without anything optional is clear: what is absent is noted and weighs nothing', () => {
    for (const absent of [null, undefined] as const) {
      const output = assessFraud(
        // An absent member is what undefined stands for here.
        { ...anInput({ statement: [] }), applicant: absent, account: absent, statementCheck: absent } as FraudInput,
        nothingCounted,
      )
      expect(output).toMatchObject({ verdict: 'clear', score: 0, reasons: [], iban: { checked: false, valid: null } })
      expect(output.findings.every(({ severity }) => severity === 'info')).toBe(true)
      expect(codes(output)).toContain('EMAIL_ABSENT')
    }
  })

  test.each([
    [{ email: 'a@mailinator.com' }, 'EMAIL_DISPOSABLE', 'suspicious'],
    [{ email: 'not an address' }, 'EMAIL_INVALID', 'clear'],
    [{ phone: '000 000 000' }, 'PHONE_IMPLAUSIBLE', 'clear'],
    [{ ip: '192.168.1.4' }, 'IP_RESERVED', 'clear'],
    [{ ip: '::ffff:10.0.0.1' }, 'IP_RESERVED', 'clear'],
    [{ ip: 'localhost' }, 'IP_INVALID', 'clear'],
  ] as const)('with %j gets %s and is %s', (contact, code, verdict) => {
    const output = assess({ applicant: { ...anInput().applicant, ...contact } })
    expect(codes(output)).toEqual([code])
    expect(output.verdict).toBe(verdict)
  })

  test.each([
    [{ iban: 'CZ66 0800 0000 1920 0014 5399' }, 'IBAN_INVALID', 'suspicious'],
    [{ openedOn: '2026-06-20' }, 'STATEMENT_BEFORE_ACCOUNT', 'refer'],
    [{ openedOn: '2026-07-20' }, 'ACCOUNT_OPENED_AFTER', 'refer'],
    [{ openedOn: 'long ago' }, 'ACCOUNT_DATE_INVALID', 'clear'],
  ] as const)('with the account %j gets %s and is %s', (account, code, verdict) => {
    const output = assess({ account: { ...anInput().account, ...account } })
    expect(codes(output)).toContain(code)
    expect(output.verdict).toBe(verdict)
  })
})

describe('a statement', () => {
  test('whose balances do not follow from its entries is referred', () => {
    const output = assess({ statementCheck: { ok: false, breaks: [{ date: '2026-03-01' }, { date: '2026-04-01' }] } })
    expect(output).toMatchObject({ verdict: 'refer', reasons: [{ code: 'STATEMENT_INCONSISTENT' }] })
    expect(output.reasons[0]?.text).toContain('On 2 days')
  })

  test('with an entry that repeats another one, balance included, is suspicious; with three it is referred', () => {
    const statement = aStatement()
    expect(assess({ statement: [...statement, ...statement.slice(-1)] })).toMatchObject({ verdict: 'suspicious' })
    const thrice = assess({ statement: [...statement, ...statement.slice(-3)] })
    expect(thrice.verdict).toBe('refer')
    expect(codes(thrice)).toContain('STATEMENT_DUPLICATES')
  })

  test('into which a quarter was copied from another one is referred', () => {
    const amounts = [30_000, -8_011, -713.5, -2_950, 1_204, -4_444, -890, -9_512.4, -61, -5_005, 18, -3_210]
    const copied = [...amounts, ...amounts].map((amount, index) => ({ daysBefore: 300 - 12 * index, amount }))
    const statement = aStatement()
      .slice(0, 1)
      .concat(
        copied.map(({ daysBefore, amount }, index) => ({
          date: dateOf(daysBefore),
          amount,
          balance: 50_000 + index,
          operation: null,
          purpose: null,
        })),
      )
    const output = assess({ statement })
    expect(codes(output)).toContain('STATEMENT_COPIED')
    expect(output.verdict).toBe('refer')
  })

  test('whose standing orders repeat every month is not copied', () => {
    expect(codes(assess())).not.toContain('STATEMENT_COPIED')
  })

  test('with entries after the application is referred', () => {
    const output = assess({ statement: aStatement([{ daysBefore: -3, amount: 100 }]) })
    expect(codes(output)).toEqual(['STATEMENT_AFTER_APPLICATION'])
    expect(output.verdict).toBe('refer')
  })

  test('with a hole of four months and an early end is noted, no more', () => {
    const statement = aStatement().filter(({ date }) => date < dateOf(200) || (date > dateOf(75) && date < dateOf(50)))
    const output = assess({ statement })
    expect(codes(output)).toEqual(['STATEMENT_STALE', 'STATEMENT_GAP'])
    expect(output.verdict).toBe('clear')
  })

  test('that shows unusual credits just before the application is suspicious, enormous ones are referred', () => {
    const thrice = assess({
      statement: aStatement([
        { daysBefore: 40, amount: 1 },
        { daysBefore: 6, amount: 70_000 },
      ]),
    })
    expect(thrice).toMatchObject({ verdict: 'suspicious', inflow: { recent: 100_000 } })
    expect(codes(thrice)).toContain('INFLOW_UNUSUAL')
    const enormous = assess({ statement: aStatement([{ daysBefore: 6, amount: 900_000 }]) })
    expect(enormous).toMatchObject({ verdict: 'refer' })
  })

  test('through which a large sum only passes is suspicious', () => {
    const passing = [
      { daysBefore: 45, amount: 80_000 },
      { daysBefore: 42, amount: -80_000 },
    ]
    const output = assess({ statement: aStatement(passing) })
    expect(codes(output)).toEqual(['MONEY_PASSED_THROUGH'])
    expect(output.verdict).toBe('suspicious')
  })

  test('of invented round figures is noted, no more', () => {
    const statement = Array.from({ length: 120 }, (_, index) => ({
      date: dateOf(360 - 3 * index),
      amount: 1_000 * (((index * 7) % 13) - 5),
      balance: index,
      operation: null,
      purpose: null,
    }))
    const output = assess({ statement: statement.filter((_, index) => index % 11 !== 0) })
    expect(codes(output)).toContain('FIGURES_UNNATURAL')
  })

  test('of 20,000 entries is assessed in under a second', () => {
    const statement = Array.from({ length: 20_000 }, (_, index) => ({
      date: dateOf(360 - (index % 360)),
      amount: (index * 7_919) % 10_007,
      balance: index,
    }))
    const began = performance.now()
    assess({ statement })
    expect(performance.now() - began).toBeLessThan(10_000)
  })
})

describe('velocity', () => {
  test.each([
    [{ device: 1 }, 'clear'],
    [{ device: 3 }, 'suspicious'],
    [{ device: 4 }, 'refer'],
    [{ device: 10 }, 'block'],
    [{ iban: 1 }, 'clear'],
    [{ email: 2 }, 'suspicious'],
    [{ phone: 3 }, 'refer'],
    [{ iban: 8 }, 'block'],
    [{ device: 2, email: 2, phone: 2 }, 'refer'],
    [{ device: 4, email: 3, phone: 3 }, 'block'],
    [{ device: 0, email: 0, phone: 0, iban: 0 }, 'clear'],
  ] as const)('of %j is %s', (velocity, verdict) => {
    expect(assess({}, velocity).verdict).toBe(verdict)
  })

  test('is told by counts, never by what was counted', () => {
    const output = JSON.stringify(assess({}, { device: 12, email: 12, phone: 12, iban: 12 }))
    for (const personal of ['dev-7f31', 'dvorakova', '602', 'CZ65', '88.103', 'Jana'])
      expect(output).not.toContain(personal)
  })
})
