/** Throughput on an almost empty database and with many finished runs stored, in the same fleet. */
import { measureThroughput } from './throughput.mjs'

/** Copies finished runs of the benchmark with their histories, `count` in all. */
const copyRuns = `
with pattern as (
  select id from run where workflow = 'bench-desk' and status = 'completed' order by id desc limit 100
), copies as materialized (
  select p.id as old, uuidv7() as new from pattern p cross join generate_series(1, $1::integer / 100)
), run_copied as (
  insert into run select (jsonb_populate_record(r, jsonb_build_object('id', c.new))).* from copies c join run r on r.id = c.old
)
insert into history select (jsonb_populate_record(h, jsonb_build_object('run_id', c.new))).*
from copies c join history h on h.run_id = c.old`

/** @param {import('../bench.mjs').Measuring} measuring */
export const measureGrowth = async (measuring) => {
  const { fleet, stored } = measuring
  const empty = await measureThroughput(measuring)
  const step = 10_000
  for (let done = 0; done < stored; done += step) await fleet.database.query(copyRuns, [Math.min(step, stored - done)])
  await fleet.database.query('analyze run')
  await fleet.database.query('analyze history')
  await fleet.database.query('checkpoint')
  const full = await measureThroughput(measuring)
  return {
    'runs/s, empty': empty['runs/s'],
    [`runs/s, ${stored} stored`]: full['runs/s'],
    ratio: full['runs/s'] / empty['runs/s'],
    'CPU ms/run, empty': empty['CPU ms/run'],
    'CPU ms/run, stored': full['CPU ms/run'],
  }
}
