import type { Db, Tx } from '../open-store.js'
import { rowsOf } from './statement.js'

/** An entry of a tenant's chain with the very text that its hash is of. */
export interface AuditRow {
  readonly seq: number
  /** JSON: tenant, seq, at (epoch ms), actor, action, subject, detail. */
  readonly content: string
  /** Hex; empty for the first. `hash` is SHA-256 over the bytes of `previousHash` and the text. */
  readonly previousHash: string
  readonly hash: string
}

// As audit_hash() builds it.
const columns = `seq, jsonb_build_object('tenant', tenant_id, 'seq', seq, 'at', (extract(epoch from at) * 1000)::bigint,
  'actor', actor, 'action', action, 'subject', subject, 'detail', detail)::text as content,
  encode(previous_hash, 'hex') as "previousHash", encode(hash, 'hex') as hash`

const page = {
  name: 'list-audit',
  text: `select ${columns} from audit where tenant_id = $1 and seq > $2 order by seq limit $3`,
}
const last = {
  name: 'read-audit-head',
  text: `select ${columns} from audit where tenant_id = $1 order by seq desc limit 1`,
}

/** Entries after a number, in their order. */
export const listAudit = (
  tx: Tx,
  tenant: string,
  { afterSeq, limit }: { readonly afterSeq: number; readonly limit: number },
): Promise<AuditRow[]> => rowsOf(tx, page, [tenant, afterSeq, limit])

/** The newest entry; null: there is none. */
export const readAuditHead = async (tx: Tx, tenant: string): Promise<AuditRow | null> =>
  (await rowsOf<AuditRow>(tx, last, [tenant]))[0] ?? null

/** Where a tenant's chain has come to; `hash` in hex. */
export interface AuditHead {
  readonly tenant: string
  readonly seq: number
  readonly hash: string
}

const heads = { name: 'list-audit-heads', text: 'select tenant_id as tenant, seq, hash from list_audit_heads()' }

/** The heads of all tenants' chains. */
export const listAuditHeads = (db: Db): Promise<AuditHead[]> => rowsOf(db, heads)
