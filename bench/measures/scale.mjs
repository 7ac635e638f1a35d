/**
 * Throughput by number of processes: agents with 50 ms of work each, which wait and do not compute, so that a small machine
 * can carry eight; then a second orchestrator and a second gateway, which share the cores of the first.
 */
import { makeClient } from '../client.mjs'
import { startFleet } from '../fleet.mjs'
import { holdWorkflow } from '../hold-workflow.mjs'
import { startMore } from '../more-services.mjs'

const holdMs = 50

const definition = holdWorkflow('bench-hold', holdMs)

/** One job at a time in each process: 20 a second at best, and eight processes still fit on two cores. */
const oneAtATime = { AGENT_BENCH_BOOK_CONCURRENCY: '1' }

/** @param {import('../bench.mjs').Measuring} measuring */
const measureAgents = async ({ processes }) => {
  const fleet = await startFleet(oneAtATime)
  try {
    const client = await makeClient(fleet)
    await client.call('PUT', '/workflows/bench-hold/versions/1', definition)
    /** @type {Record<string, number>} */
    const row = {}
    let last = Number.NaN
    for (let count = 1; count <= processes; count *= 2) {
      fleet.scale(`bench=${count}`)
      const one = (/** @type {number} */ n) => client.run('bench-hold', { booking: `seat-${count}-${n}` })
      await client.many(count * 10, count * 8, one) // warm
      const runs = count * 100
      const perSecond = runs / (await client.many(runs, count * 8, one)).seconds
      row[`agents ${count}: runs/s`] = perSecond
      row[`agents ${count}: of ${1000 / holdMs} each`] = perSecond / (count * (1000 / holdMs))
      if (count > 1) row[`agents ${count}: times`] = perSecond / last
      last = perSecond
    }
    client.close()
    return row
  } finally {
    await fleet.stop()
  }
}

/**
 * Throughput with one and with two of a service, in turn: the machine's other work falls on both alike.
 * @param {import('../bench.mjs').Measuring} measuring @param {'orchestrator' | 'gateway'} name
 */
const measureTwo = async ({ fleet, client, runs, inFlight }, name) => {
  const perSecond = async () => runs / (await client.many(runs, inFlight, client.bench)).seconds
  const sums = { one: 0, two: 0 }
  const turns = 3
  for (let turn = 0; turn < turns; turn += 1) {
    sums.one += await perSecond()
    const more = await startMore(fleet, name)
    if (name === 'gateway') client.alsoAt(more.url)
    try {
      await client.many(Math.ceil(runs / 4), inFlight, client.bench) // warm
      sums.two += await perSecond()
    } finally {
      if (name === 'gateway') client.onlyAtFirst()
      await more.stop()
    }
  }
  return {
    [`${name}s 1: runs/s`]: sums.one / turns,
    [`${name}s 2: runs/s`]: sums.two / turns,
    [`${name}s 2: times`]: sums.two / sums.one,
  }
}

/** @param {import('../bench.mjs').Measuring} measuring */
export const measureScale = async (measuring) => ({
  ...(await measureTwo(measuring, 'orchestrator')),
  ...(await measureTwo(measuring, 'gateway')),
  ...(await measureAgents(measuring)),
})
