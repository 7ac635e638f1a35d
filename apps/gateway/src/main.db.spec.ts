import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { aDatabase, aRedis, type TestDatabase } from '../../../tools/test-database.js'
import { freePort } from '../../../tools/fleet/ports.mjs'
import { keyOf, testKeys } from './testing/a-gateway.js'
import { aWorld, type World } from './testing/a-world.js'

const root = path.resolve(import.meta.dirname, '../../..')
const redis = aRedis()
let database: TestDatabase
let world: World
let child: ChildProcess | undefined
beforeAll(async () => {
  database = await aDatabase()
  world = await aWorld(database, redis)
})
afterEach(() => void child?.kill('SIGKILL'))
afterAll(async () => {
  await world.close()
  await database.drop()
})

/** The built process, as the supervisor starts it. */
const start = (env: Record<string, string>, app = 'gateway') => {
  const gateway = spawn(
    process.execPath,
    ['--import', '@flotilla/telemetry/register', path.join(root, `apps/${app}/dist/main.js`)],
    { cwd: root, env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  child = gateway
  let output = ''
  for (const stream of [gateway.stdout, gateway.stderr]) stream.on('data', (data) => void (output += String(data)))
  return { process: gateway, output: () => output, exited: once(gateway, 'exit') as Promise<[number | null]> }
}
const settings = (port: number) => ({
  DATABASE_URL: database.gatewayUrl,
  REDIS_URL: redis.url,
  REDIS_PREFIX: redis.prefix,
  PORT: String(port),
  ...testKeys,
})
const ready = (port: number) =>
  expect
    .poll(
      () =>
        fetch(`http://127.0.0.1:${port}/readyz`).then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: 20_000 },
    )
    .toBe(200)

test('a port that is taken ends the process with 78', async () => {
  const blocker = createServer()
  await new Promise<void>((resolve) => void blocker.listen(0, '127.0.0.1', resolve))
  const { port } = blocker.address() as { port: number } // listening on TCP
  const { exited, output } = start(settings(port))
  expect((await exited)[0]).toBe(78)
  expect(output()).toContain('EADDRINUSE')
  blocker.close()
})
test.each(['gateway', 'orchestrator', 'agent-risk'])(
  '%s with secrets of development ends with 78 in production, and names them without their values',
  async (app) => {
    const env = { ...settings(0), NODE_ENV: 'production', REDIS_URL: 'redis://:changeme@127.0.0.1:1' }
    const { exited, output } = start(env, app)
    expect((await exited)[0]).toBe(78)
    for (const name of ['SEALING_KEYS', 'HASHING_KEY', 'REDIS_URL'])
      expect(output()).toMatch(new RegExp(`^configuration: ${name} `, 'm'))
    for (const secret of ['changeme', env.HASHING_KEY]) expect(output()).not.toContain(secret)
  },
)
test('it is ready while Redis is away, and runs are accepted', async () => {
  const port = await freePort()
  start({ ...settings(port), REDIS_URL: 'redis://127.0.0.1:1' })
  await ready(port)
  const startedAt = performance.now()
  const answer = await fetch(`http://127.0.0.1:${port}/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keyOf('submitter')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ workflow: 'gated', input: { amount: 5 } }),
  })
  expect(answer.status).toBe(202)
  expect(performance.now() - startedAt).toBeLessThan(10_000)
})
test('while Postgres is away it lives, is not ready, and says when to come back', async () => {
  const port = await freePort()
  start({ ...settings(port), DATABASE_URL: 'postgresql://u:p@127.0.0.1:1/d' })
  const base = `http://127.0.0.1:${port}`
  const statusOf = (way: string) =>
    fetch(`${base}${way}`).then(
      ({ status }) => status,
      () => 0,
    )
  await expect.poll(() => statusOf('/livez'), { timeout: 20_000 }).toBe(200)
  expect(await statusOf('/readyz')).toBe(503)
  const answer = await fetch(`${base}/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keyOf('submitter')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ workflow: 'gated', input: { amount: 5 } }),
  })
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([503, 'POSTGRES_UNAVAILABLE'])
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
})
test('told to stop, it ends open streams and exits with 0', async () => {
  const port = await freePort()
  const { process: running, exited, output } = start(settings(port))
  await ready(port)
  const headers = { authorization: `Bearer ${keyOf('submitter')}` }
  const stream = await fetch(`http://127.0.0.1:${port}/events`, { headers })
  expect(stream.status).toBe(200)
  const reading = stream.text()
  running.kill('SIGTERM')
  expect(await reading).toContain('retry: 2000')
  expect((await exited)[0], output()).toBe(0)
})
