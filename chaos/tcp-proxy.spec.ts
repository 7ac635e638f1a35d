import { once } from 'node:events'
import net from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { makeRandom } from './random.mjs'
import { startProxy, type Proxy } from './tcp-proxy.mjs'

let server: net.Server
let proxy: Proxy
const sockets: net.Socket[] = []

beforeAll(async () => {
  // Says back what it hears.
  server = net.createServer((socket) => socket.on('error', () => undefined).pipe(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy = await startProxy({ port: (server.address() as net.AddressInfo).port, random: makeRandom(1).next }) // it listens on TCP
})
afterEach(() => {
  proxy.heal()
  for (const socket of sockets.splice(0)) socket.destroy()
})
afterAll(async () => {
  await proxy.close()
  server.close()
})

const connect = async () => {
  const socket = net.connect(proxy.port, '127.0.0.1')
  sockets.push(socket)
  await once(socket, 'connect')
  let heard = ''
  socket.on('data', (bytes: Buffer) => (heard += bytes.toString()))
  const closed = new Promise<string>((resolve) => {
    socket.on('error', (error) => resolve('code' in error ? String(error.code) : error.name))
    socket.on('close', () => resolve('closed'))
  })
  return { socket, closed, heard: () => heard, hears: (text: string) => expect.poll(() => heard).toBe(text) }
}

test('bytes arrive in order, also when they are late and slow', async () => {
  const { socket, heard } = await connect()
  proxy.set({ latencyMs: 20, jitterMs: 30, bytesPerSecond: 20_000 })
  const parts = Array.from({ length: 50 }, (_, n) => `part ${n};`)
  for (const part of parts) socket.write(part)
  await expect.poll(heard).toBe(parts.join(''))
})

test.each([['holdUp' as const], ['holdDown' as const]])(
  '%s: nothing arrives before it is over, then all of it',
  async (way) => {
    const { socket, heard, hears } = await connect()
    socket.write('before;')
    await hears('before;')
    proxy.set({ [way]: true })
    socket.write('meanwhile;')
    // A second connection through another proxy shows that time has passed for the server.
    const other = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
    sockets.push(other)
    other.write('x')
    await once(other, 'data')
    expect(heard()).toBe('before;')
    proxy.heal()
    await hears('before;meanwhile;')
  },
)

test('a peer without memory resets what was half open', async () => {
  const { closed } = await connect()
  proxy.set({ holdUp: true, holdDown: true })
  proxy.heal({ resetHeld: true })
  expect(['ECONNRESET', 'closed']).toContain(await closed)
})

test('reset ends every connection, and a refused one is reset at once', async () => {
  const { closed, socket, hears } = await connect()
  socket.write('x')
  await hears('x')
  proxy.reset()
  expect(await closed).toBe('ECONNRESET')
  proxy.set({ refuse: true })
  const refused = net.connect(proxy.port, '127.0.0.1')
  sockets.push(refused)
  refused.on('error', () => undefined)
  await new Promise((resolve) => refused.once('close', resolve))
  expect(proxy.connections()).toBe(0)
})

test('new connections are led elsewhere', async () => {
  const other = net.createServer((socket) => void socket.end('other'))
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  proxy.leadTo((other.address() as net.AddressInfo).port)
  const { heard } = await connect()
  await expect.poll(heard).toBe('other')
  proxy.leadTo((server.address() as net.AddressInfo).port)
  other.close()
})
