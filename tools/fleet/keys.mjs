/** `npm run keys`: API keys of the running fleet. */
import { parseArgs } from 'node:util'
import { insertKeys, keyId, listKeys, makeKey, parseScopes, revokeKey, rotateKey, secretHash } from './api-keys.mjs'
import { readFleet } from './fleet-file.mjs'
import { localDir } from './paths.mjs'
import { loadSecrets } from './secrets.mjs'
import { StartError } from './start-error.mjs'

const usage = `npm run keys -- create --tenant T --scopes runs:write,runs:read [--principal P] [--expires 2027-01-31T00:00:00Z]
npm run keys -- rotate ID [--overlap 24]   hours for which the old key works beside the new one
npm run keys -- list
npm run keys -- revoke ID
npm run keys -- rewrap         everything under the current key of the ring, so that an old one can leave it`

/** @param {string} problem */
const refuse = (problem) => new StartError(`${problem}\n${usage}`, 78)

/**
 * @param {string} databaseUrl
 * @param {Record<string, string | undefined>} options
 */
const create = async (databaseUrl, { tenant = '', scopes: given = '', principal, expires }) => {
  const { scopes, unknown } = parseScopes(given)
  if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(tenant)) throw refuse('--tenant: small letters, digits, _ and -, at most 63')
  if (scopes.length === 0) throw refuse('--scopes is missing')
  if (unknown.length > 0) throw refuse(`--scopes: unknown ${unknown.join(', ')}`)
  const expiresAt = expires === undefined ? null : new Date(expires)
  if (expiresAt !== null && Number.isNaN(expiresAt.getTime())) throw refuse('--expires: not an ISO 8601 time')
  const key = makeKey()
  const row = { id: keyId(key), tenantId: tenant, principal: principal ?? `key-${keyId(key)}`, scopes }
  await insertKeys(databaseUrl, [
    { ...row, secretHash: secretHash(key), expiresAt: expiresAt === null ? null : expiresAt.toISOString() },
  ])
  // Alone on standard output: it is shown once, and scripts read it.
  console.log(key)
}

/**
 * @param {string} databaseUrl
 * @param {string} id
 * @param {string} [hours]
 */
const rotate = async (databaseUrl, id, hours = '24') => {
  if (!/^\d{1,4}(\.\d+)?$/.test(hours)) throw refuse('--overlap: hours, at most 9999')
  const key = await rotateKey(databaseUrl, id, Number(hours) * 3_600_000)
  if (key === null) throw refuse('no such key, or it no longer works')
  console.log(key)
}

/** @param {string} databaseUrl */
const list = async (databaseUrl) => {
  for (const row of await listKeys(databaseUrl)) {
    const ends = row.revoked_at ? 'revoked' : row.expires_at ? `until ${row.expires_at.toISOString()}` : 'no end'
    const used = row.last_used_at ? `used ${row.last_used_at.toISOString()}` : 'never used'
    console.log([row.id, row.tenant_id, row.principal, row.scopes.join(','), ends, used].join('\t'))
  }
}

/**
 * With the ring of the fleet of this folder, else with SEALING_KEYS and HASHING_KEY and the owner's DATABASE_URL.
 * @returns {Promise<number>} 1 while something stands under another key
 */
const rewrap = async () => {
  const { describeRewrap, rewrapAll } = await import('./rewrap.mjs')
  const { DATABASE_URL, SEALING_KEYS, HASHING_KEY } = process.env
  const fleet = readFleet(localDir)
  const own = fleet === null ? null : loadSecrets(localDir)
  const databaseUrl = fleet?.databaseUrl ?? DATABASE_URL
  const sealingKeys = own?.sealingKeys ?? (SEALING_KEYS === undefined ? null : JSON.parse(SEALING_KEYS))
  const hashingKey = own?.hashingKey ?? HASHING_KEY
  if (databaseUrl === undefined || sealingKeys === null || hashingKey === undefined)
    throw new StartError(
      'no fleet is running: npm start, or give DATABASE_URL (the owner’s), SEALING_KEYS, HASHING_KEY',
    )
  const done = await rewrapAll({ databaseUrl, sealingKeys, hashingKey, say: (text) => console.error(text) })
  console.log(
    describeRewrap(
      done,
      Object.keys(sealingKeys.keys).filter((id) => id !== done.current),
    ),
  )
  return done.remaining.length === 0 ? 0 : 1
}

/** @param {string[]} args */
const readArgs = (args) => {
  const text = /** @type {const} */ ({ type: 'string' })
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { tenant: text, scopes: text, principal: text, expires: text, overlap: text },
    })
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : `${error}`)
  }
}

/** @param {string[]} args */
export const run = async (args) => {
  const { values, positionals } = readArgs(args)
  const [action, id] = positionals
  if (action === undefined || !['create', 'rotate', 'list', 'revoke', 'rewrap'].includes(action))
    throw refuse('what shall be done with the keys?')
  if (action === 'rewrap') return rewrap()
  const fleet = readFleet(localDir)
  if (fleet === null) throw new StartError('no fleet is running: npm start')
  if (action === 'create') await create(fleet.databaseUrl, values)
  else if (action === 'list') await list(fleet.databaseUrl)
  else if (action === 'rotate') await rotate(fleet.databaseUrl, id ?? '', values.overlap)
  else if (id === undefined || !(await revokeKey(fleet.databaseUrl, id))) throw refuse('no such key, or revoked before')
  return 0
}
