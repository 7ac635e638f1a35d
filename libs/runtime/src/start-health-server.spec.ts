import { afterEach, expect, test } from 'vitest'
import { startHealthServer, type HealthServer, type HealthServerOptions } from './start-health-server.js'

const open: HealthServer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()))
})

const aServer = async (options: Partial<HealthServerOptions> = {}): Promise<HealthServer> => {
  const server = await startHealthServer({ port: 0, checks: {}, ...options })
  open.push(server)
  return server
}

test('is alive and ready when every check resolves', async () => {
  const { url } = await aServer({ checks: { postgres: async () => 1, redis: async () => 1 } })
  const ready = await fetch(`${url}/readyz`)
  expect(ready.status).toBe(200)
  const body = await ready.json()
  expect(body).toMatchObject({ status: 'ready', checks: { postgres: { ok: true, code: null }, redis: { ok: true } } })
  expect((await fetch(`${url}/livez?x=1`)).status).toBe(200)
})

test('is alive but not ready when a check fails, and tells its code, not its message', async () => {
  const failed = Object.assign(new Error('user flotilla at 10.0.0.1'), { code: 'ECONNREFUSED' })
  const { url } = await aServer({ checks: { postgres: () => Promise.reject(failed), redis: async () => 1 } })
  const ready = await fetch(`${url}/readyz`)
  expect(ready.status).toBe(503)
  const text = await ready.text()
  expect(JSON.parse(text)).toMatchObject({ checks: { postgres: { ok: false, code: 'ECONNREFUSED' } } })
  expect(text).not.toContain('10.0.0.1')
  expect((await fetch(`${url}/livez`)).status).toBe(200)
})

test('a check that hangs is red after its time, and its signal is aborted', async () => {
  let aborted = false
  const hanging = (signal: AbortSignal) =>
    new Promise(() => signal.addEventListener('abort', () => void (aborted = true)))
  const { url } = await aServer({ checks: { postgres: hanging }, checkTimeoutMs: 20 })
  const ready = await fetch(`${url}/readyz`)
  expect(await ready.json()).toMatchObject({ checks: { postgres: { ok: false, code: 'TIMEOUT' } } })
  expect(aborted).toBe(true)
})

test('draining is not ready but alive', async () => {
  const server = await aServer()
  server.drain()
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503)
  expect((await fetch(`${server.url}/livez`)).status).toBe(200)
})

test('serves metrics where there are some, else 404', async () => {
  const withMetrics = await aServer({ metrics: async () => 'up 1\n' })
  expect(await (await fetch(`${withMetrics.url}/metrics`)).text()).toBe('up 1\n')
  const without = await aServer()
  expect((await fetch(`${without.url}/metrics`)).status).toBe(404)
})

test('a taken port rejects', async () => {
  const { port } = await aServer()
  await expect(aServer({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
