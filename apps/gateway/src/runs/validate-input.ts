import { contractById, ContractError, hostileMembers, parseContract, type Problem } from '@flotilla/contracts'
import type { Json, WorkflowDefinition } from '@flotilla/engine'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { GatewayError } from '../http/gateway-error.js'

const ajv = new Ajv2020({ allErrors: true, strict: false, removeAdditional: 'all', ownProperties: true })
addFormats.default(ajv)

const compiled = new WeakMap<WorkflowDefinition, ValidateFunction>()

const validatorOf = (definition: WorkflowDefinition): ValidateFunction => {
  const known = compiled.get(definition)
  if (known) return known
  // Only called for an inline schema, which the registration has compiled once already.
  const validator = ajv.compile(definition.input as object)
  compiled.set(definition, validator)
  return validator
}

const problemOfAjv = (error: ErrorObject): Problem => {
  const missing: unknown = error.keyword === 'required' ? error.params['missingProperty'] : undefined
  const member = typeof missing === 'string' ? `/${missing.replaceAll('~', '~0').replaceAll('/', '~1')}` : ''
  return {
    pointer: `/input${error.instancePath}${member}`,
    code: error.keyword.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase(),
    detail: member === '' ? (error.message ?? 'is not valid') : 'is required',
  }
}

/**
 * Validates a workflow's input against what its definition declares: a contract's id, or an inline JSON Schema. Gives
 * the input without members that are not declared. Throws ContractError with pointers from the body's root.
 */
export const validateInput = (definition: WorkflowDefinition, input: unknown): Json => {
  if (typeof definition.input === 'string') {
    const type = contractById(definition.input)
    if (!type)
      throw new GatewayError(
        'OVERLOADED',
        'This gateway does not know the contract of the workflow yet; try again after its rollout.',
      )
    const parsed = parseContract(type, input, { pointer: '/input', unknownMembers: 'drop' })
    return JSON.parse(JSON.stringify(parsed)) as Json // plain members instead of class instances
  }
  const hostile = hostileMembers(input, '/input')
  if (hostile.length > 0) throw new ContractError('workflow-input', hostile)
  const copy = structuredClone(input)
  const validate = validatorOf(definition)
  if (!validate(copy)) throw new ContractError('workflow-input', (validate.errors ?? []).map(problemOfAjv))
  return copy as Json // cloned from parsed JSON
}
