import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  insertKeys,
  keyId,
  listKeys,
  makeKey,
  revokeKey,
  rotateKey,
  secretHash,
} from '../../../../tools/fleet/api-keys.mjs'
import { aDatabase, aRedis, type TestDatabase } from '../../../../tools/test-database.js'
import { aWorld, type World } from '../testing/a-world.js'

let database: TestDatabase
let world: World
const redis = aRedis()
beforeAll(async () => {
  database = await aDatabase()
  world = await aWorld(database, redis, { KEY_CACHE_MS: '0', STREAM_RECHECK_MS: '50', AUTH_FAILURES_BURST: '300' })
})
afterAll(async () => {
  await world.close()
  await database.drop()
})

const aNewKey = async (expiresAt: string | null = null): Promise<string> => {
  const key = makeKey()
  const row = {
    id: keyId(key),
    tenantId: 'acme',
    principal: 'ann',
    scopes: ['runs:read'],
    secretHash: secretHash(key),
    expiresAt,
  }
  await insertKeys(database.ownerUrl, [row])
  return key
}
const ask = (key: string, path = '/runs', headers: Record<string, string> = {}) =>
  fetch(new URL(path, world.origin), { headers: { authorization: `Bearer ${key}`, ...headers } })
/** Resolves when the server has closed the stream. */
const endOf = async (answer: Response): Promise<string> => answer.text()

describe('a key', () => {
  test('works until it expires', async () => {
    expect((await ask(await aNewKey())).status).toBe(200)
    expect((await ask(await aNewKey(new Date(Date.now() + 60_000).toISOString()))).status).toBe(200)
    expect((await ask(await aNewKey(new Date(Date.now() - 1).toISOString()))).status).toBe(401)
  })
  test('that is revoked is refused, and the streams that it opened are closed', async () => {
    const key = await aNewKey()
    const { body: run } = await world.ask('submitter', 'POST', '/runs', { workflow: 'gated', input: { amount: 5 } })
    const streams = await Promise.all([ask(key, '/events'), ask(key, `/runs/${run.runId}/events`)])
    expect(streams.map(({ status }) => status)).toEqual([200, 200])
    const staying = await ask(await aNewKey(), '/events')
    expect(await revokeKey(database.ownerUrl, keyId(key))).toBe(true)
    for (const stream of streams) expect(await endOf(stream)).toContain('retry: 2000')
    expect((await ask(key)).status).toBe(401)
    expect(world.gateway.streams.open()).toBe(1)
    await staying.body?.cancel()
  })
  test('that expires closes its streams at that time', async () => {
    const key = await aNewKey(new Date(Date.now() + 1_500).toISOString())
    expect(await endOf(await ask(key, '/events'))).toContain('retry: 2000')
  })
  test('that is revoked takes its tickets with it', async () => {
    const key = await aNewKey()
    const issued = await fetch(new URL('/tickets', world.origin), {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
    })
    const { ticket } = (await issued.json()) as { ticket: string }
    await revokeKey(database.ownerUrl, keyId(key))
    expect((await fetch(new URL(`/workflows/gated/graph.svg?ticket=${ticket}`, world.origin))).status).toBe(401)
  })
  test('that is rotated works beside its successor for the overlap, then no more', async () => {
    const old = await aNewKey()
    const long = await rotateKey(database.ownerUrl, keyId(old), 60_000)
    expect([(await ask(old)).status, (await ask(long ?? '')).status]).toEqual([200, 200])
    const short = await rotateKey(database.ownerUrl, keyId(long ?? ''), 0)
    expect([(await ask(long ?? '')).status, (await ask(short ?? '')).status]).toEqual([401, 200])
    const rows = (await listKeys(database.ownerUrl)).filter(({ id }: { id: string }) =>
      [old, long, short].map((key) => keyId(key ?? '')).includes(id),
    )
    expect(rows.map(({ principal, scopes }: { principal: string; scopes: string[] }) => [principal, scopes])).toEqual(
      Array.from({ length: 3 }, () => ['ann', ['runs:read']]),
    )
    await revokeKey(database.ownerUrl, keyId(short ?? ''))
    expect(await rotateKey(database.ownerUrl, keyId(short ?? ''), 0)).toBeNull()
    expect(await rotateKey(database.ownerUrl, 'unknown', 0)).toBeNull()
  })
  test('does not become longer-lived by a rotation', async () => {
    const expiresAt = new Date(Date.now() + 30_000).toISOString()
    const old = await aNewKey(expiresAt)
    await rotateKey(database.ownerUrl, keyId(old), 3_600_000)
    const row = (await listKeys(database.ownerUrl)).find(({ id }: { id: string }) => id === keyId(old))
    expect(row?.expires_at.toISOString()).toBe(expiresAt)
  })
  test('says when it was last used', async () => {
    const key = await aNewKey()
    await ask(key)
    const used = async () =>
      (await listKeys(database.ownerUrl)).find(({ id }: { id: string }) => id === keyId(key))?.last_used_at
    await expect.poll(used).toBeInstanceOf(Date)
  })
})

test('ten thousand guesses are throttled, at a key that exists too, and a key that is known goes on', async () => {
  const key = await aNewKey()
  expect((await ask(key)).status).toBe(200)
  const seen = new Map<number, number>()
  const good: number[] = []
  for (let n = 0; n < 10_000; n += 1) {
    const guess = n % 2 === 0 ? makeKey() : `fl_${keyId(key)}_${makeKey().split('_').at(-1)}`
    const { statusCode } = await world.fastify.inject({ url: '/runs', headers: { authorization: `Bearer ${guess}` } })
    seen.set(statusCode, (seen.get(statusCode) ?? 0) + 1)
    // At times, so that it is not only good at the end.
    if (n % 2_500 === 2_499) good.push((await ask(key)).status)
  }
  expect(good).toEqual([200, 200, 200, 200])
  expect([...seen.keys()].sort()).toEqual([401, 429])
  // The burst, and ten a second since.
  expect(seen.get(429) ?? 0).toBeGreaterThan(7_000)
})
