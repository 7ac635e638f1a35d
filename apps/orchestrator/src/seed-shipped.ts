import { nextMoment } from '@flotilla/runtime'
import {
  activateTriggers,
  asTenant,
  now as clock,
  registerDefinition,
  shippedTenant,
  type Store,
} from '@flotilla/store'
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
    const outcome = await asTenant(store.pool, shippedTenant, async (tx) => {
      const registered = await registerDefinition(tx, {
        name: definition.name,
        version: definition.version,
        hash,
        definition,
        createdBy: 'flotilla',
      })
      if (registered !== 'created') return registered
      const { name, version, triggers = [] } = definition
      const now = new Date(await clock(tx))
      await activateTriggers(tx, { name, version, hash, triggers }, (trigger) => nextMoment(trigger, now))
      return registered
    })
    if (outcome === 'different') different.push(`${definition.name}@${definition.version}`)
  }
  return different
}
