import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { tellStart } from './tell-start.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const aTelling = (atOnce = false, send = vi.fn<() => Promise<void>>(() => Promise.resolve())) => {
  const onUntold = vi.fn<() => void>()
  return { send, onUntold, start: tellStart(send, { atOnce, onUntold }) }
}

test('a start is told after a while, once', async () => {
  const { send, start } = aTelling()
  start.begin()
  expect(send).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(10)
  start.tell()
  await start.told()
  expect(send).toHaveBeenCalledOnce()
  expect(start.end()).toBeUndefined()
})

test('it is told at once where it shall be, or where something else is said', () => {
  const shall = aTelling(true)
  shall.start.begin()
  const said = aTelling()
  said.start.begin()
  said.start.tell()
  expect([shall.send, said.send].map(({ mock }) => mock.calls.length)).toEqual([1, 1])
})

test('a last word that is sooner tells it, and nothing after it does', async () => {
  const { send, start } = aTelling()
  start.begin()
  vi.advanceTimersByTime(4)
  expect(start.end()).toBe(4)
  start.tell()
  vi.runAllTimers()
  await start.told()
  expect(send).not.toHaveBeenCalled()
  expect(start.end()).toBeUndefined()
})

test('what never began is not told of', () => {
  const { send, start } = aTelling()
  start.tell()
  expect(start.end()).toBeUndefined()
  expect(send).not.toHaveBeenCalled()
})

test('a start that cannot be told is heard of', async () => {
  const { onUntold, start } = aTelling(
    true,
    vi.fn<() => Promise<void>>(() => Promise.reject(new Error('away'))),
  )
  start.begin()
  await expect(start.told()).rejects.toThrow('away')
  expect(onUntold).toHaveBeenCalledOnce()
})
