import 'reflect-metadata'
import {
  getMetadataStorage,
  isISO8601,
  IsISO8601,
  length,
  Length,
  maxLength,
  MaxLength,
  minLength,
  MinLength,
  type ValidationArguments,
} from 'class-validator'
import { expect, test } from 'vitest'
import { contractById, contractIds } from './index.js'
import { judgeOfRule, type Judge } from './judge-of-rule.js'

const judgeOf = (decorate: PropertyDecorator): Judge => {
  class Holder {
    member!: string
  }
  decorate(Holder.prototype, 'member')
  const [rule] = getMetadataStorage().getTargetValidationMetadatas(Holder, '', false, false)
  const judge = rule && judgeOfRule(rule)
  if (!judge) throw new Error('the rule is not known')
  return judge
}

/** All texts of at most five of what class-validator counts and leaves out: a letter, both halves of a pair, a selector. */
const texts = Array.from({ length: 5 }).reduce<readonly string[]>(
  (shorter) => ['', ...shorter.flatMap((text) => ['a', '\ud83d', '\ude00', '\ufe0f'].map((unit) => text + unit))],
  [''],
)

test('lengths are what class-validator counts', () => {
  for (const [least, most] of [0, 1, 2, 3].flatMap((from) =>
    [from, from + 1, from + 3].map((to) => [from, to] as const),
  )) {
    const judges = [
      judgeOf(Length(least, most)),
      judgeOf(MinLength(least)),
      judgeOf(MaxLength(most)),
      judgeOf(Length(least)),
    ]
    for (const text of new Set(texts)) {
      const expected = [length(text, least, most), minLength(text, least), maxLength(text, most), length(text, least)]
      expect(
        judges.map((judge) => judge(text)),
        JSON.stringify([least, most, text]),
      ).toEqual(expected)
    }
  }
})

test('every day is judged as class-validator judges it', () => {
  const two = (number: number): string => String(number).padStart(2, '0')
  for (const strict of [true, false]) {
    const judge = judgeOf(IsISO8601({ strict }))
    for (const year of ['0000', '0099', '1900', '2023', '2024', '9999'])
      for (let month = 0; month < 15; month++)
        for (let day = 0; day < 33; day++) {
          const text = `${year}-${two(month)}-${two(day)}`
          expect(judge(text), text).toBe(isISO8601(text, { strict }))
        }
    for (const text of ['2024-060', '2024-W07', '20240101', '2024-01-01T00:00Z', '', '2024-01-01\n'])
      expect(judge(text), text).toBe(isISO8601(text, { strict }))
  }
})

test('of every rule of every contract the judge says what its decorator says', () => {
  const storage = getMetadataStorage()
  const words = [
    '',
    'a',
    'CZ',
    'CZK',
    'a'.repeat(64),
    'a-b',
    '2024-02-29',
    '2023-02-29',
    '7',
    ' ',
    '\u{1f600}'.repeat(40),
  ]
  const ids = ['0196f0a0-1111-7222-8333-444455556666', '0196f0a0-1111-0222-8333-444455556666', 'a@example.com']
  const numbers = [-1, -0, 0, 0.5, 1, 2, 31, 1.5, 2 ** 31, 2 ** 53, 1e12, 1e308]
  const lists = [[], ['a'], ['a', 'a'], [1, 2], Array.from({ length: 60 }, (_, index) => index), [null], [{}], {}, null]
  const values: readonly unknown[] = [...words, ...ids, ...numbers, ...lists, true, false]
  const types = contractIds().flatMap((id) => contractById(id) ?? [])
  const rules = types.flatMap((type) => storage.getTargetValidationMetadatas(type, '', false, false))
  const judged = rules.flatMap((rule) => {
    const judge = judgeOfRule(rule)
    const [decorator] = storage.getTargetValidatorConstraints(rule.constraintCls)
    return judge && decorator && !rule.each ? [{ rule, judge, decorator }] : []
  })
  for (const { rule, judge, decorator } of judged) {
    const given = { constraints: rule.constraints } as ValidationArguments // nothing else is read
    const differing = values.filter((value) => judge(value) !== decorator.instance.validate(value, given))
    expect(differing, `${rule.name} ${JSON.stringify(rule.constraints)}`).toEqual([])
  }
  expect(judged.length).toBeGreaterThan(500)
})
