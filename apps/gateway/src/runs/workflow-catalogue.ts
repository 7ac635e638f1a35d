import type { StoredDefinition } from '../ports.js'
import { GatewayError } from '../http/gateway-error.js'

/** Finds definitions for submissions without asking Postgres each time. */
export interface WorkflowCatalogue {
  /** The version asked for, else the newest. Throws WORKFLOW_UNKNOWN or WORKFLOW_VERSION_UNKNOWN. */
  readonly find: (tenantId: string, name: string, version: number | null) => Promise<StoredDefinition>
  /** The definition that a run is pinned to; kept for ever, a hash names one content. */
  readonly byHash: (tenantId: string, hash: string) => Promise<StoredDefinition['definition']>
  /** Forgets a tenant's name, after this process registered a version. */
  readonly forget: (tenantId: string, name: string) => void
}

export interface WorkflowCatalogueDeps {
  readonly read: (tenantId: string, name: string, version: number | null) => Promise<StoredDefinition | null>
  readonly readByHash: (tenantId: string, hash: string) => Promise<StoredDefinition['definition'] | null>
  readonly now: () => number
  /** A version never changes its content; the newest version does, and is believed this long, ms. */
  readonly cacheMs: number
}

const entriesMax = 1_000

/** A map that forgets its oldest entry beyond `entriesMax`. */
const remember = <V>(map: Map<string, V>, key: string, value: V): V => {
  map.delete(key)
  map.set(key, value)
  if (map.size > entriesMax) map.delete(map.keys().next().value ?? '')
  return value
}

/** Makes a catalogue with a memory of its own. Unknown names are not remembered. */
export const makeWorkflowCatalogue = (deps: WorkflowCatalogueDeps): WorkflowCatalogue => {
  const found = new Map<string, { readonly at: number; readonly definition: StoredDefinition }>()
  const pinned = new Map<string, StoredDefinition['definition']>()
  const keyOf = (tenantId: string, name: string, version: number | null): string =>
    JSON.stringify([tenantId, name, version])
  return {
    find: async (tenantId, name, version) => {
      const key = keyOf(tenantId, name, version)
      const known = found.get(key)
      if (known && deps.now() - known.at < deps.cacheMs) return known.definition
      const definition = await deps.read(tenantId, name, version)
      if (definition) return remember(found, key, { at: deps.now(), definition }).definition
      if (version !== null && (await deps.read(tenantId, name, null)))
        throw new GatewayError('WORKFLOW_VERSION_UNKNOWN')
      throw new GatewayError('WORKFLOW_UNKNOWN')
    },
    byHash: async (tenantId, hash) => {
      const key = JSON.stringify([tenantId, hash])
      const known = pinned.get(key)
      if (known) return known
      const definition = await deps.readByHash(tenantId, hash)
      if (!definition) throw new GatewayError('WORKFLOW_VERSION_UNKNOWN')
      return remember(pinned, key, definition)
    },
    forget: (tenantId, name) => void found.delete(keyOf(tenantId, name, null)),
  }
}
