import net from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startExport } from './start-export.js'
import { shutdownTelemetry } from './tracing-state.js'
import { withSpan } from './with-span.js'

/** A collector that takes connections and requests and never answers. */
const silent = net.createServer((socket) => {
  open.add(socket)
  socket.resume().on('error', () => undefined)
})
const open = new Set<net.Socket>()
beforeAll(async () => {
  await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as net.AddressInfo // listens on TCP
  await startExport({ endpoint: `http://127.0.0.1:${port}`, toConsole: false, serviceName: 'spec' })
})
afterAll(() => {
  for (const socket of open) socket.destroy()
  silent.close()
})

/** Bytes in use after a collection. */
const heapUsed = (): number => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void // what the flag gives
  collect()
  return process.memoryUsage().heapUsed
}
const work = async (count: number): Promise<void> => {
  for (let done = 0; done < count; done += 100) {
    await turn()
    await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        withSpan(`step ${done + index}`, { attributes: { 'workflow.step': 'x'.repeat(200) } }, () => Promise.resolve()),
      ),
    )
  }
}

test('a collector that never answers holds up no work, and costs a bounded number of spans', async () => {
  await work(20_000) // the queue is full by now
  await expect.poll(() => open.size).toBeGreaterThan(0)
  const before = heapUsed()
  const startedAt = performance.now()
  await work(100_000)
  const tookMs = performance.now() - startedAt
  // Kept, they would be 100 MB and more.
  expect(heapUsed() - before).toBeLessThan(30_000_000)
  // 30 µs a span on a quiet machine; waiting for one answer would take longer than all of it.
  expect(tookMs).toBeLessThan(30_000)
})

test('a process ends in time though its spans cannot be sent', async () => {
  const startedAt = performance.now()
  await shutdownTelemetry()
  expect(performance.now() - startedAt).toBeLessThan(15_000)
})
