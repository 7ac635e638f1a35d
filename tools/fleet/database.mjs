/** SQL that the fleet itself runs: the owner role and its database, the services' logins, tenants and API keys. */
import pg from 'pg'

/** Login role of each kind of service; the migrations create them without a login. */
export const serviceRoles = /** @type {const} */ (['flotilla_gateway', 'flotilla_engine', 'flotilla_vault'])

/**
 * @template T
 * @param {string} url
 * @param {(client: import('pg').Client) => Promise<T>} work
 * @returns {Promise<T>}
 */
export const withClient = async (url, work) => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/**
 * The same database server under another user or database.
 * @param {string} url
 * @param {{ user?: string, password?: string, database?: string }} change
 */
export const urlWith = (url, { user, password, database }) => {
  const changed = new URL(url)
  if (user !== undefined) changed.username = user
  if (password !== undefined) changed.password = encodeURIComponent(password)
  if (database !== undefined) changed.pathname = `/${database}`
  return changed.href
}

/**
 * Creates or updates the role that owns the schema (no superuser, but it may create the service roles and databases),
 * and its database.
 * @param {string} superuserUrl
 * @param {{ role: string, password: string, database: string }} owner
 */
export const provisionOwner = (superuserUrl, { role, password, database }) =>
  withClient(superuserUrl, async (client) => {
    const name = client.escapeIdentifier(role)
    const secret = client.escapeLiteral(password)
    const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role])
    if (rowCount === 0) await client.query(`create role ${name}`)
    await client.query(`alter role ${name} login nosuperuser createrole createdb password ${secret}`)
    const existing = await client.query('select from pg_database where datname = $1', [database])
    if (existing.rowCount === 0) {
      await client.query(`create database ${client.escapeIdentifier(database)} owner ${name}`)
    }
  })

/**
 * Gives those service roles that the migrations created a login. Resolves with the roles that exist.
 * @param {string} ownerUrl
 * @param {Record<string, string>} passwords by role
 * @returns {Promise<string[]>}
 */
export const provisionLogins = (ownerUrl, passwords) =>
  withClient(ownerUrl, async (client) => {
    const wanted = Object.keys(passwords)
    const { rows } = await client.query('select rolname from pg_roles where rolname = any($1) order by 1', [wanted])
    for (const { rolname } of rows) {
      const secret = client.escapeLiteral(passwords[rolname] ?? '')
      await client.query(`alter role ${client.escapeIdentifier(rolname)} login password ${secret}`)
    }
    return rows.map(({ rolname }) => rolname)
  })
