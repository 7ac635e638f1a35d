import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { choosePort, freePort, holdPort, isFree, startOnPort } from './ports.mjs'

test('free ports differ even while nobody listens on them yet', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, freePort))
  expect(new Set(ports).size).toBe(20)
})

test('no outgoing connection of the machine is ever given a free port: a service finds its own again after a restart', async () => {
  for (const port of await Promise.all(Array.from({ length: 20 }, freePort))) {
    expect(port).toBeGreaterThan(1023)
    expect(port).toBeLessThan(32_768)
  }
})

test('a port that is given but no port, or taken, is wrong configuration; the usual one gives way', async () => {
  const port = await freePort()
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  try {
    expect(await isFree(port)).toBe(false)
    await expect(choosePort(`${port}`, 3000)).rejects.toMatchObject({
      exitCode: 78,
      message: `PORT=${port} is taken by another process`,
    })
    for (const given of ['abc', '0', '65536', '-1', '1.5']) {
      await expect(choosePort(given, 3000)).rejects.toMatchObject({ exitCode: 78 })
    }
    expect(await choosePort('', port)).not.toBe(port)
  } finally {
    server.close()
  }
})

test('a given port that is free is taken', async () => {
  const port = await freePort()
  expect(await choosePort(`${port}`, 3000)).toBe(port)
})

test('what starts on a port that somebody takes in the same moment starts on another', async () => {
  const usual = await freePort()
  const server = createServer()
  const tried: number[] = []
  try {
    const port = await startOnPort(usual, async (given) => {
      tried.push(given)
      if (tried.length > 1) return given
      await new Promise<void>((resolve) => server.listen(given, '127.0.0.1', resolve))
      throw new Error('taken')
    })
    expect(tried).toEqual([usual, port])
  } finally {
    server.close()
  }
  await expect(startOnPort(await freePort(), () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
})

test('who calls while nobody serves a held port is answered by whoever serves it next', async () => {
  const port = await freePort()
  const held = holdPort(port)
  if (held === null) throw new Error('no socket')
  const serve = `require('node:http').createServer((_, answer) => answer.end(String(process.pid)))
    .listen({ fd: 3 }, () => process.stdout.write('up'))`
  const start = async () => {
    const child = spawn(process.execPath, ['-e', serve], { stdio: ['ignore', 'pipe', 'inherit', held.fd] })
    if (child.stdout) await once(child.stdout, 'data')
    return child
  }
  const call = () => fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } }).then((one) => one.text())
  const first = await start()
  expect(await call()).toBe(`${first.pid}`)
  first.kill()
  await once(first, 'exit')
  const waiting = call()
  const second = await start()
  expect(await waiting).toBe(`${second.pid}`)
  second.kill()
  held.close()
})
