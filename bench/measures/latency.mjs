/** How long one run takes: alone, and while others arrive at a steady rate. */
import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../figures.mjs'

const figuresOf = (/** @type {number[]} */ times) => ({
  'p50 ms': quantile(times, 0.5),
  'p90 ms': quantile(times, 0.9),
  'p99 ms': quantile(times, 0.99),
})

/** One at a time. @param {import('../bench.mjs').Measuring} measuring */
export const measureLatency = async ({ client, single }) =>
  figuresOf((await client.many(single, 1, client.bench)).times)

/** Twenty a second whatever becomes of them: a system that falls behind shows it. @param {import('../bench.mjs').Measuring} measuring */
export const measureOpenLoop = async ({ client, runs }) => {
  const perSecond = 20
  const count = Math.min(300, runs)
  const from = performance.now()
  /** @type {Promise<number>[]} */
  const going = []
  for (let n = 0; n < count; n += 1) {
    await sleep(Math.max(0, from + (n * 1000) / perSecond - performance.now()))
    going.push(client.bench(n))
  }
  return figuresOf(await Promise.all(going))
}
