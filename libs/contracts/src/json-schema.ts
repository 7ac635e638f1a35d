import { plainToInstance } from 'class-transformer'
import { getMetadataStorage } from 'class-validator'
import type { ContractClass } from './contract.js'
import { isPresent } from './http/nullable.js'
import type { Rule } from './judge-of-rule.js'

/** A JSON Schema of the 2020-12 dialect, as OpenAPI 3.1 takes it. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

/** What each rule of class-validator says in JSON Schema; one that is missing here adds nothing. */
const keywordsOf: Readonly<Record<string, (constraints: readonly unknown[]) => JsonSchema>> = {
  isString: () => ({ type: 'string' }),
  isInt: () => ({ type: 'integer' }),
  isNumber: () => ({ type: 'number' }),
  isBoolean: () => ({ type: 'boolean' }),
  isObject: () => ({ type: 'object' }),
  isArray: () => ({ type: 'array' }),
  isUuid: () => ({ type: 'string', format: 'uuid' }),
  isIso8601: () => ({ type: 'string', format: 'date-time' }),
  isEmail: () => ({ type: 'string', format: 'email' }),
  min: ([least]) => ({ minimum: least }),
  max: ([most]) => ({ maximum: most }),
  isPositive: () => ({ exclusiveMinimum: 0 }),
  minLength: ([least]) => ({ minLength: least }),
  maxLength: ([most]) => ({ maxLength: most }),
  isLength: ([least, most]) => ({
    type: 'string',
    ...(least === undefined ? {} : { minLength: least }),
    ...(most === undefined ? {} : { maxLength: most }),
  }),
  isNotEmpty: () => ({ minLength: 1 }),
  matches: ([pattern]) => (pattern instanceof RegExp ? { type: 'string', pattern: pattern.source } : {}),
  isIn: ([words]) => (Array.isArray(words) ? { enum: [...words] } : {}),
  isEnum: ([values]) => (values && typeof values === 'object' ? { enum: Object.values(values) } : {}),
  equals: ([value]) => ({ const: value }),
  arrayMinSize: ([least]) => ({ minItems: least }),
  arrayMaxSize: ([most]) => ({ maxItems: most }),
  isCheckpoint: () => ({ type: ['integer', 'string'] }),
}

/** Rules that only a list keeps. */
const ofList = new Set(['isArray', 'arrayMinSize', 'arrayMaxSize', 'arrayUnique'])

/** class-transformer does not export what it knows, so it is asked to make an instance. */
const nestedTypeOf = (type: ContractClass, member: string, isList: boolean): ContractClass | undefined => {
  const instance = plainToInstance(type, { [member]: isList ? [{}] : {} }) as Record<string, unknown>
  const value = isList ? (instance[member] as readonly unknown[])[0] : instance[member] // as was put in
  const made = Object(value).constructor as ContractClass
  return made === Object ? undefined : made
}

const orNull = (schema: JsonSchema): JsonSchema => {
  if (Array.isArray(schema['enum'])) return { ...schema, enum: [...schema['enum'], null] }
  if (typeof schema['type'] === 'string') return { ...schema, type: [schema['type'], 'null'] }
  if (Array.isArray(schema['type'])) return { ...schema, type: [...schema['type'], 'null'] }
  return '$ref' in schema ? { anyOf: [schema, { type: 'null' }] } : schema
}

const schemaOfMember = (
  type: ContractClass,
  member: string,
  rules: readonly Rule[],
  refTo: (type: ContractClass) => JsonSchema,
): JsonSchema => {
  const isNested = rules.some((rule) => rule.type === 'nestedValidation')
  const keywordsFor = (chosen: readonly Rule[]): JsonSchema =>
    Object.assign({}, ...chosen.map((rule) => keywordsOf[rule.name ?? '']?.(rule.constraints ?? []) ?? {}))
  const isList = rules.some((rule) => !rule.each && ofList.has(rule.name ?? ''))
  const nested = isNested ? nestedTypeOf(type, member, isList) : undefined
  if (!isList) return nested ? refTo(nested) : keywordsFor(rules)
  const items = nested ? refTo(nested) : keywordsFor(rules.filter((rule) => rule.each))
  return { type: 'array', ...keywordsFor(rules.filter((rule) => ofList.has(rule.name ?? ''))), items }
}

/** How nested classes are shown: inline, or as a reference that the caller collects. */
export interface JsonSchemaOptions {
  readonly refTo?: (type: ContractClass) => JsonSchema
  /** Whether the schema refuses members that the class does not know. */
  readonly closed?: boolean
}

/**
 * JSON Schema of a contract class, from what class-validator knows of it: optional members may be null or absent,
 * `@Nullable` ones may be null, all others are required. Nested classes are inlined unless `refTo` gives a reference.
 */
export const jsonSchemaOf = (type: ContractClass, options: JsonSchemaOptions = {}): JsonSchema => {
  const refTo = options.refTo ?? ((nested: ContractClass) => jsonSchemaOf(nested, options))
  const byMember = new Map<string, Rule[]>()
  for (const rule of getMetadataStorage().getTargetValidationMetadatas(type, '', false, false))
    byMember.set(rule.propertyName, [...(byMember.get(rule.propertyName) ?? []), rule])
  const required: string[] = []
  const properties: Record<string, JsonSchema> = {}
  for (const [member, rules] of byMember) {
    const conditions = rules.filter((rule) => rule.type === 'conditionalValidation')
    const nullable = conditions.some((rule) => rule.constraints?.[0] === isPresent)
    const optional = conditions.length > 0 && !nullable
    const schema = schemaOfMember(type, member, rules, refTo)
    properties[member] = optional || nullable ? orNull(schema) : schema
    if (!optional) required.push(member)
  }
  return {
    type: 'object',
    properties,
    ...(required.length > 0 ? { required } : {}),
    ...(options.closed ? { additionalProperties: false } : {}),
  }
}
