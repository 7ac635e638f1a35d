import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import { contractById, parseContract } from './contract.js'
import { ContractError, type Problem } from './errors.js'
import { hostileMembers } from './hostile-members.js'
import { compileInputSchema } from './input-schema.js'

const compiled = new WeakMap<object, ValidateFunction>()

const validatorOf = (schema: object): ValidateFunction => {
  const known = compiled.get(schema)
  if (known) return known
  // Only called for an inline schema of a definition whose registration has compiled it once already.
  const validator = compileInputSchema(schema)
  compiled.set(schema, validator)
  return validator
}

const problemOf = (error: ErrorObject, pointer: string): Problem => {
  const missing: unknown = error.keyword === 'required' ? error.params['missingProperty'] : undefined
  const member = typeof missing === 'string' ? `/${missing.replaceAll('~', '~0').replaceAll('/', '~1')}` : ''
  return {
    pointer: `${pointer}${error.instancePath}${member}`,
    code: error.keyword.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase(),
    detail: member === '' ? (error.message ?? 'is not valid') : 'is required',
  }
}

/** A schema that leads back to itself may follow a value further than the stack goes: then the value is refused. */
const errorsOf = (schema: object, value: unknown, pointer: string): readonly ErrorObject[] => {
  try {
    const validate = validatorOf(schema)
    return validate(value) ? [] : (validate.errors ?? [])
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ContractError('workflow-input', [{ pointer, code: 'TOO_DEEP', detail: 'leads the schema in a circle' }])
  }
}

/**
 * Validates JSON against what a workflow declares as its input: a contract's id, or an inline JSON Schema. Gives it as
 * plain JSON without members that are not declared; null where this build does not know the contract. Throws
 * `ContractError` with pointers that begin at `pointer`.
 */
export const parseWorkflowInput = (
  contract: string | object,
  input: unknown,
  pointer = '/input',
): { readonly value: unknown } | null => {
  if (typeof contract === 'string') {
    const type = contractById(contract)
    if (!type) return null
    const parsed = parseContract(type, input, { pointer, unknownMembers: 'drop' })
    return { value: JSON.parse(JSON.stringify(parsed)) } // plain members instead of class instances
  }
  const hostile = hostileMembers(input, pointer)
  if (hostile.length > 0) throw new ContractError('workflow-input', hostile)
  const value = structuredClone(input)
  const errors = errorsOf(contract, value, pointer)
  if (errors.length > 0)
    throw new ContractError(
      'workflow-input',
      errors.map((error) => problemOf(error, pointer)),
    )
  return { value }
}
