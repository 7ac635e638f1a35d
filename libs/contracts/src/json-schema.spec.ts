import 'reflect-metadata'
import { ArrayMaxSize, IsIn, IsInt, IsOptional, IsString, Length, Min } from 'class-validator'
import { describe, expect, test } from 'vitest'
import { Nested, NestedList } from './contract.js'
import { Nullable } from './http/nullable.js'
import { jsonSchemaOf } from './json-schema.js'

class Leaf {
  @IsInt() @Min(1) amount!: number
}
class Root {
  @IsString() @Length(1, 9) name!: string
  @IsOptional() @IsIn(['a', 'b']) kind?: string | null
  @Nullable() @IsString() note!: string | null
  @Nested(() => Leaf) leaf!: Leaf
  @NestedList(() => Leaf, { max: 3 }) leaves!: Leaf[]
  @IsOptional() @IsString({ each: true }) @Length(1, 5, { each: true }) plain?: string
  @ArrayMaxSize(2) @IsString({ each: true }) words!: string[]
}

describe('jsonSchemaOf', () => {
  const schema = jsonSchemaOf(Root) as { properties: Record<string, unknown>; required: string[] }

  test('a member that is neither optional nor nullable is required', () => {
    expect(schema.required).toEqual(['name', 'note', 'leaf', 'leaves', 'words'])
  })
  test('rules become keywords', () => {
    expect(schema.properties['name']).toEqual({ type: 'string', minLength: 1, maxLength: 9 })
  })
  test('an optional member may be null', () => {
    expect(schema.properties['kind']).toEqual({ enum: ['a', 'b', null] })
  })
  test('a nullable member is required and may be null', () => {
    expect(schema.properties['note']).toEqual({ type: ['string', 'null'] })
  })
  test('nested classes and lists of them are found without metadata of another compiler', () => {
    const leaf = { type: 'object', properties: { amount: { type: 'integer', minimum: 1 } }, required: ['amount'] }
    expect(schema.properties['leaf']).toEqual(leaf)
    expect(schema.properties['leaves']).toEqual({ maxItems: 3, type: 'array', items: leaf })
  })
  test('a member that only has a longest length of a list is one', () => {
    expect(schema.properties['words']).toEqual({ type: 'array', maxItems: 2, items: { type: 'string' } })
  })
  test('nested classes become references on request', () => {
    const refs = jsonSchemaOf(Root, { refTo: (type) => ({ $ref: `#/${type.name}` }) }) as typeof schema
    expect(refs.properties['leaf']).toEqual({ $ref: '#/Leaf' })
  })
  test('a closed schema refuses unknown members', () => {
    expect(jsonSchemaOf(Leaf, { closed: true })).toMatchObject({ additionalProperties: false })
  })
})
