import type { WorkflowDefinition } from '@flotilla/engine'
import type { Db, Tx } from '../open-store.js'
import { jsonText } from '../json-text.js'
import { rowsOf } from './statement.js'

/** The tenant of definitions that ship: everybody reads them. */
export const shippedTenant = '*'

export interface DefinitionRow {
  /** The tenant's own, else one that ships. */
  readonly own: boolean
  readonly name: string
  readonly version: number
  /** Hash of the content, by which runs pin it. */
  readonly hash: string
  readonly createdAt: Date
  readonly createdBy: string
}

const register = {
  name: 'register-definition',
  text: 'select register_definition($1, $2, $3, $4::jsonb, $5) as outcome',
}

/**
 * Registers a version for the tenant of `asTenant` (`shippedTenant` for what ships). `same`: it exists with this hash;
 * `different`: it exists with another, and nothing was changed.
 */
export const registerDefinition = async (
  tx: Tx,
  entry: {
    readonly name: string
    readonly version: number
    readonly hash: string
    readonly definition: WorkflowDefinition
    readonly createdBy: string
  },
): Promise<'created' | 'same' | 'different'> => {
  const values = [entry.name, entry.version, entry.hash, jsonText(entry.definition), entry.createdBy]
  type Row = { outcome: 'created' | 'same' | 'different' }
  return (await rowsOf<Row>(tx, register, values))[0]?.outcome ?? 'different'
}

const columns = `d.tenant_id <> '*' as own, d.name, d.version, d.hash, d.created_at as "createdAt", d.created_by as "createdBy"`

const list = {
  name: 'list-definitions',
  text: `select ${columns} from workflow_definition d order by name, version, own`,
}

/** The catalogue of the tenant: what ships and its own. */
export const listDefinitions = (tx: Tx): Promise<DefinitionRow[]> => rowsOf(tx, list)

const find = {
  name: 'read-definition',
  text: `
select ${columns}, c.definition from workflow_definition d join definition_content c on c.hash = d.hash
where d.name = $1 and ($2::integer is null or d.version = $2) order by d.version desc, own desc limit 1`,
}

/** A version, or the newest where none is named; the tenant's own before one that ships under the same name. */
export const readDefinition = async (
  tx: Tx,
  name: string,
  version: number | null,
): Promise<(DefinitionRow & { readonly definition: WorkflowDefinition }) | null> =>
  (await rowsOf<DefinitionRow & { definition: WorkflowDefinition }>(tx, find, [name, version]))[0] ?? null

const contents = {
  name: 'read-contents',
  text: 'select hash, definition from definition_content where hash = any($1::text[])',
}

/** Definitions by the hashes that runs pin; those that are missing are left out. */
export const readDefinitionsByHash = async (
  db: Db,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, WorkflowDefinition>> => {
  const rows = await rowsOf<{ hash: string; definition: WorkflowDefinition }>(db, contents, [hashes])
  return new Map(rows.map(({ hash, definition }) => [hash, definition]))
}
