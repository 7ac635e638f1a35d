import type { JsonObject } from '@flotilla/engine'
import type { Db, Tx } from '../open-store.js'
import { jsonText } from '../json-text.js'
import { rowsOf } from './statement.js'

export interface AuditEntry {
  readonly tenant: string
  /** The key's principal. */
  readonly actor: string
  /** Past tense with its room before it: `run.cancelled`. */
  readonly action: string
  /** What it was done to: a run id, a queue, a key id. */
  readonly subject: string
  /** No personal data: the audit is kept when the run is erased. */
  readonly detail: JsonObject
}

const append = { name: 'append-audit', text: 'select append_audit($1, $2, $3, $4, $5::jsonb) as seq' }

/**
 * Appends to the tenant's hash chain; resolves with the entry's number. The chain's head stays locked until the
 * transaction ends, so make it the last statement.
 */
export const appendAudit = async (db: Db, entry: AuditEntry): Promise<number> => {
  const values = [entry.tenant, entry.actor, entry.action, entry.subject, jsonText(entry.detail)]
  return (await rowsOf<{ seq: number }>(db, append, values))[0]?.seq ?? 0
}

const broken = {
  name: 'verify-audit',
  text: `
select min(seq) as seq from (
  select a.seq, a.hash = audit_hash(a.previous_hash, tenant_id, a.seq, at, actor, action, subject, detail)
    and a.previous_hash = coalesce(lag(a.hash) over (order by a.seq), '\\x')
    and a.seq = 1 + coalesce(lag(a.seq) over (order by a.seq), 0) as sound
  from audit a where tenant_id = $1
) x where not sound`,
}

/** Number of the first entry that does not follow from the one before it; null: the tenant's chain is sound. */
export const findBrokenAudit = async (tx: Tx, tenant: string): Promise<number | null> =>
  (await rowsOf<{ seq: number | null }>(tx, broken, [tenant]))[0]?.seq ?? null
