import { EventEmitter, once } from 'node:events'
import { expect, test } from 'vitest'
import { installShutdown, type ShutdownPhase } from './install-shutdown.js'

const aHost = () => {
  const events = new EventEmitter()
  const exits: number[] = []
  const exited = once(events, 'exited')
  const process = {
    on: (signal: string, listener: () => void) => events.on(signal, listener),
    exit: (code: number) => {
      exits.push(code)
      events.emit('exited')
    },
  }
  return { process, exits, exited, kill: (signal: string) => events.emit(signal) }
}

const phase = (name: string, told: string[], run: () => Promise<unknown> = async () => {}): ShutdownPhase => ({
  name,
  run: async () => {
    told.push(name)
    await run()
  },
})

test('runs the phases in order and exits 0', async () => {
  const host = aHost()
  const told: string[] = []
  const { signal } = installShutdown({ phases: [phase('intake', told), phase('pool', told)], process: host.process })
  host.kill('SIGTERM')
  await host.exited
  expect({ told, exits: host.exits, aborted: signal.aborted }).toEqual({
    told: ['intake', 'pool'],
    exits: [0],
    aborted: true,
  })
})

test('a phase that fails is told and does not keep the next from running', async () => {
  const host = aHost()
  const told: string[] = []
  const phases = [phase('intake', told, () => Promise.reject(new Error('no'))), phase('pool', told)]
  installShutdown({ phases, process: host.process, onPhaseFailed: (name) => told.push(`failed ${name}`) })
  host.kill('SIGINT')
  await host.exited
  expect({ told, exits: host.exits }).toEqual({ told: ['intake', 'failed intake', 'pool'], exits: [1] })
})

test('a phase that hangs ends at the bound', async () => {
  const host = aHost()
  const told: string[] = []
  const phases = [phase('intake', told, () => new Promise(() => {})), phase('pool', told)]
  installShutdown({ phases, timeoutMs: 20, process: host.process })
  host.kill('SIGTERM')
  await host.exited
  expect({ told, exits: host.exits }).toEqual({ told: ['intake'], exits: [1] })
})

test('a second signal exits at once', () => {
  const host = aHost()
  installShutdown({ phases: [phase('hang', [], () => new Promise(() => {}))], process: host.process })
  host.kill('SIGTERM')
  host.kill('SIGINT')
  expect(host.exits).toEqual([1])
})
