import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { definitionSchema } from './definition-schema.js'
import { error, type Finding } from './finding.js'

let validate: ValidateFunction | undefined

const findingsMax = 50

const toFinding = ({ instancePath, keyword, message, params }: ErrorObject): Finding => {
  const member: unknown = params['additionalProperty'] ?? params['missingProperty'] ?? params['tag']
  const allowed: unknown = params['allowedValues'] ?? params['allowedValue']
  const details = [
    message ?? keyword,
    ...(typeof member === 'string' ? [`"${member}"`] : []),
    ...(allowed === undefined ? [] : [JSON.stringify(allowed)]),
  ]
  const fix =
    keyword === 'additionalProperties'
      ? 'Remove the member, or correct its name.'
      : keyword === 'required'
        ? 'Add the member.'
        : 'Correct the value.'
  return error('SHAPE', instancePath, details.join(': '), fix)
}

/** Rule: the definition has the shape of one. Everything that `definition.ts` says, on JSON from outside. */
export const checkShape = (definition: unknown): readonly Finding[] => {
  // Compiled when first needed: 15 ms that processes which only advance runs do not pay.
  validate ??= new Ajv({ allErrors: true, discriminator: true, strict: false }).compile(definitionSchema)
  if (validate(definition)) return []
  return (validate.errors ?? []).slice(0, findingsMax).map(toFinding)
}
