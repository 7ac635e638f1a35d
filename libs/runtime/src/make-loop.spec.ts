import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { makeLoop } from './make-loop.js'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

describe('makeLoop', () => {
  test('runs at once, then sweeps every idleMs', async () => {
    const run = vi.fn<() => Promise<'idle'>>(async () => 'idle')
    const loop = makeLoop({ name: 'x', run, idleMs: 1_000 })
    await turns(2)
    expect(run).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(999)
    expect(run).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(run).toHaveBeenCalledTimes(2)
    await loop.stop()
  })

  test('runs again without a pause while there is more, and lets the event loop turn in between', async () => {
    const outcomes = ['more', 'more', 'idle'] as const
    let calls = 0
    const run = vi.fn<() => Promise<'more' | 'idle'>>(async () => outcomes[calls++] ?? 'idle')
    const loop = makeLoop({ name: 'x', run, idleMs: 1_000 })
    await turns(6)
    expect(run).toHaveBeenCalledTimes(3)
    await loop.stop()
  })

  test('L1 L2 a wake-up during a run is followed by exactly one further run, never an overlapping one', async () => {
    let running = 0
    let most = 0
    let calls = 0
    let finish = (): void => {}
    const run = async () => {
      calls += 1
      running += 1
      most = Math.max(most, running)
      await new Promise<void>((resolve) => (finish = resolve))
      running -= 1
    }
    const loop = makeLoop({ name: 'x', run, idleMs: 1_000 })
    loop.nudge()
    loop.nudge()
    finish()
    await turns(2)
    expect({ calls, most }).toEqual({ calls: 2, most: 1 })
    finish()
    await turns(2)
    expect(calls).toBe(2)
    await loop.stop()
  })

  test('a subscription wakes it and ends with it', async () => {
    const listeners = new Set<() => void>()
    const run = vi.fn<() => Promise<'idle'>>(async () => 'idle')
    const wake = (nudge: () => void) => {
      listeners.add(nudge)
      return () => void listeners.delete(nudge)
    }
    const loop = makeLoop({ name: 'x', run, idleMs: 1e6, wake })
    await turns(2)
    for (const nudge of listeners) nudge()
    await turns(2)
    expect(run).toHaveBeenCalledTimes(2)
    await loop.stop()
    expect(listeners.size).toBe(0)
  })

  test('L3 pauses grow with jitter up to the limit, ignore wake-ups, and start anew after success', async () => {
    const pauses: number[] = []
    let healthy = false
    const loop = makeLoop({
      name: 'x',
      run: async () => {
        if (!healthy) throw new Error('away')
      },
      idleMs: 1,
      backoff: { firstMs: 100, mostMs: 300 },
      onError: (_error, { pauseMs }) => pauses.push(pauseMs),
      random: () => 0.5,
    })
    await turns(2)
    loop.nudge()
    await turns(2)
    expect(pauses).toEqual([75])
    await vi.advanceTimersByTimeAsync(75)
    await vi.advanceTimersByTimeAsync(150)
    expect(pauses).toEqual([75, 150, 225])
    expect(loop.failures()).toBe(3)
    healthy = true
    await vi.advanceTimersByTimeAsync(225)
    expect(loop.failures()).toBe(0)
    await loop.stop()
  })

  test('L4 stop aborts the run in progress and waits for it', async () => {
    let cleaned = false
    const loop = makeLoop({
      name: 'x',
      idleMs: 1e6,
      run: (signal) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () =>
            setImmediate(() => {
              cleaned = true
              reject(new Error('aborted'))
            }),
          ),
        ),
    })
    await turns(1)
    await loop.stop()
    expect(cleaned).toBe(true)
  })

  test('stops promptly out of an idle pause and out of a back-off, also by the outer signal', async () => {
    const outer = new AbortController()
    const idle = makeLoop({ name: 'x', run: async () => 'idle', idleMs: 1e6, signal: outer.signal })
    const failing = makeLoop({ name: 'y', run: () => Promise.reject(new Error('away')), idleMs: 1e6 })
    await turns(3)
    outer.abort()
    await Promise.all([idle.stop(), failing.stop()])
    expect(vi.getTimerCount()).toBe(0)
  })
})
