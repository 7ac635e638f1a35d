import { afterAll, beforeAll, expect, test } from 'vitest'
import type { WorkflowDefinition } from '@flotilla/engine'
import { aDatabase, aRing, type TestDatabase } from '../../../../tools/test-database.js'
import { openStore, type Store } from '../open-store.js'
import { aSubmission } from '../testing.js'
import { asTenant } from '../transaction.js'
import { createApiKey, findApiKey, touchApiKey } from './api-keys.js'
import {
  listDefinitions,
  readDefinition,
  readDefinitionsByHash,
  registerDefinition,
  shippedTenant,
} from './definitions.js'
import { ensureHistoryPartitions, purgeIdempotency } from './retention.js'
import { submitRuns } from './submit-runs.js'

let database: TestDatabase
let owner: Store
let gateway: Store
let engine: Store

beforeAll(async () => {
  database = await aDatabase()
  const open = (url: string) => openStore({ sealing: aRing, url, max: 6, applicationName: 'spec' })
  owner = open(database.ownerUrl)
  gateway = open(database.gatewayUrl)
  engine = open(database.engineUrl)
})
afterAll(async () => {
  await Promise.all([owner, gateway, engine].map((store) => store.close()))
  await database.drop()
})

// Postgres keeps a definition as it is; what it means is the engine's.
const aDefinition = (note: string) => ({ name: 'desk', note }) as unknown as WorkflowDefinition
const register = (store: Store, tenant: string, version: number, hash: string) =>
  asTenant(store.pool, tenant, (tx) =>
    registerDefinition(tx, { name: 'desk', version, hash, definition: aDefinition(hash), createdBy: 'x' }),
  )

test('a version is created once, the same again is the same, and other content changes nothing', async () => {
  const results = await Promise.all(Array.from({ length: 8 }, () => register(gateway, 'acme', 1, 'h1')))
  expect(results.toSorted()).toEqual(['created', ...Array.from({ length: 7 }, () => 'same')])
  expect(await register(gateway, 'acme', 1, 'h2')).toBe('different')
  const found = await asTenant(gateway.pool, 'acme', (tx) => readDefinition(tx, 'desk', 1))
  expect(found).toMatchObject({ hash: 'h1', own: true, definition: aDefinition('h1') })
})

test('what ships is read by every tenant, a tenant’s own only by it, and its own comes first', async () => {
  expect(await register(engine, shippedTenant, 1, 's1')).toBe('created')
  expect(await register(engine, shippedTenant, 2, 's2')).toBe('created')
  const hashFor = (tenant: string, version: number | null) =>
    asTenant(gateway.pool, tenant, async (tx) => (await readDefinition(tx, 'desk', version))?.hash)
  expect(await hashFor('other', 1)).toBe('s1')
  expect(await hashFor('acme', 1)).toBe('h1')
  expect(await hashFor('acme', null)).toBe('s2')
  expect(await hashFor('other', 9)).toBeUndefined()
  const listed = await asTenant(gateway.pool, 'other', listDefinitions)
  expect(listed.map(({ version, own }) => [version, own])).toEqual([
    [1, false],
    [2, false],
  ])
  expect([...(await readDefinitionsByHash(engine.pool, ['h1', 's2', 'nope'])).keys()].toSorted()).toEqual(['h1', 's2'])
})

test('a key is found before its tenant is known, and a repeated creation renews it', async () => {
  const key = { id: 'k1', tenant: 'keys', principal: 'clerk', scopes: ['runs:read'] }
  await createApiKey(owner, { ...key, secretHash: Buffer.from('one') })
  await createApiKey(owner, { ...key, secretHash: Buffer.from('two') })
  expect(await findApiKey(gateway.pool, 'k1')).toEqual({
    id: 'k1',
    tenantId: 'keys',
    principal: 'clerk',
    secretHash: Buffer.from('two'),
    scopes: ['runs:read'],
    expiresAt: null,
    revokedAt: null,
  })
  expect(await findApiKey(gateway.pool, `' or true --`)).toBeNull()
  await touchApiKey(gateway.pool, 'k1')
  expect((await owner.prisma.apiKey.findUnique({ where: { id: 'k1' } }))?.lastUsedAt).toBeInstanceOf(Date)
})

test('expired idempotency keys are purged in bounded portions', async () => {
  const keyed = Array.from({ length: 5 }, (_, n) => aSubmission({ idempotencyKey: `k${n}`, fingerprint: 'f' }))
  await submitRuns(gateway.pool, keyed)
  expect(await purgeIdempotency(engine.pool, 9)).toBe(0)
  await owner.pool.query(`update idempotency set expires_at = now()`)
  expect(await purgeIdempotency(engine.pool, 3)).toBe(3)
  expect(await purgeIdempotency(engine.pool, 3)).toBe(2)
  expect(await ensureHistoryPartitions(engine.pool, 4)).toBe(1)
})
