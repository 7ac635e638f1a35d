/**
 * API keys: `fl_<id>_<secret>`. The database holds the id in clear and the SHA-256 of the whole key: its secret has 256
 * random bits, so a slow hash would protect nothing and cost every request.
 */
import { createHash, randomBytes } from 'node:crypto'
import { withClient } from './database.mjs'

/** @typedef {{ id: string, tenantId: string, principal: string, secretHash: Buffer, scopes: readonly string[], expiresAt: string | null }} ApiKeyRow */

const base32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** A new key, to be shown once. */
export const makeKey = () => {
  const id = [...randomBytes(12)].map((byte) => base32[byte % 32]).join('')
  return `fl_${id}_${randomBytes(32).toString('base64url')}`
}

/** @param {string} key */
export const keyId = (key) => key.split('_')[1] ?? ''

/** @param {string} key */
export const secretHash = (key) => createHash('sha256').update(key).digest()

/** The four keys that a fleet is born with. */
export const standardScopes = /** @type {const} */ ({
  admin: ['*'],
  operator: ['runs:read', 'runs:operate', 'dead-letters', 'queues', 'workflows:write', 'webhooks'],
  submitter: ['runs:write', 'runs:read'],
  reviewer: ['hitl:decide', 'runs:read', 'pii:read'],
})

const knownScopes = new Set([...Object.values(standardScopes).flat(), 'audit:read', 'runs:erase'])
const knownPrefix = /^(runs|hitl|pii|dead|queues|workflows|webhooks|audit|admin)\b/

/** One of the product's, or one that a workflow's gates ask of their deciders: `managers`, `sign-off:legal`. */
const isScope = (/** @type {string} */ scope) =>
  knownScopes.has(/** @type {any} */ (scope)) ||
  (/^[a-z][a-z0-9-]*(:[a-z][a-z0-9-]*)*$/.test(scope) && !knownPrefix.test(scope))

/**
 * @param {string} given separated by commas
 * @returns {{ scopes: string[], unknown: string[] }}
 */
export const parseScopes = (given) => {
  const scopes = given
    .split(',')
    .map((scope) => scope.trim())
    .filter((scope) => scope !== '')
  return { scopes, unknown: scopes.filter((scope) => !isScope(scope)) }
}

/**
 * Adds tenants and keys that are not there yet; changes none that are.
 * @param {string} ownerUrl
 * @param {readonly ApiKeyRow[]} rows
 */
export const insertKeys = (ownerUrl, rows) =>
  withClient(ownerUrl, async (client) => {
    for (const { id, tenantId, principal, secretHash: hash, scopes, expiresAt } of rows) {
      await client.query('insert into tenant (id, name) values ($1, $1) on conflict do nothing', [tenantId])
      await client.query(
        `insert into api_key (id, tenant_id, principal, secret_hash, scopes, expires_at)
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
        [id, tenantId, principal, hash, scopes, expiresAt],
      )
    }
  })

/** @param {string} ownerUrl */
export const listKeys = (ownerUrl) =>
  withClient(ownerUrl, async (client) => {
    const { rows } = await client.query(
      'select id, tenant_id, principal, scopes, created_at, expires_at, revoked_at, last_used_at from api_key order by tenant_id, created_at',
    )
    return rows
  })

/**
 * @param {string} ownerUrl
 * @param {string} id
 * @returns {Promise<boolean>} false when there is no such key, or it was revoked before
 */
export const revokeKey = (ownerUrl, id) =>
  withClient(ownerUrl, async (client) => {
    const sql = 'update api_key set revoked_at = now() where id = $1 and revoked_at is null'
    return (await client.query(sql, [id])).rowCount === 1
  })

/**
 * Makes a key that takes another's place: same tenant, principal and scopes, and the same end if it has one. The old one
 * works for `overlapMs` more, and never longer than it would have.
 * @param {string} ownerUrl
 * @param {string} id
 * @param {number} overlapMs
 * @returns {Promise<string | null>} the new key, shown once; null when there is no such key, or it no longer works
 */
export const rotateKey = (ownerUrl, id, overlapMs) =>
  withClient(ownerUrl, async (client) => {
    const key = makeKey()
    // One statement: there is never a moment in which neither works.
    const { rowCount } = await client.query(
      `with old as (
         select * from api_key where id = $1 and revoked_at is null and (expires_at is null or expires_at > now()) for update
       ), ended as (
         update api_key k set expires_at = least(k.expires_at, now() + make_interval(secs => $2)) from old where k.id = old.id
       )
       insert into api_key (id, tenant_id, principal, secret_hash, scopes, expires_at)
       select $3, tenant_id, principal, $4, scopes, expires_at from old`,
      [id, overlapMs / 1_000, keyId(key), secretHash(key)],
    )
    return rowCount === 1 ? key : null
  })
