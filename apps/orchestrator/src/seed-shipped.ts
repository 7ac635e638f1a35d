import { asTenant, registerDefinition, shippedTenant, type Store } from '@flotilla/store'
import { shippedWorkflows } from '@flotilla/workflows'
import type { Json } from '@flotilla/engine'
import { hashOf } from './to-applied-run.js'

/**
 * Registers the definitions that ship. Gives those whose stored content under the same version differs from this build's:
 * a version's content never changes, so the stored one stays, and the build needs a new version number.
 */
export const seedShipped = async (store: Store): Promise<readonly string[]> => {
  const different: string[] = []
  for (const definition of shippedWorkflows) {
    const hash = hashOf(definition as unknown as Json) // a definition is JSON
    const outcome = await asTenant(store.pool, shippedTenant, (tx) =>
      registerDefinition(tx, {
        name: definition.name,
        version: definition.version,
        hash,
        definition,
        createdBy: 'flotilla',
      }),
    )
    if (outcome === 'different') different.push(`${definition.name}@${definition.version}`)
  }
  return different
}
