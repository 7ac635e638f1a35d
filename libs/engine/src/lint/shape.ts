import type { Json, JsonObject } from '../json.js'

/** What is known about a JSON value before there is one. */
export interface Shape {
  /** Null: nothing is known. */
  readonly kinds: ReadonlySet<Kind> | null
  /** Of a list. */
  readonly items?: Shape
  /** Of an object. */
  readonly members?: Members
  /** A string's possible values, where they are listed. */
  readonly words?: readonly string[]
}

export type Kind = 'null' | 'boolean' | 'number' | 'string' | 'list' | 'object'

export interface Members {
  readonly names: readonly string[]
  readonly required: ReadonlySet<string>
  /** Asked when it is needed: the shared state's members depend on each other. */
  readonly get: (name: string) => Shape | undefined
  /** What a member is that is not among them: nothing that comes, nothing that was declared, never written, or anything. */
  readonly others: 'refused' | 'undeclared' | 'unwritten' | 'anything'
}

/** Nothing is known. */
export const anything: Shape = { kinds: null }

/** A value of one kind. */
export const only = (...kinds: readonly Kind[]): Shape => ({ kinds: new Set(kinds) })

/** An object with known members. */
export const objectShape = (
  members: Readonly<Record<string, Shape>>,
  others: Members['others'] = 'refused',
): Shape => ({
  kinds: new Set(['object']),
  members: {
    names: Object.keys(members),
    required: new Set(Object.keys(members)),
    get: (name) => (Object.hasOwn(members, name) ? members[name] : undefined),
    others,
  },
})

/** A list of such items. */
export const listOf = (items: Shape): Shape => ({ kinds: new Set(['list']), items })

const bothMembers = (a: Members, b: Members): Members => ({
  names: [...new Set([...a.names, ...b.names])],
  required: new Set([...a.required].filter((name) => b.required.has(name))),
  get: (name) => {
    const [one, other] = [a.get(name), b.get(name)]
    return one && other ? eitherOf(one, other) : (one ?? other)
  },
  others: a.others === 'anything' || b.others === 'anything' ? 'anything' : a.others,
})

/** A value of either shape. */
export const eitherOf = (a: Shape, b: Shape): Shape => {
  if (a.kinds === null || b.kinds === null) return anything
  const bothObjects = a.kinds.has('object') && b.kinds.has('object')
  const bothLists = a.kinds.has('list') && b.kinds.has('list')
  const bothStrings = a.kinds.has('string') && b.kinds.has('string')
  const members = bothObjects ? a.members && b.members && bothMembers(a.members, b.members) : (a.members ?? b.members)
  const items = bothLists ? a.items && b.items && eitherOf(a.items, b.items) : (a.items ?? b.items)
  const words = bothStrings ? a.words && b.words && [...new Set([...a.words, ...b.words])] : (a.words ?? b.words)
  return {
    kinds: new Set([...a.kinds, ...b.kinds]),
    ...(members ? { members } : {}),
    ...(items ? { items } : {}),
    ...(words ? { words } : {}),
  }
}

const kindOfValue = (value: Json): Kind => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  return typeof value as 'boolean' | 'number' | 'string' | 'object' // what is left of JSON
}

const kindOfType: Readonly<Record<string, Kind>> = {
  null: 'null',
  boolean: 'boolean',
  number: 'number',
  integer: 'number',
  string: 'string',
  array: 'list',
  object: 'object',
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const ofValues = (values: readonly Json[]): Shape => {
  const kinds = new Set(values.map(kindOfValue))
  return kinds.has('string') ? { kinds, words: values.filter((value) => typeof value === 'string') } : { kinds }
}

const membersOf = (schema: JsonObject, closed: boolean): Members | undefined => {
  const { properties, additionalProperties, required } = schema
  if (!isObject(properties)) return undefined
  const free = additionalProperties === true || isObject(additionalProperties) || isObject(schema['patternProperties'])
  const names = Array.isArray(required) ? (required as readonly Json[]) : []
  return {
    names: Object.keys(properties),
    required: new Set(names.filter((name) => typeof name === 'string')),
    get: (name) => (Object.hasOwn(properties, name) ? shapeOfSchema(properties[name], closed) : undefined),
    others: free ? 'anything' : closed || additionalProperties === false ? 'refused' : 'undeclared',
  }
}

/** What a JSON Schema says, as far as it is simple. `closed`: members that it does not list never come. */
export const shapeOfSchema = (schema: Json | undefined, closed: boolean): Shape => {
  if (!isObject(schema) || '$ref' in schema || 'allOf' in schema) return anything
  const choices = schema['anyOf'] ?? schema['oneOf']
  if (Array.isArray(choices))
    return (choices as readonly Json[])
      .map((choice) => shapeOfSchema(choice, closed))
      .reduce(eitherOf, { kinds: new Set() })
  const { type } = schema
  if (Array.isArray(schema['enum'])) return ofValues(schema['enum'] as readonly Json[])
  if (schema['const'] !== undefined) return ofValues([schema['const']])
  const members = membersOf(schema, closed)
  const types = Array.isArray(type) ? (type as readonly Json[]) : type === undefined ? [] : [type]
  const known = types.flatMap((each) => kindOfType[String(each)] ?? [])
  if (known.length === 0) return members ? { kinds: new Set(['object']), members } : anything
  const { items } = schema
  return {
    kinds: new Set<Kind>([...known, ...(schema['nullable'] === true ? (['null'] as const) : [])]),
    ...(members ? { members } : {}),
    ...(isObject(items) ? { items: shapeOfSchema(items, closed) } : {}),
  }
}

/** Whether no value but null can be of both shapes. */
export const areDisjoint = ({ kinds: a }: Shape, { kinds: b }: Shape): boolean =>
  a !== null && b !== null && ![...a].some((kind) => b.has(kind))

/** Kinds in words: "a string or null". */
export const inWords = ({ kinds }: Shape): string => {
  const articles: Readonly<Record<Kind, string>> = {
    null: 'null',
    boolean: 'a boolean',
    number: 'a number',
    string: 'a string',
    list: 'a list',
    object: 'an object',
  }
  return kinds === null ? 'anything' : [...kinds].map((kind) => articles[kind]).join(' or ')
}
