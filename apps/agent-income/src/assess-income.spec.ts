import { agentLaws, callAgent } from '@flotilla/agent-sdk/testing'
import type { StatementEntry } from '@flotilla/contracts'
import { describe, expect, test } from 'vitest'
import { assessIncome } from './assess-income.js'
import { incomeAgent } from './income-agent.js'
import { observedMonths } from './observed-months.js'

const loan = { amount: 36_000, currency: 'CZK', durationMonths: 36, monthlyPayment: 1_000 }
const submittedOn = '1998-01-01'

const daysBefore = (days: number): string =>
  new Date(Date.parse(`${submittedOn}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10)

const entry = (
  days: number,
  amount: number,
  operation: string | null,
  purpose: string | null = null,
): StatementEntry => ({
  date: daysBefore(days),
  amount,
  balance: 0,
  operation,
  purpose,
})

interface Habits {
  readonly months?: number
  readonly salaries?: readonly number[]
  readonly rent?: number
  readonly spending?: number
}

/** A statement that opens with 500 and then repeats the same month. */
const aStatement = ({ months = 12, salaries = [20_000], rent = 6_000, spending = 4_000 }: Habits = {}) => [
  entry(months * 30 + 1, 500, 'credit in cash'),
  ...Array.from({ length: months }, (_, month) => [
    entry(month * 30 + 20, salaries[month % salaries.length] ?? 0, 'collection from another bank'),
    entry(month * 30 + 15, -rent, 'remittance to another bank', 'household'),
    entry(month * 30 + 10, -spending, 'withdrawal in cash'),
  ]).flat(),
]

const assess = (habits?: Habits) => assessIncome({ statement: aStatement(habits), submittedOn, loan })

describe('the income agent', () => {
  test('takes income less obligations less living costs', () => {
    const output = assess()
    expect(output).toMatchObject({ verdict: 'sufficient', regularity: 'regular' })
    expect(output.metrics).toEqual({
      monthsObserved: 12,
      incomePerMonth: 20_000,
      incomeVariation: 0,
      monthsWithIncome: 1,
      obligationsPerMonth: 6_000,
      livingCostsPerMonth: 4_000,
      disposablePerMonth: 10_000,
      bufferPerMonth: 9_000,
      paymentToIncome: 0.05,
    })
    expect(output.sources).toEqual([{ kind: 'bank_transfer', perMonth: 20_000, entries: 12 }])
    expect(output.obligations).toEqual([{ kind: 'household', perMonth: 6_000, entries: 12 }])
  })

  test('caps living costs at half of what obligations leave', () => {
    expect(assess({ spending: 14_000 }).metrics.livingCostsPerMonth).toBe(7_000)
  })

  test('finds that little is left', () => {
    expect(assess({ salaries: [8_200], spending: 5_000 }).verdict).toBe('tight')
    const short = assess({ salaries: [7_000] })
    expect(short.verdict).toBe('insufficient')
    expect(short.reasons.map(({ code }) => code)).toEqual(['INCOME_INSUFFICIENT'])
  })

  test('takes the mean of irregular months and says so', () => {
    const output = assess({ salaries: [60_000, 0, 0], rent: 1_000 })
    expect(output.regularity).toBe('irregular')
    expect(output.metrics.incomePerMonth).toBe(20_000)
    expect(output.findings.map(({ code }) => code)).toContain('INCOME_IRREGULAR')
  })

  test('knows a standing order by its repeated amount and leaves a single transfer to living costs', () => {
    const statement = [
      ...aStatement({ rent: 0, spending: 0 }),
      ...[5, 35, 65].map((days) => entry(days, -2_000, 'remittance to another bank')),
      entry(7, -9_000, 'remittance to another bank'),
    ]
    const { obligations, metrics } = assessIncome({ statement, submittedOn, loan })
    expect(obligations).toEqual([{ kind: 'standing_order', perMonth: 500, entries: 3 }])
    expect(metrics.livingCostsPerMonth).toBe(750)
  })

  test('answers unknown for a statement that is empty or short', () => {
    expect(assessIncome({ statement: [], submittedOn, loan })).toMatchObject({
      verdict: 'unknown',
      metrics: { monthsObserved: 0, incomePerMonth: null },
    })
    expect(assess({ months: 1 }).verdict).toBe('unknown')
  })

  test('finds that no income came in', () => {
    const output = assess({ salaries: [0], rent: 0, spending: 0 })
    expect(output).toMatchObject({ verdict: 'insufficient', regularity: 'none' })
  })

  test('counts neither the opening deposit nor what came on the day of the application', () => {
    const late = entry(0, 1_000_000, 'credit in cash')
    expect(observedMonths([...aStatement(), late], submittedOn).flat()).toHaveLength(36)
  })

  test('calls its tool and tells its progress', async () => {
    const call = await callAgent(incomeAgent, { statement: aStatement(), submittedOn, loan })
    expect(call.tools).toEqual(['statement-income'])
    expect(call.progress.at(-1)?.fraction).toBe(1)
  })

  for (const law of agentLaws(incomeAgent, [
    { statement: aStatement(), submittedOn, loan },
    { statement: [], submittedOn, loan },
    { statement: aStatement({ salaries: [0] }), submittedOn, loan },
  ]))
    test(`${law.name}`, async () => expect(await law.check()).toBeUndefined())
})
