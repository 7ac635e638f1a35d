import type { WorkflowDefinition } from '@flotilla/engine'

/** Finds a pinned definition by content hash; undefined when the catalogue has no such content. */
export interface Definitions {
  readonly byHash: (hash: string) => Promise<WorkflowDefinition | undefined>
}

/** Keeps definitions in memory: content under a hash never changes, so an entry never goes stale. */
export const makeDefinitions = (
  read: (hash: string) => Promise<WorkflowDefinition | undefined>,
  { entriesMax = 1000 }: { readonly entriesMax?: number } = {},
): Definitions => {
  const known = new Map<string, WorkflowDefinition>()
  return {
    byHash: async (hash) => {
      const cached = known.get(hash)
      if (cached) return cached
      const definition = await read(hash)
      if (!definition) return undefined
      if (known.size >= entriesMax) known.delete(known.keys().next().value as string) // size > 0: there is a first key
      known.set(hash, definition)
      return definition
    },
  }
}
