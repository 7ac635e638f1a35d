import { ContractError } from '@flotilla/contracts'
import { ExpressionError, limitOf, type Json, type RunLimit, type WorkflowDefinition } from '@flotilla/engine'

/** The limit on runs at once that an input is under. Throws ContractError where its key cannot be read from the input. */
export const limitFor = (definition: WorkflowDefinition, input: Json): RunLimit | null => {
  try {
    return limitOf(definition, input)
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    throw new ContractError('workflow-input', [
      { pointer: '/input', code: 'LIMIT_KEY_FAILED', detail: "does not have the key of the workflow's limit" },
    ])
  }
}
