import { createHash } from 'node:crypto'
import type { Store } from '@flotilla/store'

/** Digests of every table's rows, by its name: two images that are equal are of equal content. */
export type DatabaseImage = Readonly<Record<string, string>>

/** That a key was used is noted beside every request, also beside a refused one. */
const noted: Readonly<Record<string, string>> = { 'public.api_key': 'last_used_at' }

const tables = `
select n.nspname || '.' || c.relname as name, a.attname is not null as owned
from pg_class c join pg_namespace n on n.oid = c.relnamespace
left join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
where n.nspname in ('public', 'vault') and c.relkind in ('r', 'p') order by 1`

/**
 * Takes an image of the whole database, or of the rows of one tenant. Connect as a superuser: row-level security would
 * hide rows, and what is hidden cannot be seen to change.
 */
export const databaseImage = async (db: Store['pool'], tenant: string | null = null): Promise<DatabaseImage> => {
  const { rows } = await db.query<{ name: string; owned: boolean }>(tables)
  const image: Record<string, string> = {}
  for (const { name, owned } of rows) {
    if (tenant !== null && !owned) continue
    const row = noted[name] === undefined ? 't::text' : `(to_jsonb(t) - '${noted[name]}')::text`
    const whose = tenant === null ? '' : 'where t.tenant_id = $1'
    const found = await db.query<{ all: string | null; many: string }>(
      `select string_agg(md5(${row}), '' order by md5(${row})) as all, count(*) as many from ${name} t ${whose}`,
      tenant === null ? [] : [tenant],
    )
    const digest = createHash('sha256').update(found.rows[0]?.all ?? '')
    image[name] = `${found.rows[0]?.many ?? 0} rows ${digest.digest('hex').slice(0, 16)}`
  }
  return image
}

/** Every column of the database, by name, once. */
export const columnNames = async (db: Store['pool']): Promise<readonly string[]> => {
  const { rows } = await db.query<{ name: string }>(
    `select distinct column_name as name from information_schema.columns where table_schema in ('public', 'vault') order by 1`,
  )
  return rows.map(({ name }) => name)
}
