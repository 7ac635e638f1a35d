import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'

const module = path.resolve(import.meta.dirname, 'end-when-blocked.ts')
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** A process that is watched, and does `then` when it is told something; it tells of every message that it understood. */
const start = async (blockedMs: number, then: string) => {
  const program = `
    import { endWhenBlocked } from ${JSON.stringify(module)}
    const stop = endWhenBlocked(${blockedMs})
    process.on('message', async () => { ${then}; process.send('heard') })
    process.send('ready')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  children.push(child)
  let said = ''
  child.stderr?.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const ended = once(child, 'exit')
  expect((await once(child, 'message'))[0]).toBe('ready')
  return { child, ended, said: () => said }
}

test('a process in an endless loop ends, and says why', async () => {
  const { child, ended, said } = await start(300, 'for (;;);')
  child.send('go')
  expect(await ended).toEqual([null, 'SIGKILL'])
  expect(JSON.parse(said().trim().split('\n').at(-1) ?? '')).toMatchObject({
    code: 'EVENT_LOOP_BLOCKED',
    blockedMs: 300,
  })
})

test('a process that was stopped as a whole goes on', async () => {
  const { child } = await start(1_000, '')
  child.kill('SIGSTOP')
  // Another process that is blocked for as long shows that the time was up.
  const other = await start(1_000, 'for (;;);')
  other.child.send('go')
  await other.ended
  child.kill('SIGCONT')
  child.send('still there?')
  expect((await once(child, 'message'))[0]).toBe('heard')
})

test('a watch that was ended ends nothing, and 0 watches nothing', async () => {
  for (const [blockedMs, before] of [
    [100, 'await stop();'],
    [0, ''],
  ] as const) {
    const { child } = await start(blockedMs, `${before} const until = Date.now() + 500; while (Date.now() < until);`)
    child.send('go')
    expect((await once(child, 'message'))[0]).toBe('heard')
  }
})
