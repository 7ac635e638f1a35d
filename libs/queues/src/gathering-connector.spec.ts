import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { Writable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { gatherWrites } from './gathering-connector.js'

const aSocket = (): { socket: Socket; sent: string[] } => {
  const sent: string[] = []
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      sent.push(chunk)
      done()
    },
    writev: (chunks: readonly { readonly chunk: string }[], done) => {
      sent.push(chunks.map(({ chunk }) => chunk).join('|'))
      done()
    },
  })
  return { socket: gatherWrites(stream as unknown as Socket), sent } // a socket as far as writing goes
}

test('what one event writes leaves at once, and in order', async () => {
  const { socket, sent } = aSocket()
  socket.write('a')
  void Promise.resolve().then(() => socket.write('b'))
  await turn()
  socket.write('c')
  expect(sent).toEqual(['a|b'])
  await turn()
  expect(sent).toEqual(['a|b', 'c'])
})

test('what is written before the end is sent before it', async () => {
  const received: string[] = []
  const server = createServer((peer) => {
    peer.setEncoding('utf8')
    peer.on('data', (text: string) => received.push(text))
  }).listen(0, '127.0.0.1')
  try {
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo // it listens on a port
    const socket = gatherWrites(connect(port, '127.0.0.1'))
    await new Promise((resolve) => socket.once('connect', resolve))
    socket.write('one ')
    socket.write('two')
    socket.end()
    await new Promise((resolve) => socket.once('close', resolve))
    expect(received.join('')).toBe('one two')
  } finally {
    server.close()
  }
})
