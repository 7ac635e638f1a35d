import 'reflect-metadata'
import { Exclude, Expose, Transform, Type } from 'class-transformer'
import {
  Allow,
  IsDefined,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Validate,
  ValidateIf,
  ValidateNested,
  ValidatorConstraint,
} from 'class-validator'
import { describe, expect, test } from 'vitest'
import { acceptContract } from './accept-contract.js'
import { Nested, parseContract, type ContractClass } from './contract.js'
import { ContractError } from './errors.js'

@ValidatorConstraint({ name: 'isString' })
class Never {
  validate = (): boolean => false
}
class Leaf {
  @IsInt() size!: number
}
const twice = Transform(({ value }: { value: unknown }) => `${String(value)}!`)

/** Each with one thing about `name` that is not known, and what is made of `{ name: 'a' }`; null: it is refused. */
const others: Readonly<Record<string, readonly [PropertyDecorator[], result: unknown]>> = {
  'a validator of its own': [[Validate(Never)], null],
  'a condition of its own': [[ValidateIf((own: { name?: string }) => own.name !== 'a'), IsInt()], 'a'],
  'a rule with a condition': [[IsInt({ validateIf: () => false })], 'a'],
  'a rule of a group': [[IsString({ groups: ['g'] })], 'a'],
  'a rule for every group': [[IsString({ always: true })], 'a'],
  'no rule': [[Allow()], 'a'],
  'a rule before all others': [[IsDefined()], 'a'],
  'a type of which nothing is validated': [[Type(() => Number), IsInt()], null],
  'a type that hangs on the value': [[Type((given) => (given ? Leaf : Object)), ValidateNested()], null],
  'members without a type': [[ValidateNested()], null],
  'another name outside': [[Expose({ name: 'title' }), IsOptional(), IsString()], 'a'],
  'a place that it is not read from': [[Exclude(), IsOptional(), IsString()], undefined],
  'two transforms': [[twice, twice, IsString()], 'a!!'],
  'a transform for a version': [[Transform(() => 'z', { since: 2 }), IsString()], 'z'],
  'a transform of what may be absent': [[IsOptional(), twice, IsString()], 'a!'],
}

/** The name that an instance of a value has; null where the value is refused. */
const nameOf = (type: ContractClass, value: unknown): unknown => {
  try {
    const instance: { name?: unknown } = parseContract(type, value)
    return instance.name
  } catch (error) {
    if (!(error instanceof ContractError)) throw error
    return null
  }
}

describe('A3 the libraries decide about a class', () => {
  test.each(Object.entries(others))('with %s', (_, [decorators, result]) => {
    class Other {
      name!: string
    }
    for (const decorate of decorators) decorate(Other.prototype, 'name')
    expect(acceptContract(Other, { name: 'a' })).toBeUndefined()
    expect(nameOf(Other, { name: 'a' })).toEqual(result)
  })
  test('with a decorator of a member that has no rule, in a class that it extends', () => {
    class Parent {
      @IsString() name!: string
      @Transform(() => {
        throw new RangeError('called')
      })
      other?: string
    }
    class Child extends Parent {}
    expect(acceptContract(Child, { name: 'a' })).toBeUndefined()
    expect(() => parseContract(Child, { name: 'a', other: 'b' })).toThrow(RangeError)
  })
  test('with an initial value', () => {
    class Begun {
      @IsString() name = 'begun'
    }
    expect(acceptContract(Begun, { name: 'a' })).toBeUndefined()
    expect(parseContract(Begun, {}).name).toBe('begun')
  })
  test('with a method or an accessor, its own or of a class that it extends', () => {
    class Able {
      @IsString() name!: string
      get title(): string {
        return this.name
      }
    }
    class Heir extends Able {}
    for (const type of [Able, Heir]) expect(acceptContract(type, { name: 'a', title: 'b' })).toBeUndefined()
    expect(parseContract(Able, { name: 'a', title: 'b' }).title).toBe('a')
  })
})

test('an expression that goes on where it ended is the library’s affair', () => {
  class Sticky {
    @Matches(/a/g) @Matches(/a/y) name!: string
  }
  const sticky = [{ name: 'a' }, { name: 'a' }].map((value) => acceptContract(Sticky, value) !== undefined)
  expect(sticky).toEqual([true, false])
  expect(nameOf(Sticky, { name: 'a' })).toBe('a')
})

test('a class that leads back to itself has a short way', () => {
  class Tree {
    @IsInt() size!: number
    @IsOptional() @Nested(() => Tree) next?: Tree
  }
  const tree = acceptContract(Tree, { next: { size: 2, next: { size: 3 } }, size: 1 })
  expect(tree?.next?.next).toBeInstanceOf(Tree)
  expect(acceptContract(Tree, { size: 1, next: { size: 2, next: { size: 'x' } } })).toBeUndefined()
})

test('A2 a class that leads back to itself is followed as deep as the libraries are let', () => {
  class Tree {
    @IsOptional() @IsInt() size?: number
    @IsOptional() @Nested(() => Tree) next?: Tree
  }
  const tree = (levels: number, last: object): object => (levels === 0 ? last : { next: tree(levels - 1, last) })
  for (let levels = 29; levels < 36; levels++) {
    expect(acceptContract(Tree, tree(levels, { size: 1 })) !== undefined).toBe(levels < 32)
    expect(nameOf(Tree, tree(levels, { size: 1 })) !== null).toBe(levels < 32)
    expect(nameOf(Tree, tree(levels, {})) !== null).toBe(levels < 33)
  }
})

test('A1 an array that names another constructor is copied as an array', () => {
  class Whole {
    @IsObject() payload!: { list: unknown[] }
  }
  const list = Object.assign([1, 2], { constructor: 'x' })
  expect(acceptContract(Whole, { payload: { list } })?.payload.list).toEqual([1, 2])
})

test('A5 a decorator of either library that is added later counts, below as well', () => {
  class Below {
    @IsString() name!: string
  }
  class Above {
    @Nested(() => Below) below!: Below
  }
  const value = { below: { name: 'a', size: 'x' } }
  expect(acceptContract(Above, value)).toEqual({ below: { name: 'a' } })
  IsOptional()(Below.prototype, 'size')
  IsInt()(Below.prototype, 'size')
  expect(acceptContract(Above, value)).toBeUndefined()
  expect(acceptContract(Above, { below: { name: 'a', size: 1 } })).toEqual({ below: { name: 'a', size: 1 } })
  Exclude()(Below.prototype, 'size')
  expect(acceptContract(Above, { below: { name: 'a', size: 1 } })).toBeUndefined()
  expect(parseContract(Above, value)).toEqual({ below: { name: 'a' } })
})

test('a member that is always transformed is made where it is absent', () => {
  class Whole {
    @Expose() @Transform(({ obj }: { obj: unknown }) => obj) @IsObject() payload!: unknown
  }
  const value = { a: 1 }
  expect(acceptContract(Whole, value)?.payload).toBe(value)
  expect(acceptContract(Whole, { payload: undefined })).toBeUndefined()
})
