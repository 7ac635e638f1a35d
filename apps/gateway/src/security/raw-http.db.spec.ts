import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { openStore, type Store } from '@flotilla/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aDatabase, aRedis, type TestDatabase } from '../../../../tools/test-database.js'
import { keyOf } from '../testing/a-gateway.js'
import { aWorld, type World } from '../testing/a-world.js'
import { databaseImage } from '../testing/database-image.js'

let database: TestDatabase
let world: World
let seer: Store
const redis = aRedis()
beforeAll(async () => {
  database = await aDatabase()
  world = await aWorld(database, redis)
  seer = openStore({ sealing: 'open', url: database.superuserUrl, max: 1, applicationName: 'spec-seer' })
})
afterAll(async () => {
  await world.close()
  await seer.close()
  await database.drop()
})

/** Writes bytes as they are; resolves with everything that came until the server closed, or fell silent for 400 ms. */
const raw = (...parts: readonly (string | Buffer)[]): Promise<string> =>
  new Promise((resolve) => {
    let seen = ''
    const socket = connect(Number(new URL(world.origin).port), '127.0.0.1', () => {
      for (const part of parts) socket.write(part)
    })
    socket.setTimeout(400, () => socket.destroy())
    socket.on('data', (data) => void (seen += data.toString('latin1')))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(seen))
  })
const statusesOf = (text: string): number[] =>
  [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, code]) => Number(code))
const auth = `authorization: Bearer ${keyOf('both')}`
const json = 'content-type: application/json'
const body = '{"workflow":"gated","input":{"amount":1}}'

describe('requests that two programs could read differently', () => {
  const smuggled = `POST /runs HTTP/1.1\r\nhost: x\r\n${auth}\r\n${json}\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  test.each([
    ['length and chunks', `content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['chunks spelt otherwise', `transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['chunks twice', `transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n${smuggled}`],
    ['chunks behind a tab', `transfer-encoding:\tchunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n${smuggled}`],
    ['two lengths', `content-length: 0\r\ncontent-length: 44\r\n\r\n${smuggled}`],
    ['a length with a sign', `content-length: +0\r\n\r\n${smuggled}`],
    ['a length in hexadecimal', `content-length: 0x0\r\n\r\n${smuggled}`],
    ['a space before the colon', `content-length : 0\r\n\r\n${smuggled}`],
    ['a folded header', `x-a: b\r\n content-length: 5\r\n\r\n${smuggled}`],
    ['a bare carriage return', `x-a: b\rcontent-length: 9\r\n\r\n${smuggled}`],
    ['a NUL in a header', `x-a: b\u0000c\r\n\r\n${smuggled}`],
    ['a chunk with a wrong size', `transfer-encoding: chunked\r\n\r\nzz\r\n${smuggled}`],
    ['a huge chunk size', `transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n${smuggled}`],
  ])('with %s no run is submitted behind them', async (_, head) => {
    const before = await databaseImage(seer.pool)
    const answers = await raw(`POST /runs HTTP/1.1\r\nhost: x\r\n${json}\r\n${head}`)
    for (const status of statusesOf(answers)) expect(status).toBeGreaterThanOrEqual(400)
    for (const status of statusesOf(answers)) expect(status).toBeLessThan(500)
    expect(await databaseImage(seer.pool)).toEqual(before)
  })
})

describe('odd requests', () => {
  test.each([
    ['an absolute address', `GET http://evil.example/runs HTTP/1.1\r\nhost: x\r\n${auth}\r\n\r\n`],
    ['a host that is none', `GET /runs HTTP/1.1\r\nhost: a b\r\n${auth}\r\n\r\n`],
    ['no host', `GET /runs HTTP/1.1\r\n${auth}\r\n\r\n`],
    ['an old version', `GET /runs HTTP/0.9\r\n\r\n`],
    ['HTTP/2 in clear', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['CONNECT', `CONNECT 127.0.0.1:5432 HTTP/1.1\r\nhost: x\r\n${auth}\r\n\r\n`],
    ['an asterisk', `OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n`],
    ['a TLS greeting', Buffer.from('16030100a5010000a10303', 'hex')],
    ['an upgrade', `GET /events HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`],
    ['a thousand headers', `GET /runs HTTP/1.1\r\nhost: x\r\n${'a: b\r\n'.repeat(3_000)}\r\n`],
    ['a path of 60 KB', `GET /${'a'.repeat(60_000)} HTTP/1.1\r\nhost: x\r\n\r\n`],
    ['encoded line breaks', `GET /runs?tag=%0d%0aset-cookie:%20a=b HTTP/1.1\r\nhost: x\r\n${auth}\r\n\r\n`],
    [
      'line breaks in an event id',
      `GET /events?lastEventId=%0d%0aset-cookie:%20a HTTP/1.1\r\nhost: x\r\n${auth}\r\n\r\n`,
    ],
  ])('%s breaks nothing and splits no answer', async (_, request) => {
    const text = await raw(request)
    expect(text.toLowerCase()).not.toMatch(/^set-cookie:/m)
    for (const status of statusesOf(text)) expect([500, 501, 502, 504]).not.toContain(status)
    expect((await fetch(new URL('/livez', world.origin))).status).toBe(200)
  })
  test.each(['gzip', 'deflate', 'br', 'zstd', 'gzip, gzip'])(
    'a bomb of ten megabytes in %s is refused unopened',
    async (encoding) => {
      const bomb = gzipSync(Buffer.alloc(10_000_000, 0x20))
      const head = `POST /runs HTTP/1.1\r\nhost: x\r\n${auth}\r\n${json}\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${bomb.length}\r\n\r\n`
      const text = await raw(head, bomb)
      expect(statusesOf(text)).toEqual([415])
      expect(text).toContain('MEDIA_TYPE_UNSUPPORTED')
    },
  )
  test('two hundred slow beginnings keep nobody else out', async () => {
    const slow = Array.from({ length: 200 }, () =>
      connect(Number(new URL(world.origin).port), '127.0.0.1', function (this: { write: (text: string) => void }) {
        this.write('POST /runs HTTP/1.1\r\nhost: x\r\nx-')
      }).on('error', () => undefined),
    )
    expect((await world.ask('submitter', 'POST', '/runs', { workflow: 'gated', input: { amount: 1 } })).status).toBe(
      202,
    )
    for (const socket of slow) socket.destroy()
  })
})

describe('an answer', () => {
  test('carries the headers that keep browsers from doing more with it than they should', async () => {
    for (const path of ['/runs', '/nope', '/openapi.json', '/runs/x/graph.svg']) {
      const { headers } = await world.ask('both', 'GET', path)
      expect([path, headers.get('x-content-type-options'), headers.get('x-frame-options')]).toEqual([
        path,
        'nosniff',
        'SAMEORIGIN',
      ])
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      expect([headers.get('x-powered-by'), headers.get('server'), headers.get('access-control-allow-origin')]).toEqual([
        null,
        null,
        null,
      ])
    }
  })
  test('to a foreign origin’s preflight opens nothing', async () => {
    const answer = await fetch(new URL('/runs', world.origin), {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    expect(answer.status).toBe(405)
  })
})

test('none of it was an error of the gateway', () => {
  expect(world.errors).toEqual([])
})
