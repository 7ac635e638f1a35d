import 'reflect-metadata'
import { getMetadataStorage } from 'class-validator'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { acceptContract } from './accept-contract.js'
import { judgeContract, type ContractClass, type ParseOptions } from './contract.js'
import * as contracts from './index.js'
import { jsonSchemaOf, type JsonSchema } from './json-schema.js'
import { isPlainJson } from './plain-json.js'

/** Values per class; the laws hold for any number. */
const valuesOfClass = Number(process.env['CONTRACT_VALUES'] ?? 15)
const seed = Number(process.env['SEED'] ?? 20_261_122)

const isContract = (value: unknown): value is ContractClass =>
  typeof value === 'function' &&
  /^class/.test(String(value)) &&
  getMetadataStorage().getTargetValidationMetadatas(value, '', false, false).length > 0
const registered = contracts.contractIds().map((id) => contracts.contractById(id))
const classes = [...new Set([...registered, ...Object.values(contracts)])].filter(isContract)
/** With a validator of our own, which may look at anything. */
const withoutWay = new Set<ContractClass>([contracts.ForkRun, contracts.ResumeRun])

const strings = (schema: JsonSchema): fc.Arbitrary<string> => {
  const [min, max] = [Number(schema['minLength'] ?? 0), Math.min(Number(schema['maxLength'] ?? 60), 60)]
  const days = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
  if (schema['format'] === 'uuid') return fc.uuid()
  if (schema['format'] === 'date-time') return days.map((day) => day.toISOString().slice(0, 10))
  const pattern = schema['pattern']
  // Of expressions that look ahead, fast-check makes none.
  if (typeof pattern === 'string') return fc.stringMatching(new RegExp(pattern.replace(/\(\?!.*?\)/g, '')))
  const units = ['a', 'é', '\u{1f600}', '\ufe0f', ' ', '7']
  const of = (unit: fc.StringConstraints['unit']) =>
    fc.string({ minLength: min, maxLength: max, ...(unit ? { unit } : {}) })
  return fc.oneof(
    of('binary-ascii').map((text) => text.replaceAll('\0', 'a')),
    of(fc.constantFrom(...units)),
  )
}

const json = fc.jsonValue({ maxDepth: 3 })

/** Values that keep the schema, but for lookaheads, and rules between the lines. */
const valuesOf = (schema: JsonSchema): fc.Arbitrary<unknown> => {
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]))
  if ('const' in schema) return fc.constant(schema['const'])
  const types = [schema['type']].flat()
  if (types.includes('null'))
    return fc.oneof(fc.constant(null), valuesOf({ ...schema, type: types.find((type) => type !== 'null') }))
  const [min, max] = [Number(schema['minimum'] ?? -1e9), Number(schema['maximum'] ?? 1e9)]
  if (types[0] === 'integer') return fc.integer({ min: Math.ceil(min), max: Math.min(max, 2 ** 31 - 1) })
  if (types[0] === 'number')
    return fc.double({ min: Math.max(min, schema['exclusiveMinimum'] === 0 ? 0.01 : min), max, noNaN: true })
  if (types[0] === 'boolean') return fc.boolean()
  if (types[0] === 'string') return strings(schema)
  if (types[0] === 'array') {
    const minLength = Number(schema['minItems'] ?? 0)
    const maxLength = Math.max(minLength, Math.min(3, Number(schema['maxItems'] ?? 3)))
    return fc.array(valuesOf((schema['items'] ?? {}) as JsonSchema), { minLength, maxLength }) // as jsonSchemaOf makes them
  }
  if (!schema['properties']) return types[0] === 'object' ? fc.dictionary(fc.string(), json, { maxKeys: 3 }) : json
  const properties = Object.entries(schema['properties'] as Record<string, JsonSchema>) // as above
  const required = new Set(schema['required'] as readonly string[] | undefined) // as above
  return fc.record(Object.fromEntries(properties.map(([name, of]) => [name, valuesOf(of)])), {
    requiredKeys: properties.map(([name]) => name).filter((name) => required.has(name)),
  })
}

const deep = (levels: number): unknown => (levels === 0 ? {} : { a: deep(levels - 1) })
class Foreign {
  a = 1
}
/** What a member may be instead; made anew each time, so that nothing is shared between values. */
const strangers: (() => unknown)[] = [
  ...[undefined, null, Number.NaN, -0, 0, 1, Infinity, 1e308, 2 ** 53, 1.5, '', ' ', '7', '\ud800', 'a\0b', true, 7n],
  ...['\u{1f600}'.repeat(70), '\u2764\ufe0f'.repeat(100), 'a'.repeat(200_000), '2024-02-30', '2024-060', Symbol('s')],
].map((value) => () => value)
strangers.push(
  ...[() => [], () => ({}), () => [[]], () => [{}], () => [null], () => [undefined], () => new Array<unknown>(3)],
  ...[
    () => Object.assign([1], { extra: 1 }),
    () => new (class extends Array<unknown> {})(),
    () => Object.create(null) as unknown,
  ],
  ...[
    () => JSON.parse('{"__proto__":{"a":1}}') as unknown,
    () => ({ constructor: 1 }),
    () => ({ toString: 'x', a: { b: 1 } }),
  ],
  ...[
    () => new Date(0),
    () => new Date(Number.NaN),
    () => new Map([['a', 1]]),
    () => new Set([1]),
    () => new Foreign(),
  ],
  ...[
    () => () => 1,
    () => new String('a'),
    () => new Number(1),
    () => new Boolean(true),
    () => Buffer.from('a'),
    () => /a/,
  ],
  ...[
    () => ({ then: () => 1 }),
    () => ({ a: undefined }),
    () => deep(28),
    () => deep(30),
    () => deep(31),
    () => deep(33),
  ],
)

type Bag = Record<PropertyKey, unknown>
const names = [
  'extra',
  'toString',
  'then',
  '__proto__',
  'constructor',
  'payload',
  '\ud800',
  'a\0',
  '0',
  'valueOf',
  'name',
]
const define = (bag: Bag, name: PropertyKey, descriptor: PropertyDescriptor): unknown =>
  Object.defineProperty(bag, name, { configurable: true, ...descriptor })
/** Edits of an object or array, at one of its members. */
const edits: Record<string, (bag: Bag, member: string, value: unknown, name: string) => unknown> = {
  replace: (bag, member, value) => (bag[member] = value),
  add: (bag, _, value, name) => define(bag, name, { value, enumerable: true, writable: true }),
  remove: (bag, member) => delete bag[member],
  getter: (bag, member) => {
    const value = bag[member]
    return define(bag, member, { get: () => value, enumerable: true })
  },
  hide: (bag, member) => define(bag, member, { value: bag[member], enumerable: false }),
  symbol: (bag, _, value) => (bag[Symbol('key')] = value),
  orphan: (bag) => Object.setPrototypeOf(bag, null) as unknown,
  adopt: (bag) => Object.setPrototypeOf(bag, Foreign.prototype) as unknown,
  inherit: (bag, member) => {
    const value = bag[member]
    delete bag[member]
    return Object.setPrototypeOf(bag, { [member]: value }) as unknown
  },
  turn: (bag) => {
    const entries = Object.entries(bag).reverse()
    for (const [name] of entries) delete bag[name]
    for (const [name, value] of entries) define(bag, name, { value, enumerable: true, writable: true })
  },
  list: (bag, member) => (bag[member] = [bag[member]]),
  freeze: (bag) => Object.freeze(bag),
}
const anEdit = fc.record({
  path: fc.array(fc.nat(9), { maxLength: 4 }),
  edit: fc.constantFrom(...Object.keys(edits)),
  stranger: fc.constantFrom(...strangers),
  name: fc.constantFrom(...names),
})
type Edit = typeof anEdit extends fc.Arbitrary<infer T> ? T : never

const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null
const apply = (root: unknown, { path, edit, stranger, name }: Edit): void => {
  let bag = root
  for (const step of path) {
    const below: unknown[] = isBag(bag) ? Object.values(bag).filter(isBag) : []
    bag = below.length > 0 ? below[step % below.length] : bag
  }
  if (!isBag(bag)) return
  const members = Object.keys(bag)
  try {
    edits[edit]?.(bag, members[(path[0] ?? 0) % Math.max(1, members.length)] ?? 'extra', stranger(), name)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error // it was frozen
  }
}

const objectsIn = (value: unknown, found = new Set<unknown>()): Set<unknown> => {
  if (!isBag(value) || found.has(value)) return found
  found.add(value)
  for (const name of Reflect.ownKeys(value)) objectsIn(value[name], found)
  return found
}
/** Says where two instances differ: in a value, class, member, the order of members, or in what they share with the source. */
const difference = (one: unknown, other: unknown, source: ReadonlySet<unknown>, at = ''): string | null => {
  if (Object.is(one, other)) return null
  if (!isBag(one) || !isBag(other)) return `${at} value`
  if (source.has(one) || source.has(other)) return `${at} shares`
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return `${at} class`
  const members = Reflect.ownKeys(one)
  if (members.map(String).join('|') !== Reflect.ownKeys(other).map(String).join('|')) return `${at} members`
  for (const name of members) {
    const found = difference(one[name], other[name], source, `${at}/${String(name)}`)
    if (found) return found
  }
  return null
}

/** What the libraries give; undefined where they refuse, in whichever way. */
const byTheLibraries = (type: ContractClass, value: unknown, options: ParseOptions): object | undefined => {
  try {
    return judgeContract(type, value, options)
  } catch {
    return undefined
  }
}

/** What is wrong with the short way of a value; null: nothing. */
const broken = (
  type: ContractClass,
  value: unknown,
  options: ParseOptions,
): { readonly accepted: boolean; readonly why: string | null } => {
  const source = objectsIn(value)
  const short = acceptContract(type, value, options)
  const long = byTheLibraries(type, value, options)
  if (!short) return { accepted: false, why: long ? 'A1 leaves a valid value to the libraries' : null }
  return { accepted: true, why: long ? difference(short, long, source) : 'A1 accepts what the libraries refuse' }
}

describe('A1 A2 A4 the short way', () => {
  test.each(classes.map((type) => [type.name, type] as const))('of %s is that of the libraries', (_, type) => {
    let accepted = withoutWay.has(type) ? 1 : 0
    const edited = fc.oneof(fc.constant([]), fc.array(anEdit, { minLength: 1, maxLength: 3 }))
    const property = fc.property(
      valuesOf(jsonSchemaOf(type)),
      edited,
      fc.constantFrom('drop', 'refuse'),
      (given, changes, unknownMembers) => {
        const value = structuredClone(given)
        for (const change of changes) apply(value, change)
        const found = broken(type, value, { unknownMembers })
        if (found.accepted) accepted++
        // Of what is plain JSON nothing valid may take the long way.
        const mustBeShort = changes.length === 0 && isPlainJson(value) && !withoutWay.has(type)
        expect(found.accepted || mustBeShort ? found.why : null).toBeNull()
      },
    )
    fc.assert(property, { numRuns: valuesOfClass, seed })
    expect(accepted, 'no value was valid').toBeGreaterThan(0)
  })
})

test('the law sees an instance that is another one, and one that shares with the value', () => {
  const source = { a: { b: 1 } }
  const copy = (): object => ({ a: { b: 1 } })
  const none = objectsIn(source)
  expect(difference(copy(), copy(), none)).toBeNull()
  expect(difference({ a: source.a }, copy(), none)).toBe('/a shares')
  expect(difference({ b: 1, a: 2 }, { a: 2, b: 1 }, none)).toBe(' members')
  expect(difference({ a: -0 }, { a: 0 }, none)).toBe('/a value')
  expect(difference({ a: new Foreign() }, { a: { a: 1 } }, none)).toBe('/a class')
})
