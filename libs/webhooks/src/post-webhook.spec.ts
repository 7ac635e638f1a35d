import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { postWebhook, type PostDependencies } from './post-webhook.js'
import type { ResolveName } from './resolve-name.js'

type Handler = (request: IncomingMessage, response: ServerResponse) => void
const taken: Handler = (_request, response) => void response.writeHead(204).end()

let connections = 0
let handler: Handler = taken
const server = createServer((request, response) => handler(request, response))
server.on('connection', () => (connections += 1))
let origin: string

beforeEach(async () => {
  connections = 0
  handler = taken
  if (server.listening) return
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // listening on TCP
})
afterEach(() => server.closeAllConnections())

const post = (url: string, given: Partial<PostDependencies> = {}) =>
  postWebhook(
    {
      policy: { ports: [443], hostsAllowed: [new URL(origin).host] },
      resolve: () => Promise.reject(new Error('nobody asks here')),
      timeoutMs: 5_000,
      ...given,
    },
    { url, headers: { 'webhook-id': 'evt_1' }, body: '{"größe":1}' },
  )

describe('an attempt', () => {
  test('brings headers and body as they are', async () => {
    const seen = new Promise<{ headers: IncomingMessage['headers']; body: string }>((resolve) => {
      handler = async (request, response) => {
        const chunks: Buffer[] = []
        for await (const chunk of request) chunks.push(chunk as Buffer)
        response.writeHead(200).end('ok')
        resolve({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') })
      }
    })
    expect(await post(`${origin}/hook`)).toEqual({ status: 200, error: null, retryAfterMs: null })
    const { headers, body } = await seen
    expect(body).toBe('{"größe":1}')
    expect(headers).toMatchObject({ 'webhook-id': 'evt_1', 'content-length': '13' })
  })
  test.each([
    [200, null],
    [202, null],
    [301, 'REDIRECT'],
    [307, 'REDIRECT'],
    [400, 'STATUS'],
    [404, 'STATUS'],
    [410, 'GONE'],
    [500, 'STATUS'],
  ])('that is answered with %i comes to %s', async (status, error) => {
    handler = (_request, response) => void response.writeHead(status, { location: `${origin}/elsewhere` }).end()
    expect(await post(`${origin}/hook`)).toMatchObject({ status, error })
    expect(connections).toBe(1)
  })
  test('hears when to come back', async () => {
    handler = (_request, response) => void response.writeHead(429, { 'retry-after': '7' }).end()
    expect(await post(origin)).toEqual({ status: 429, error: 'STATUS', retryAfterMs: 7_000 })
    handler = (_request, response) => void response.writeHead(503, { 'retry-after': 'Wed, 21 Oct' }).end()
    expect(await post(origin)).toMatchObject({ retryAfterMs: null })
  })
  test('reads 64 KiB of an endless answer, and counts its status', async () => {
    let written = 0
    const over = new Promise<void>((resolve) => {
      handler = (_request, response) => {
        response.writeHead(200)
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(16_384))) written += 16_384
          if (!response.destroyed) response.once('drain', more)
        }
        response.once('close', resolve)
        more()
      }
    })
    expect(await post(origin)).toMatchObject({ status: 200, error: null })
    await over
    expect(written).toBeLessThan(16 * 1_048_576)
  })
  test('ends in time: without an answer, and with one that drips', async () => {
    handler = () => undefined
    expect(await post(origin, { timeoutMs: 100 })).toEqual({ status: null, error: 'TIMEOUT', retryAfterMs: null })
    handler = (_request, response) => void response.writeHead(200).write('.')
    expect(await post(origin, { timeoutMs: 100 })).toMatchObject({ status: 200, error: null })
  })
  test('can be stopped', async () => {
    const stop = new AbortController()
    handler = () => stop.abort()
    expect(await post(origin, { signal: stop.signal })).toMatchObject({ error: 'STOPPED' })
  })
  test.each<[string, Handler, string]>([
    ['hangs up', (request) => void request.socket.destroy(), 'CONNECTION_LOST'],
    ['answers something else than HTTP', (request) => void request.socket.end('hello\r\n\r\n'), 'ANSWER_INVALID'],
    [
      'switches the protocol',
      (request) =>
        void request.socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
      'CONNECTION_LOST',
    ],
  ])('at one that %s fails', async (_, behaves, error) => {
    handler = behaves
    expect(await post(origin)).toMatchObject({ status: null, error })
  })
  test('at a closed port fails', async () => {
    const policy = { ports: [443], hostsAllowed: ['127.0.0.1:1'] }
    expect(await post('http://127.0.0.1:1/', { policy })).toMatchObject({ status: null, error: 'CONNECT_FAILED' })
  })
})

describe('a name', () => {
  const strict = { ports: [443], hostsAllowed: [] }
  test.each([
    ['a private address', ['10.0.0.1'], 'ADDRESS_REFUSED'],
    ['a public and a private one', ['8.8.8.8', '127.0.0.1'], 'ADDRESS_REFUSED'],
    ['a mapped one', ['::ffff:7f00:1'], 'ADDRESS_REFUSED'],
    ['the metadata service', ['169.254.169.254'], 'ADDRESS_REFUSED'],
    ['nothing', [], 'NAME_UNKNOWN'],
  ])('that leads to %s is not asked', async (_, addresses, error) => {
    const resolve = () => Promise.resolve(addresses)
    expect(await post('https://receiver.dev/hook', { policy: strict, resolve })).toMatchObject({ status: null, error })
  })
  test('that leads outside first and inside afterwards is asked once: the connection goes where the first answer led', async () => {
    const { port } = server.address() as AddressInfo // listening on TCP
    const answers = [['8.8.8.8'], ['127.0.0.1']]
    const asked: string[] = []
    const resolve = (name: string) => {
      asked.push(name)
      return Promise.resolve(answers.shift() ?? [])
    }
    const policy = { ports: [port], hostsAllowed: [] }
    const outcome = await post(`https://rebind.receiver.dev:${port}/`, { policy, resolve, timeoutMs: 500 })
    expect(outcome.status).toBeNull()
    expect(asked).toEqual(['rebind.receiver.dev'])
    expect(connections).toBe(0)
  })
  test('that nobody answers for is given up in time', async () => {
    const resolve = () => new Promise<readonly string[]>(() => undefined)
    const outcome = await post('https://receiver.dev/', { policy: strict, resolve, timeoutMs: 50 })
    expect(outcome.error).toBe('TIMEOUT')
  })
  test('is not even looked up where the URL is refused', async () => {
    const resolve = vi.fn<ResolveName>(() => Promise.resolve(['8.8.8.8']))
    expect(await post('http://receiver.dev/', { policy: strict, resolve })).toMatchObject({ error: 'URL_SCHEME' })
    expect(resolve).not.toHaveBeenCalled()
  })
})
