import { expect, test } from 'vitest'
import { makeTickBudget } from './tick-budget.js'

const aBudget = () => makeTickBudget({ targetMs: 50, admissionsMax: 100, repliesMax: 2_000 })

test('B1: what runs cost says how many fit', () => {
  const budget = aBudget()
  for (let n = 0; n < 50; n += 1) budget.spent(10, 50)
  expect(budget.admissions(0)).toBe(10)
  for (let n = 0; n < 50; n += 1) budget.spent(100, 50)
  expect(budget.admissions(0)).toBe(99)
  expect(budget.replies()).toBe(99)
})
test('B2, B3: runs that are going leave room for a few new ones', () => {
  const budget = aBudget()
  for (let n = 0; n < 50; n += 1) budget.spent(25, 50)
  expect(budget.admissions(20)).toBe(5)
  expect(budget.admissions(1_000)).toBe(2)
  expect(budget.replies()).toBe(25)
})
test('the settings are bounds whatever a run costs', () => {
  const budget = makeTickBudget({ targetMs: 1_000, admissionsMax: 2, repliesMax: 5 })
  for (let n = 0; n < 50; n += 1) budget.spent(100, 1)
  expect([budget.admissions(0), budget.replies()]).toEqual([2, 5])
})
test('a tick without runs says nothing', () => {
  const budget = aBudget()
  budget.spent(0, 10_000)
  expect(budget.admissions(0)).toBe(50)
})
