import 'reflect-metadata'
import { Expose, Transform } from 'class-transformer'
import { IsInt, IsObject, IsOptional, IsString, Min } from 'class-validator'
import { describe, expect, test } from 'vitest'
import { Nested, NestedList, parseContract } from './contract.js'
import { ContractError } from './errors.js'

class Leaf {
  @IsInt() @Min(1) amount!: number
  @IsOptional() @IsString() note?: string | null
}
class Root {
  @Nested(() => Leaf) leaf!: Leaf
  @NestedList(() => Leaf, { max: 2 }) list!: Leaf[]
  @IsOptional() @Nested(() => Leaf) maybe?: Leaf | null
}
const good = { leaf: { amount: 1 }, list: [] }
const problemsOf = (value: unknown, unknownMembers: 'drop' | 'refuse' = 'drop') => {
  try {
    parseContract(Root, value, { unknownMembers })
    return []
  } catch (error) {
    if (!(error instanceof ContractError)) throw error
    return error.problems.map((p) => p.pointer)
  }
}

describe('parseContract', () => {
  test('a valid message is returned as an instance without unknown members', () => {
    const parsed = parseContract(Root, { ...good, extra: 1, leaf: { amount: 2, extra: true } })
    expect(parsed).toBeInstanceOf(Root)
    expect(JSON.parse(JSON.stringify(parsed))).toEqual({ leaf: { amount: 2 }, list: [] })
  })
  test.each([
    [{ list: [] }, '/leaf'],
    [{ leaf: [], list: [] }, '/leaf'],
    [{ leaf: { amount: 1 }, list: {} }, '/list'],
    [{ leaf: { amount: 0 }, list: [] }, '/leaf/amount'],
    [{ leaf: { amount: 1 }, list: [{ amount: 'x' }] }, '/list/0/amount'],
    [{ leaf: { amount: 1 }, list: [null] }, '/list'],
    [{ leaf: { amount: 1, note: 'a\u0000b' }, list: [] }, '/leaf/note'],
    [JSON.parse('{"leaf":{"amount":1,"__proto__":{"x":1}},"list":[]}'), '/leaf/__proto__'],
    [[], ''],
    [null, ''],
  ])('a broken message names the member: %j', (value, pointer) => {
    expect(problemsOf(value)).toContain(pointer)
  })
  test('null is accepted where a member is optional', () => {
    expect(problemsOf({ ...good, maybe: null })).toEqual([])
  })
  test('unknown members are refused on request', () => {
    expect(problemsOf({ ...good, extra: 1 }, 'refuse')).toEqual(['/extra'])
  })
  test('an error never echoes a value', () => {
    const thrown = (): unknown => {
      try {
        return parseContract(Root, { leaf: { amount: 'SECRET' }, list: [] })
      } catch (error) {
        return error
      }
    }
    const error = thrown()
    expect(error).toBeInstanceOf(ContractError)
    expect(JSON.stringify(error) + String(error)).not.toContain('SECRET')
  })
})

test('decorators that are added after a first validation count as well', () => {
  class Grown {
    @IsString() name!: string
  }
  expect(() => parseContract(Grown, { name: 'a', size: 'x' })).not.toThrow()
  IsInt()(Grown.prototype, 'size')
  expect(() => parseContract(Grown, { name: 'a', size: 'x' })).toThrow(ContractError)
  expect(parseContract(Grown, { name: 'a', size: 1 })).toEqual({ name: 'a', size: 1 })
})

class Whole {
  @Expose() @Transform(({ obj }: { obj: unknown }) => obj) @IsObject() payload!: Record<string, unknown>
}
const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index]))

test('60,000 members, top or below, are refused or taken as fast as they are read', () => {
  const wide = many(60_000)
  const startedAt = performance.now()
  expect(problemsOf({ ...good, ...wide }, 'refuse')).toHaveLength(60_000)
  expect(parseContract(Root, { ...good, ...wide })).toEqual(good)
  expect(parseContract(Root, { ...good, leaf: { amount: 1, wide } })).toEqual(good)
  // Half a minute where each name is looked for among those before it.
  expect(performance.now() - startedAt).toBeLessThan(10_000)
})
test.each([1, 63, 64, 65, 500])(
  'an object of %i members is still taken whole by a class that exposes it so',
  (count) => {
    expect(parseContract(Whole, many(count)).payload).toEqual(many(count))
  },
)
