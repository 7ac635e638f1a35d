import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { redisDistDir, repoDir } from '../../../tools/fleet/paths.mjs'
import { freePort } from '../../../tools/fleet/ports.mjs'
import { redisUsers } from '../../../tools/fleet/redis-acl.mjs'
import { startRedis, type Redis as Server } from '../../../tools/fleet/redis.mjs'
import { connect, disconnect, producerOptions, untilReady } from './connection.js'
import { makeEvictionWatch } from './watch-eviction.js'

let dir = ''
let server: Server
beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'flotilla-eviction-'))
  const logFile = path.join(dir, 'redis.log')
  const options = { dir, distDir: redisDistDir, port: await freePort(), password: 'p'.repeat(32), logFile }
  // A server of its own: others would lose their jobs.
  server = await startRedis({
    ...options,
    ephemeral: true,
    users: redisUsers(path.join(repoDir, 'apps'), ['agent-kyc']),
  })
})
afterAll(async () => {
  await server.stop()
  rmSync(dir, { recursive: true, force: true })
})

test('what an agent’s readiness asks is refused while Redis evicts, also from a moment in which it was ready, and then again', async () => {
  const admin = connect(producerOptions({ url: server.url }))
  await untilReady(admin)
  let now = 0
  const watch = makeEvictionWatch({ url: server.urlFor('agent-kyc') }, { nowMs: () => now })
  const isReady = () =>
    watch().then(
      () => true,
      () => false,
    )
  expect(await isReady()).toBe(true)
  for (const policy of ['allkeys-lru', 'volatile-ttl']) {
    await admin.config('SET', 'maxmemory-policy', policy)
    // Believed until it is looked again.
    expect(await isReady()).toBe(true)
    now += 10_000
    expect(await isReady()).toBe(false)
    await expect(watch()).rejects.toMatchObject({ code: 'REDIS_EVICTS' })
    await admin.config('SET', 'maxmemory-policy', 'noeviction')
    now += 10_000
    expect(await isReady()).toBe(true)
  }
  await disconnect(admin)
})
