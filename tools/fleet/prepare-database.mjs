import { insertKeys, keyId, secretHash } from './api-keys.mjs'
import { migrate } from './migrate.mjs'
import { standardKeys } from './secrets.mjs'
import { openLogins } from './servers.mjs'

/**
 * Migrations, the services' logins, and the keys that a fleet is born with. Changes nothing where all is done.
 * @param {string} databaseUrl the owner's
 * @param {import('./secrets.mjs').Secrets} secrets
 */
export const prepareDatabase = async (databaseUrl, secrets) => {
  await migrate(databaseUrl)
  await openLogins(databaseUrl, secrets)
  const keys = standardKeys(secrets).map(({ principal, key, scopes }) => ({
    id: keyId(key),
    tenantId: 'default',
    principal,
    secretHash: secretHash(key),
    scopes,
    expiresAt: null,
  }))
  await insertKeys(databaseUrl, keys)
}
