import 'reflect-metadata'
import { getMetadataStorage, IsInt, IsString } from 'class-validator'
import { expect, test } from 'vitest'
import { rememberMetadata } from './remember-metadata.js'

rememberMetadata()
const storage = getMetadataStorage()
const rulesOf = (type: new () => object, schema: string) =>
  storage.getTargetValidationMetadatas(type, schema, false, false)

test('the rules of a class are looked up once, also where it stands in another', () => {
  class Entry {
    @IsInt() amount!: number
  }
  const found = rulesOf(Entry, '')
  expect(rulesOf(Entry, 'Statement')).toBe(found)
  expect(rulesOf(Entry, 'Other')).toBe(found)
  IsString()(Entry.prototype, 'note')
  expect(rulesOf(Entry, 'Statement').map((rule) => rule.propertyName)).toEqual(['amount', 'note'])
})

test('what a class extends is looked up with it, and a rule of its own replaces that of the same member', () => {
  class Base {
    @IsInt() amount!: number
    @IsString() note!: string
  }
  class Entry extends Base {
    @IsString() declare note: never
  }
  expect(rulesOf(Entry, 'Statement').map((rule) => [rule.propertyName, rule.target])).toEqual([
    ['note', Entry],
    ['amount', Base],
  ])
})
