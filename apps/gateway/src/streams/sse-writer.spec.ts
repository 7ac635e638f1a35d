import { createServer, request, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { openSse, type SseOptions, type SseWriter } from './sse-writer.js'

let server: Server
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

/** A server with one stream, and the client's side of it, which takes nothing until it is asked to. */
const aStream = async (given: Partial<SseOptions> = {}) => {
  let writer: SseWriter | undefined
  server = createServer((_request, response) => {
    writer = openSse(response, { heartbeatMs: 60_000, stallMs: 60_000, ...given })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // listening on TCP
  const client = await new Promise<IncomingMessage>((resolve) => void request({ port }, resolve).end())
  if (!writer) throw new Error('no stream was opened')
  return { writer, client }
}
const event = (id: number, length = 10) => ({ id: String(id), data: JSON.stringify('x'.repeat(length)) })

test('a stream begins with retry and holds one data line per event', async () => {
  const { writer, client } = await aStream()
  await writer.write([event(1), event(2)])
  writer.end()
  let text = ''
  for await (const chunk of client) text += String(chunk)
  expect(text).toBe('retry: 2000\n\nid: 1\ndata: "xxxxxxxxxx"\n\nid: 2\ndata: "xxxxxxxxxx"\n\n')
  expect(client.headers['content-type']).toMatch(/^text\/event-stream/)
})
test('W1 a client that does not read holds the writer back, and lets it go on when it reads', async () => {
  const { writer, client } = await aStream()
  let written = 0
  const writing = (async () => {
    for (let n = 1; n <= 64; n += 1) {
      await writer.write([event(n, 262_144)])
      written = n
    }
    writer.end()
  })()
  client.pause()
  await new Promise((resolve) => setTimeout(resolve, 200)) // nothing happens: there is no event to wait for
  expect(written).toBeLessThan(64)
  client.resume()
  await writing
  expect(written).toBe(64)
})
test('W2 a client that takes nothing for the stall time is disconnected', async () => {
  const { writer, client } = await aStream({ stallMs: 50 })
  client.pause()
  for (let n = 1; n <= 64 && !writer.closed.aborted; n += 1) await writer.write([event(n, 262_144)])
  await expect.poll(() => writer.closed.aborted).toBe(true)
  client.on('error', () => undefined)
})
test('W3 a quiet stream carries comments', async () => {
  const { client } = await aStream({ heartbeatMs: 10 })
  let text = ''
  for await (const chunk of client) if ((text += String(chunk)).includes(': alive\n\n')) break
  expect(text).toContain(': alive\n\n')
})
test('a client that goes closes the writer', async () => {
  const { writer, client } = await aStream()
  client.destroy()
  await expect.poll(() => writer.closed.aborted).toBe(true)
  await writer.write([event(1)])
})
