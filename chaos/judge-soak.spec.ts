import { expect, test } from 'vitest'
import { judgeSoak } from './judge-soak.mjs'

const mb = 1_048_576
/** A sample every ten seconds over so many minutes. */
const over = (minutes: number, source: string, values: (minute: number) => Record<string, number>) =>
  Array.from({ length: minutes * 6 }, (_, index) => ({
    at: new Date(index * 10_000).toISOString(),
    source,
    values: values(index / 6),
  }))

test('a process that warms up and then stays is flat', () => {
  const judged = judgeSoak(
    over(20, 'gateway-1:7', (minute) => ({ rssBytes: (90 + Math.min(minute, 4) * 20) * mb, fds: 40 + (minute % 2) })),
  )
  expect(judged.map(({ metric, flat }) => [metric, flat])).toEqual([
    ['rssBytes', true],
    ['fds', true],
  ])
})

test('what goes on growing is not', () => {
  const judged = judgeSoak([
    ...over(20, 'gateway-1:7', (minute) => ({ rssBytes: (100 + minute * 6) * mb, fds: 40 + minute * 2 })),
    ...over(20, 'postgres', (minute) => ({ connections: 10 + minute * 2, outboxLagMs: minute * 1_000 })),
    ...over(20, 'redis', (minute) => ({ redisKeys: minute * 1_000, redisBytes: minute * 10 * mb })),
  ])
  expect(judged).toHaveLength(6)
  expect(judged.filter(({ flat }) => flat)).toEqual([])
})

test('a process that a fault ended soon says nothing', () => {
  expect(judgeSoak(over(3, 'gateway-1:7', (minute) => ({ fds: minute * 100 })))).toEqual([])
})
