/**
 * Writes every table of a fleet's database to `<dir>/<table>.ndjson`, one `row_to_json` a line, as the checker reads them
 * (`chaos/FORMATS.md`): all in one snapshot, rows in the order of the primary key.
 */
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { once } from 'node:events'
import pg from 'pg'

/** Rows fetched at once, so that a large history never stands in memory. */
const rowsAtOnce = 2_000

/** Hashes of keys are of no use to a checker. */
const leftOut = new Set(['api_key', '_prisma_migrations'])

const tablesOf = `
select n.nspname as schema, c.relname as name,
  (select string_agg(quote_ident(a.attname), ', ' order by array_position(i.indkey::int2[], a.attnum))
   from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
   where i.indrelid = c.oid and i.indisprimary) as key
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition and n.nspname in ('public', 'vault')
order by 1, 2`

/** @param {pg.Client} client @param {{ schema: string, name: string, key: string | null }} table @param {string} file */
const dumpTable = async (client, { schema, name, key }, file) => {
  const out = createWriteStream(file)
  const order = key === null ? '' : ` order by ${key}`
  await client.query(
    `declare dumped no scroll cursor for select row_to_json(t)::text as line from ${schema}."${name}" t${order}`,
  )
  let rows = 0
  for (;;) {
    const { rows: some } = await client.query(`fetch ${rowsAtOnce} from dumped`)
    if (some.length === 0) break
    rows += some.length
    if (!out.write(some.map(({ line }) => `${line}\n`).join(''))) await once(out, 'drain')
  }
  await client.query('close dumped')
  out.end()
  await once(out, 'close')
  return rows
}

/**
 * Dumps all tables of schemas `public` and `vault` into `dir`, which is made; gives the rows of each by its name. The
 * connection's role must see all tenants (the owner does). Rejects with the driver's error.
 * @param {string} databaseUrl @param {string} dir
 * @returns {Promise<Record<string, number>>}
 */
export const dumpTables = async (databaseUrl, dir) => {
  await mkdir(dir, { recursive: true })
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query(`set timezone to 'UTC'`)
    await client.query('begin transaction isolation level repeatable read read only')
    const { rows: tables } = await client.query(tablesOf)
    /** @type {Record<string, number>} */
    const counts = {}
    for (const table of tables)
      if (!leftOut.has(table.name))
        counts[table.name] = await dumpTable(client, table, path.join(dir, `${table.name}.ndjson`))
    await client.query('commit')
    return counts
  } finally {
    await client.end()
  }
}
