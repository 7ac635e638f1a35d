import type { Pool } from 'pg'

/** A keyed hash of something that was seen. The value itself never comes here. */
export interface Fact {
  readonly tenantId: string
  readonly kind: string
  readonly hash: Uint8Array
  /** Whom it was seen at, such as an application. */
  readonly subject: string
  /** Epoch ms. */
  readonly at: number
}

/** What is counted: different subjects, `since <= at < until` in epoch ms. */
export interface FactQuery {
  readonly tenantId: string
  readonly kind: string
  readonly hash: Uint8Array
  readonly since: number
  readonly until: number
  readonly excludingSubject?: string | null
}

/** Facts across runs of one tenant. */
export interface FactStore {
  /** Notes a fact; noting it again for the same subject changes nothing. */
  readonly record: (fact: Fact) => Promise<void>
  readonly count: (query: FactQuery) => Promise<number>
}

const countSql = `
  select count(*)::integer as subjects from vault.fact
  where tenant_id = $1 and kind = $2 and hash = $3
    and at >= to_timestamp($4::double precision / 1000) and at < to_timestamp($5::double precision / 1000)
    and subject is distinct from $6`

/** Statements over `vault.fact`. */
export const makeFacts = (pool: Pool): FactStore => ({
  record: async ({ tenantId, kind, hash, subject, at }) => {
    await pool.query(
      `insert into vault.fact (tenant_id, kind, hash, subject, at)
       values ($1, $2, $3, $4, to_timestamp($5::double precision / 1000)) on conflict do nothing`,
      [tenantId, kind, Buffer.from(hash), subject, at],
    )
  },
  count: async ({ tenantId, kind, hash, since, until, excludingSubject = null }) => {
    const { rows } = await pool.query<{ subjects: number }>(countSql, [
      tenantId,
      kind,
      Buffer.from(hash),
      since,
      until,
      excludingSubject,
    ])
    return rows[0]?.subjects ?? 0
  },
})
