/** The one-shot service `migrate`: owner and database, migrations, the services' logins, the standard API keys. Idempotent. */
import { insertKeys, keyId, secretHash } from '../tools/fleet/api-keys.mjs'
import { provisionLogins, provisionOwner } from '../tools/fleet/database.mjs'
import { migrate } from '../tools/fleet/migrate.mjs'
import { loadSecrets, standardKeys } from '../tools/fleet/secrets.mjs'
import { adminUrls } from './secrets.mjs'

const secrets = loadSecrets(`${process.env.FLOTILLA_SECRETS ?? '/secrets'}/all`)
const { superuser, owner } = adminUrls(secrets)
const { owner: password, flotilla_gateway, flotilla_engine, flotilla_vault } = secrets.passwords

await provisionOwner(superuser, { role: 'flotilla', password, database: 'flotilla' })
await migrate(owner)
const opened = await provisionLogins(owner, { flotilla_gateway, flotilla_engine, flotilla_vault })
await insertKeys(
  owner,
  standardKeys(secrets).map(({ principal, key, scopes }) => ({
    id: keyId(key),
    tenantId: 'default',
    principal,
    secretHash: secretHash(key),
    scopes,
    expiresAt: null,
  })),
)
console.log(`migrated; logins: ${opened.join(', ')}`)
