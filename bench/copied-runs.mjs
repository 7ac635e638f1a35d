/**
 * Many runs out of few: rows of real runs copied in Postgres with every row that belongs to them, indexes and all. Copies
 * cannot be opened, as what is sealed names its run; nobody opens a run that has ended, that waits at a gate, or in line.
 */

/** Tables that hold rows of a run by `run_id`, besides `run` itself. */
const tables = /** @type {const} */ (['run_key', 'history', 'checkpoint', 'gate', 'outbox'])

/**
 * The statement that inserts copies of a table's rows, all columns as they are but for the run's id and those of `values`: `copied` holds ids of old and new.
 * @param {import('pg').Client} database @param {string} table @param {{ idColumn: string, from?: string, values?: Record<string, string> }} of `from`: where the old rows stand
 */
export const copyOf = async (database, table, { idColumn, from = table, values = {} }) => {
  const { rows } = await database.query(
    `select quote_ident(attname) as name from pg_attribute
    where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
    [table],
  )
  const names = rows.map(({ name }) => name)
  const copied = names.map((name) => (name === idColumn ? 'c.new' : (values[name] ?? `t.${name}`)))
  return `insert into ${table} (${names.join(', ')}) select ${copied.join(', ')} from copied c join ${from} t on t.${idColumn} = c.old`
}

const perStatement = 10_000

/**
 * @param {import('pg').Client} database
 * @param {readonly string[]} patterns ids of runs
 * @param {number} count copies in all
 */
export const copyRuns = async (database, patterns, count) => {
  for (let done = 0; done < count; done += perStatement) {
    const times = Math.ceil(Math.min(perStatement, count - done) / patterns.length)
    await database.query('create temp table copied (old uuid not null, new uuid not null)')
    await database.query(
      'insert into copied select p.id, uuidv7() from unnest($1::uuid[]) as p(id) cross join generate_series(1, $2::integer)',
      [patterns, times],
    )
    await database.query(await copyOf(database, 'run', { idColumn: 'id' }))
    for (const table of tables) await database.query(await copyOf(database, table, { idColumn: 'run_id' }))
    await database.query('drop table copied')
  }
}

/** What autovacuum would get to soon. @param {import('pg').Client} database */
export const settle = async (database) => {
  for (const table of ['run', ...tables]) await database.query(`analyze ${table}`)
  await database.query('checkpoint')
}

/** Bytes of the whole database, indexes too. @param {import('pg').Client} database */
export const weightOf = async (database) =>
  /** @type {{ bytes: number }} */ (
    (await database.query('select pg_database_size(current_database())::float8 as bytes')).rows[0]
  ).bytes
