import { describe, expect, test } from 'vitest'
import { checkStatement } from './check-statement.js'
import { toleranceCents } from './statement-days.js'

const entry = (date: string, amount: number, balance: number) => ({ date, amount, balance })

const aStatement = [
  entry('1997-01-02', 900, 900),
  entry('1997-01-05', -200.5, 1199.5),
  entry('1997-01-05', 500, 1400),
  entry('1997-01-31', 12.3, 1211.8),
]

describe('the check of a statement', () => {
  test('accepts the entries of a day in any order', () => {
    expect(checkStatement(aStatement).check).toEqual({
      ok: true,
      daysChecked: 3,
      entriesChecked: 4,
      tolerance: 0.1,
      openingBalance: 0,
      closingBalance: 1211.8,
      breaksTotal: 0,
      breaks: [],
    })
  })

  test('gives the balance at the end of each day', () => {
    expect(checkStatement(aStatement).closings).toEqual([
      { date: '1997-01-02', balance: 900 },
      { date: '1997-01-05', balance: 1199.5 },
      { date: '1997-01-31', balance: 1211.8 },
    ])
  })

  test('names the day on which an entry is missing, and by how much', () => {
    const { check } = checkStatement(aStatement.slice(0, 2))
    expect(check).toMatchObject({ ok: false, breaks: [{ date: '1997-01-05', code: 'BALANCE_GAP', difference: 500 }] })
  })

  test('finds an amount that was raised by a single unit', () => {
    const raised = aStatement.map((line, index) => (index === 3 ? { ...line, amount: 13.3 } : line))
    expect(checkStatement(raised).check.breaks).toEqual([{ date: '1997-01-31', code: 'BALANCE_GAP', difference: -1 }])
  })

  test('counts a wrong balance within a day once', () => {
    const wrong = aStatement.map((line, index) => (index === 2 ? { ...line, balance: 1500 } : line))
    expect(checkStatement(wrong).check.breaks).toEqual([
      { date: '1997-01-05', code: 'DAY_INCONSISTENT', difference: null },
    ])
  })

  test('takes days that are listed newest first', () => {
    expect(checkStatement(aStatement.toReversed()).check.ok).toBe(true)
  })

  test('may begin from any balance and may be empty', () => {
    expect(checkStatement([entry('1997-01-02', 10, 510)]).check).toMatchObject({ ok: true, openingBalance: 500 })
    expect(checkStatement([]).check).toMatchObject({ ok: true, daysChecked: 0, openingBalance: null })
  })

  test('lists at most a hundred breaks and counts all', () => {
    const broken = Array.from({ length: 300 }, (_, day) =>
      entry(new Date(Date.UTC(1997, 0, 1 + day)).toISOString().slice(0, 10), 10, day * 1_000),
    )
    const { check } = checkStatement(broken)
    expect([check.breaks.length, check.breaksTotal]).toEqual([100, 299])
  })
})

describe('the tolerance', () => {
  test('is one unit of the last decimal stated, and none for whole units', () => {
    expect(toleranceCents([entry('1997-01-02', 10, 510)])).toBe(0)
    expect(toleranceCents([entry('1997-01-02', 10.1, 510)])).toBe(10)
    expect(toleranceCents([entry('1997-01-02', 10.11, 510)])).toBe(1)
  })
})
