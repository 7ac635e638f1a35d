import { expect, test } from 'vitest'
import { compareBirth, parseListedBirths } from './listed-births.js'

test.each([
  ['DOB 12 Mar 1965', '1965-03-12', '1965-03-12', false],
  ['DOB Feb 1964', '1964-02-01', '1964-02-29', false],
  ['DOB 1965', '1965-01-01', '1965-12-31', false],
  ['DOB circa 1965', '1965-01-01', '1965-12-31', true],
  ['DOB 1960 to 1965', '1960-01-01', '1965-12-31', false],
  ['DOB circa 1979-1982', '1979-01-01', '1982-12-31', true],
  ['DOB 01 Jan 1960 to 31 Dec 1962', '1960-01-01', '1962-12-31', false],
])('%s is read as a range of days', (text, from, to, circa) => {
  expect(parseListedBirths(`POB X; ${text}; Gender Male.`)).toEqual([{ from, to, circa }])
})

test('a day that does not exist is passed over', () => {
  expect(parseListedBirths('DOB 31 Feb 1960; DOB 1 Foo 1960')).toEqual([])
})

test.each([
  ['1965-03-12', 'DOB 12 Mar 1965', 'same'],
  ['1965-12-03', 'DOB 12 Mar 1965', 'near'],
  ['1985-03-12', 'DOB 12 Mar 1965', 'near'],
  ['1966-01-30', 'DOB 12 Mar 1965', 'near'],
  ['1971-08-01', 'DOB 12 Mar 1965', 'different'],
  ['1971-08-01', 'DOB 12 Mar 1965; alt. DOB 1971', 'same'],
  ['1968-06-01', 'DOB circa 1965', 'near'],
  ['1970-06-01', 'DOB circa 1965', 'different'],
  ['1967-06-01', 'DOB 1965', 'different'],
  ['1967-06-01', 'POB Nowhere', 'unknown'],
])('%s against %s is %s', (birthDate, remarks, expected) => {
  expect(compareBirth(birthDate, parseListedBirths(remarks))).toBe(expected)
})

test('an unknown birth date agrees with nothing and differs from nothing', () => {
  expect(compareBirth(null, parseListedBirths('DOB 1965'))).toBe('unknown')
})
