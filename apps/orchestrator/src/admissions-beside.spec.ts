import { expect, test } from 'vitest'
import { admissionsBeside } from './admissions-beside.js'

const limits = { admissionsMax: 40, busyRuns: 50 }

test('an idle tick begins as many runs as it may', () => {
  expect(admissionsBeside(0, limits)).toBe(40)
})
test('runs that are going leave room for what is left of a full tick, and for two at least', () => {
  expect(admissionsBeside(30, limits)).toBe(20)
  expect(admissionsBeside(50, limits)).toBe(2)
  expect(admissionsBeside(2_000, limits)).toBe(2)
})
test('the setting is a bound all the same', () => {
  expect(admissionsBeside(2_000, { admissionsMax: 1, busyRuns: 50 })).toBe(1)
})
