import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { Agent, createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { drainBody } from './drain-body.js'
import { aKey, anApp, aStore, keyOf } from '../testing/a-gateway.js'

const megabytes = 10
const megabyte = Buffer.alloc(1_000_000, 'x')
const length = megabytes * megabyte.length
const json = { 'content-type': 'application/json' }
const good = { authorization: `Bearer ${keyOf('admin')}`, ...json }

let app: Awaited<ReturnType<typeof anApp>>
let origin = ''
let limited: Awaited<ReturnType<typeof anApp>>
beforeAll(async () => {
  const keys = [aKey('admin', ['*']), aKey('none', [])]
  app = await anApp(aStore(keys))
  await app.fastify.listen({ port: 0, host: '127.0.0.1' })
  origin = app.fastify.listeningOrigin
  limited = await anApp(aStore(keys), undefined, { RATE_PER_SECOND: '1', RATE_BURST: '1' })
  await limited.fastify.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(() => Promise.all([app.close({ graceMs: 1_000, idleMs: 0 }), limited.close({ graceMs: 1_000, idleMs: 0 })]))

/** Chunks without a content-length, as a client that does not know how much will come. */
const aStream = (): ReadableStream<Uint8Array> => {
  let left = megabytes
  return new ReadableStream({
    pull: (controller) => {
      if (left === 0) return controller.close()
      left -= 1
      controller.enqueue(megabyte)
    },
  })
}
const codeOf = async (answer: Response): Promise<unknown[]> => {
  const { code } = (await answer.json()) as { code: string }
  return [answer.status, answer.headers.get('content-type'), code]
}
const problem = (status: number, code: string) => [status, 'application/problem+json', code]

const refusals = [
  ['413', '/runs', good, 413, 'BODY_TOO_LARGE'],
  ['401', '/runs', json, 401, 'KEY_MISSING'],
  ['403', '/runs', { ...good, authorization: `Bearer ${keyOf('none')}` }, 403, 'SCOPE_MISSING'],
  ['415', '/runs', { ...good, 'content-type': 'text/plain' }, 415, 'MEDIA_TYPE_UNSUPPORTED'],
  ['404 of a route', '/nowhere', { ...good, 'content-type': 'text/plain' }, 404, 'ROUTE_UNKNOWN'],
  ['405', '/readyz', { ...good, 'content-type': 'text/plain' }, 405, 'METHOD_NOT_ALLOWED'],
  ['a bad URL', '/runs/%zz', good, 400, 'URL_INVALID'],
] as const

describe('a refusal before the body was read reaches', () => {
  test.each(refusals)('fetch with a string: %s', async (_, path, headers, status, code) => {
    // Several at once, as the order of a write and a reset is a matter of luck.
    const ask = () => fetch(origin + path, { method: 'POST', headers, body: 'x'.repeat(length) }).then(codeOf)
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(Array(3).fill(problem(status, code)))
  })
  test.each(refusals)('fetch with a stream of unknown length: %s', async (_, path, headers, status, code) => {
    const ask = () => fetch(origin + path, { method: 'POST', headers, body: aStream(), duplex: 'half' }).then(codeOf)
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(Array(3).fill(problem(status, code)))
  })
  test.each(refusals)(
    'a client that reads nothing until it has written all: %s',
    async (_, path, headers, status, code) => {
      const { hostname, port } = new URL(origin)
      const socket = connect(Number(port), hostname).pause()
      const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
      const write = (data: string | Buffer) =>
        new Promise<void>((resolve, reject) => void socket.write(data, (e) => (e ? reject(e) : resolve())))
      await write(
        `POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${head.join('')}content-length: ${length}\r\n\r\n`,
      )
      for (let n = 0; n < megabytes; n += 1) await write(megabyte)
      let text = ''
      for await (const chunk of socket.resume()) text += String(chunk)
      expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*"code":"${code}"`))
    },
  )
  const hasCurl = spawnSync('curl', ['--version']).status === 0
  const framings = ['content-length', 'transfer-encoding: chunked']
  test.skipIf(!hasCurl).for(framings)('curl (where it is installed) with %s', async (framing) => {
    const args = ['-sS', '-X', 'POST', '--data-binary', '@-', '-w', ' %{http_code}', `${origin}/runs`]
    for (const [name, value] of Object.entries(good)) args.push('-H', `${name}: ${value}`)
    if (framing.includes('chunked')) args.push('-H', framing)
    const curl = promisify(execFile)('curl', args)
    curl.child.stdin?.end(Buffer.alloc(length, 'x'))
    const { stdout, stderr } = await curl
    expect(stderr).toBe('')
    expect(stdout).toMatch(/"code":"BODY_TOO_LARGE".* 413$/)
  })
  test('fetch that asks too often', async () => {
    const ask = () =>
      fetch(`${limited.fastify.listeningOrigin}/runs`, { method: 'POST', headers: good, body: 'x'.repeat(length) })
    const answers = [await ask(), await ask()]
    expect(await Promise.all(answers.map(codeOf))).toEqual([
      problem(413, 'BODY_TOO_LARGE'),
      problem(429, 'RATE_LIMITED'),
    ])
  })
})

describe('the connection', () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  afterAll(() => agent.destroy())
  const post = async (headers: object, body: string) => {
    const asked = httpRequest(`${origin}/runs`, { method: 'POST', agent, headers: { ...good, ...headers } })
    asked.end(body)
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    const port = asked.socket?.localPort
    await once(answer.resume(), 'end')
    return { status: answer.statusCode, port }
  }
  test('of a refused body that ended serves the next request', async () => {
    const large = await post({}, 'x'.repeat(length))
    expect(large).toMatchObject({ status: 413, port: expect.any(Number) })
    expect(await post({}, '{')).toEqual({ ...large, status: 400 })
    expect(await post({ authorization: 'Bearer x' }, 'x'.repeat(length))).toEqual({ ...large, status: 401 })
    expect(await post({ 'content-type': 'text/plain' }, 'x')).toEqual({ ...large, status: 415 })
  })
  test('of a body that announces more than is read is answered at once and closed', async () => {
    const socket = connect(Number(new URL(origin).port), '127.0.0.1')
    const head = Object.entries(good).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`POST /runs HTTP/1.1\r\nhost: x\r\n${head.join('')}content-length: 40000000\r\n\r\n`)
    let text = ''
    for await (const chunk of socket) text += String(chunk)
    expect(text).toMatch(/^HTTP\/1\.1 413 [^]*connection: close\r\n[^]*BODY_TOO_LARGE/i)
  })
})

describe('what is left of a body', () => {
  /** Drains the body of a request whose raw text is `sent`; `gone`: whose client then leaves. */
  const drain = async (sent: string, { bytesMax = 1_000, waitMs = 60_000, gone = false }): Promise<boolean> => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo // of a server on TCP
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    try {
      socket.write(sent)
      const [request] = (await once(server, 'request')) as [IncomingMessage]
      const drained = drainBody(request, { bytesMax, waitMs })
      if (gone) socket.destroy()
      return await drained
    } finally {
      socket.destroy()
      server.close()
    }
  }
  const head = 'POST / HTTP/1.1\r\nhost: x\r\n'
  test.each([
    ['nothing', `GET / HTTP/1.1\r\nhost: x\r\n\r\n`, {}, true],
    ['a few bytes', `${head}content-length: 3\r\n\r\nabc`, {}, true],
    ['chunks', `${head}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`, {}, true],
    ['chunks beyond the bound', `${head}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n`, { bytesMax: 2 }, false],
    ['a length beyond the bound', `${head}content-length: 1001\r\n\r\n`, {}, false],
    ['bytes that never come', `${head}content-length: 3\r\n\r\nab`, { waitMs: 20 }, false],
    ['bytes of a client that left', `${head}content-length: 3\r\n\r\nab`, { gone: true }, true],
  ])('is waited for within bounds: %s', async (_, sent, given, whole) => {
    expect(await drain(sent, given)).toBe(whole)
  })
})
