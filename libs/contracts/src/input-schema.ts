import { Ajv2020, type Options, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { RE2JS } from 're2js'

/**
 * JSON Schemas that come from outside, inside of workflow definitions: they say what inputs are taken, and must not be
 * able to do more than that.
 *
 * S1 Patterns are matched in time linear in the text (RE2's engine): no pattern can hold the process up.
 * S2 A schema knows itself alone: none is looked up, by address or by a name that another definition gave.
 * S3 Lists are compared item with item only where they are short.
 */

/** Items of a list that `uniqueItems` may compare with each other. */
const uniqueItemsMax = 1_000

/** S1. Ajv asks for `code` only where it writes modules. */
const linear = Object.assign(
  (pattern: string): { readonly test: (text: string) => boolean } => {
    const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern))
    return { test: (text) => compiled.matcher(text).find() }
  },
  { code: 'linear' },
)

const options: Options = {
  allErrors: true,
  strict: false,
  removeAdditional: 'all',
  ownProperties: true,
  code: { regExp: linear },
}
const judge = new Ajv2020({ strict: false })

/** Compiles a schema, each by itself (S2). Throws what Ajv, or the engine of patterns, has against it. */
export const compileInputSchema = (schema: object): ValidateFunction => {
  const ajv = new Ajv2020({ ...options, meta: false, validateSchema: false })
  addFormats.default(ajv)
  return ajv.compile(schema)
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether a keyword stands in a schema in a way that S2 or S3 rules out. Looks everywhere, also where no schema stands. */
const ruledOut = (value: unknown): string | null => {
  if (Array.isArray(value)) {
    for (const item of value) {
      const why = ruledOut(item)
      if (why !== null) return why
    }
    return null
  }
  if (!isObject(value)) return null
  for (const name of ['$id', '$async', '$dynamicRef', '$dynamicAnchor'])
    if (typeof value[name] === 'string' || value[name] === true) return `${name} is not taken`
  if (typeof value['$ref'] === 'string' && !value['$ref'].startsWith('#')) return '$ref may lead within the schema only'
  const most = value['maxItems']
  if (value['uniqueItems'] === true && !(typeof most === 'number' && most <= uniqueItemsMax))
    return `uniqueItems needs maxItems of at most ${uniqueItemsMax}`
  return ruledOut(Object.values(value))
}

/** Why a JSON Schema from outside cannot say what a workflow takes; null: it can. Never quotes a value. */
export const whyNoInputSchema = (schema: object): string | null => {
  const why = ruledOut(schema)
  if (why !== null) return why
  if (judge.validateSchema(schema) !== true) {
    const [error] = judge.errors ?? []
    return `${error?.instancePath || 'it'} ${error?.message ?? 'is no JSON Schema'}`
  }
  try {
    const validate = compileInputSchema(schema)
    // One that leads back to itself without going into a member has no end, whatever it is asked of.
    for (const sample of [{}, [], '', 0, null]) validate(structuredClone(sample))
    return null
  } catch (error) {
    return error instanceof RangeError ? 'it leads back to itself' : 'it cannot be compiled'
  }
}
