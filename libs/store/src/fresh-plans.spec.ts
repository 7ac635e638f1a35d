import { EventEmitter } from 'node:events'
import type { ClientBase, Pool } from 'pg'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { freshenPlans, withFreshPlans } from './fresh-plans.js'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

/** A connection of a pool, as far as plans go. */
const aConnection = (): ClientBase => {
  const pool = new EventEmitter()
  const client = new EventEmitter()
  freshenPlans(pool as unknown as Pool) // only its connections count
  pool.emit('connect', client)
  return client as unknown as ClientBase
}

test('plans are dropped when a connection is 1, 3 and 7 seconds old and so on, at last every minute', () => {
  const client = aConnection()
  const dropped: number[] = []
  for (let second = 0; second <= 300; second += 1) {
    if (withFreshPlans(client, 'begin') === 'discard plans; begin') dropped.push(second)
    vi.advanceTimersByTime(1_000)
  }
  expect(dropped).toEqual([1, 3, 7, 15, 31, 63, 123, 183, 243])
})

test('one that waits long drops its plans once, with its next transaction', () => {
  const client = aConnection()
  vi.advanceTimersByTime(600_000)
  expect([1, 2].map(() => withFreshPlans(client, 'begin'))).toEqual(['discard plans; begin', 'begin'])
})

test('a connection of no such pool begins as it is told', () => {
  const client = new EventEmitter() as unknown as ClientBase
  vi.advanceTimersByTime(600_000)
  expect(withFreshPlans(client, 'begin')).toBe('begin')
})
