import { expect, test } from 'vitest'
import { watchEventLoop } from './watch-event-loop.js'

const turn = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('a blocked loop shows, and reading starts a new interval', async () => {
  const watch = watchEventLoop(5)
  await turn(20)
  const until = performance.now() + 120
  while (performance.now() < until);
  await turn(20)
  expect(watch.read().maxMs).toBeGreaterThan(80)
  expect(watch.read()).toEqual({ meanMs: 0, p99Ms: 0, maxMs: 0 })
  watch.stop()
})
