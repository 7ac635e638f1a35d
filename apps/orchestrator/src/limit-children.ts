import { ExpressionError, limitOf, type Json, type RunLimit, type WorkflowDefinition } from '@flotilla/engine'
import { limitRun, readClaimedRuns, type Tx } from '@flotilla/store'
import type { Definitions } from './definitions.js'

/** Where the key cannot be read from the input, the limit of those without a key's value holds. */
const limitFor = (definition: WorkflowDefinition, input: Json): RunLimit | null => {
  try {
    return limitOf(definition, input)
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    return limitOf(definition, null)
  }
}

/** Puts child runs that this transaction has started under the limits of their workflows: a child waits for its slot. */
export const limitChildren = async (tx: Tx, definitions: Definitions, childIds: readonly string[]): Promise<void> => {
  if (childIds.length === 0) return
  for (const { runId, workflow, definitionHash, input } of await readClaimedRuns(tx, childIds)) {
    const definition = await definitions.byHash(definitionHash)
    if (definition?.concurrency) await limitRun(tx, { runId, workflow, limit: limitFor(definition, input) })
  }
}
