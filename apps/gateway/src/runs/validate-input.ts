import { parseWorkflowInput } from '@flotilla/contracts'
import type { Json, WorkflowDefinition } from '@flotilla/engine'
import { GatewayError } from '../http/gateway-error.js'

/**
 * Validates a workflow's input against what its definition declares. Gives the input without members that are not
 * declared. Throws ContractError with pointers from the body's root, or from `pointer`.
 */
export const validateInput = (definition: WorkflowDefinition, input: unknown, pointer = '/input'): Json => {
  const parsed = parseWorkflowInput(definition.input, input, pointer)
  if (parsed === null)
    throw new GatewayError(
      'OVERLOADED',
      'This gateway does not know the contract of the workflow yet; try again after its rollout.',
    )
  return parsed.value as Json // parsed JSON
}
