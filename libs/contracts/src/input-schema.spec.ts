import { describe, expect, test } from 'vitest'
import { compileInputSchema, whyNoInputSchema } from './input-schema.js'
import { parseWorkflowInput } from './parse-workflow-input.js'

const of = (schema: object): object => ({ type: 'object', properties: { a: schema } })

describe('a schema from outside', () => {
  test.each([
    ['^(a+)+$', `${'a'.repeat(50_000)}!`],
    ['^(a|a)*$', `${'a'.repeat(50_000)}!`],
    ['(.*a){20}$', 'a'.repeat(50_000)],
    ['^(\\w+\\s?)*$', `${'a '.repeat(25_000)}!`],
  ])('S1 the pattern %s is done with fifty thousand characters in a moment', (pattern, text) => {
    const validate = compileInputSchema(of({ type: 'string', pattern }))
    const before = process.cpuUsage()
    validate({ a: text })
    const { user } = process.cpuUsage(before)
    expect(user / 1_000).toBeLessThan(5_000)
  })
  test.each([
    ['^\\d{3}-\\w+$', '123-abc', 'x123-abc'],
    ['\\u0041+', 'xAAx', 'b'],
    ['^[\\p{L} .-]+$', 'Zoë', '1'],
    ['^[^@\\s]+@[^@\\s]+$', 'a@b', 'a@b@c'],
  ])('takes the pattern %s as JavaScript means it', (pattern, good, bad) => {
    const validate = compileInputSchema(of({ type: 'string', pattern }))
    expect([validate({ a: good }), validate({ a: bad })]).toEqual([true, false])
  })
  test.each([
    ['S2', { $id: 'https://flotilla.example/x' }, /^\$id/],
    ['S2', { $ref: 'https://flotilla.example/x' }, /^\$ref/],
    ['S2', { $ref: 'other' }, /^\$ref/],
    ['S3', { type: 'array', uniqueItems: true }, /^uniqueItems/],
    ['S3', { type: 'array', uniqueItems: true, maxItems: 1e9 }, /^uniqueItems/],
    ['', { type: 'strnig' }, /type/],
    ['', { $ref: '#/nowhere' }, /compiled/],
    ['', { $ref: '#/properties/a' }, /circle|back/],
    ['', { $ref: '#/properties' }, null],
    ['', { pattern: '(?=a)b' }, /compiled/],
    ['', { pattern: '(a)\\1' }, /compiled/],
    ['', { pattern: '[' }, /./],
  ])('%s with %j as a member is judged when it is registered', (_, schema, why) => {
    const judged = whyNoInputSchema(of(schema))
    expect(why === null ? judged === null : why.test(judged ?? '')).toBe(true)
  })
  test('that is its own answer is refused', () => {
    expect(whyNoInputSchema({ $ref: '#' })).toBe('it leads back to itself')
    expect(whyNoInputSchema({ allOf: [{ $ref: '#/$defs/x' }], $defs: { x: { $ref: '#/$defs/x' } } })).not.toBeNull()
  })
  test('that leads in a circle below a member refuses the value instead of failing', () => {
    const circle = { type: 'object', properties: { a: { allOf: [{ $ref: '#/properties/a' }] } } }
    expect(() => parseWorkflowInput(circle, { a: 1 })).toThrow(/circle/)
  })
  test('may use lists without equals up to a thousand, references within, and formats', () => {
    const sound = {
      type: 'object',
      properties: { a: { type: 'array', uniqueItems: true, maxItems: 1_000, items: { $ref: '#/$defs/day' } } },
      $defs: { day: { type: 'string', format: 'date' } },
    }
    expect(whyNoInputSchema(sound)).toBeNull()
    expect(parseWorkflowInput(sound, { a: ['2026-01-01'] })?.value).toEqual({ a: ['2026-01-01'] })
    expect(() => parseWorkflowInput(sound, { a: ['2026-01-01', '2026-01-01'] })).toThrow(/members|a /)
  })
})
