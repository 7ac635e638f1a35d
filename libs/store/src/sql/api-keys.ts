import type { Db } from '../open-store.js'
import type { Store } from '../open-store.js'
import { rowsOf } from './statement.js'

export interface ApiKeyRow {
  readonly id: string
  readonly tenantId: string
  readonly principal: string
  readonly secretHash: Buffer
  readonly scopes: readonly string[]
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
}

const find = {
  name: 'find-api-key',
  text: `
select id, tenant_id as "tenantId", principal, secret_hash as "secretHash", scopes, expires_at as "expiresAt",
  revoked_at as "revokedAt" from find_api_key($1)`,
}

/** A key by its public id, of whatever tenant; the caller compares the hash and checks expiry and revocation. */
export const findApiKey = async (db: Db, keyId: string): Promise<ApiKeyRow | null> =>
  (await rowsOf<ApiKeyRow>(db, find, [keyId]))[0] ?? null

const touch = { name: 'touch-api-key', text: 'select touch_api_key($1)' }

/** Notes that a key was used; writes at most once a minute and key. */
export const touchApiKey = async (db: Db, keyId: string): Promise<void> => {
  await rowsOf(db, touch, [keyId])
}

const existing = { name: 'tenant-exists', text: 'select exists (select from tenant where id = $1) as found' }

/** Whether there is such a tenant. */
export const tenantExists = async (db: Db, tenantId: string): Promise<boolean> =>
  (await rowsOf<{ found: boolean }>(db, existing, [tenantId]))[0]?.found ?? false

/**
 * Creates a key, and its tenant where there is none. For the owner's connection: no service may. A key that exists with the
 * same id gets the given secret and scopes, so that a start can repeat it.
 */
export const createApiKey = async (
  { prisma }: Pick<Store, 'prisma'>,
  key: {
    readonly id: string
    readonly tenant: string
    readonly principal: string
    /** SHA-256 of the secret; the secret itself is never stored. */
    readonly secretHash: Uint8Array
    readonly scopes: readonly string[]
    readonly expiresAt?: Date | null
  },
): Promise<void> => {
  const { id, tenant, principal, scopes, expiresAt = null } = key
  const fields = {
    principal,
    secretHash: Uint8Array.from(key.secretHash),
    scopes: [...scopes],
    expiresAt,
    revokedAt: null,
  }
  await prisma.tenant.upsert({ where: { id: tenant }, create: { id: tenant, name: tenant }, update: {} })
  await prisma.apiKey.upsert({ where: { id }, create: { id, tenantId: tenant, ...fields }, update: fields })
}
