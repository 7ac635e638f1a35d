/**
 * Many runs out of few: rows of real runs copied in Postgres with every row that belongs to them, indexes and all. Copies
 * cannot be opened, as what is sealed names its run; nobody opens a run that has ended, that waits at a gate, or in line.
 */

/** Tables that hold rows of a run by `run_id`, besides `run` itself. */
const tables = /** @type {const} */ (['run_key', 'history', 'checkpoint', 'gate', 'outbox'])

const copyOf = (/** @type {string} */ table) => `
insert into ${table} select (jsonb_populate_record(t, jsonb_build_object('run_id', c.new))).*
from copied c join ${table} t on t.run_id = c.old`

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
    await database.query(`
      insert into run select (jsonb_populate_record(r, jsonb_build_object('id', c.new))).*
      from copied c join run r on r.id = c.old`)
    for (const table of tables) await database.query(copyOf(table))
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
