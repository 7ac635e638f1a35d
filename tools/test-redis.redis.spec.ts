import net from 'node:net'
import { expect, test } from 'vitest'
import { aRedis } from './test-database.js'

const exchange = (url: string, commands: string, lines: number): Promise<string[]> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const socket = net.connect(Number(port), hostname)
    let heard = ''
    socket.once('error', reject)
    socket.on('data', (bytes) => {
      heard += bytes.toString()
      const complete = heard.split('\r\n').slice(0, -1)
      if (complete.length < lines) return
      socket.destroy()
      resolve(complete)
    })
    socket.write(commands)
  })

test('Redis answers with the password, refuses without it, and never evicts', async () => {
  const { url } = aRedis()
  const { password } = new URL(url)
  expect(await exchange(url, 'PING\r\n', 1)).toEqual([expect.stringMatching(/^-NOAUTH/)])
  const answers = await exchange(url, `AUTH ${password}\r\nCONFIG GET maxmemory-policy\r\n`, 6)
  expect(answers).toEqual(['+OK', '*2', '$16', 'maxmemory-policy', '$10', 'noeviction'])
})

test('prefixes differ', () => {
  expect(aRedis().prefix).not.toBe(aRedis().prefix)
})
