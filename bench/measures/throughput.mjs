/** Runs per second with many in flight, and what a run costs. */
import { cpuPer } from '../processes.mjs'
import { countedPer, countersOf } from '../fleet.mjs'
import { quantile } from '../figures.mjs'

/** @param {import('../bench.mjs').Measuring} measuring */
export const measureThroughput = async ({ fleet, client, runs, inFlight }) => {
  const counted = await countersOf(fleet)
  const before = fleet.usage()
  const { seconds, times } = await client.many(runs, inFlight, client.bench)
  const after = fleet.usage()
  const cpu = cpuPer(before, after, runs)
  const memory = Object.values(after).reduce((sum, { rssMiB }) => sum + rssMiB, 0)
  return {
    'runs/s': runs / seconds,
    'p50 ms': quantile(times, 0.5),
    'p99 ms': quantile(times, 0.99),
    'CPU ms/run': cpu.all,
    ...Object.fromEntries(Object.entries(cpu.by).map(([kind, ms]) => [`CPU ${kind}`, ms])),
    ...countedPer(counted, await countersOf(fleet), runs),
    'memory MiB': memory,
  }
}
