/** Throughput with many finished runs stored, and with a long line of queued ones; what a claim costs among them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { claimRuns } from '@flotilla/store'
import { application } from '../client.mjs'
import { copyOf, copyRuns, settle, weightOf } from '../copied-runs.mjs'
import { median } from '../figures.mjs'
import { cpuPer } from '../processes.mjs'
import { measureThroughput } from './throughput.mjs'

/** @param {import('../bench.mjs').Measuring} measuring */
const measureStored = async (measuring) => {
  const { fleet, stored } = measuring
  const empty = await measureThroughput(measuring)
  const { rows } = await fleet.database.query(
    `select id from run where workflow = 'bench-desk' and status = 'completed' order by id desc limit 100`,
  )
  const weighed = await weightOf(fleet.database)
  await copyRuns(
    fleet.database,
    rows.map(({ id }) => id),
    stored,
  )
  await settle(fleet.database)
  const bytes = ((await weightOf(fleet.database)) - weighed) / stored
  const full = await measureThroughput(measuring)
  return {
    'runs/s, empty': empty['runs/s'],
    [`runs/s, ${stored} stored`]: full['runs/s'],
    'stored of empty': full['runs/s'] / empty['runs/s'],
    'CPU ms/run, empty': empty['CPU ms/run'],
    'CPU ms/run, stored': full['CPU ms/run'],
    'CPU postgres, empty': empty['CPU postgres'] ?? Number.NaN,
    'CPU postgres, stored': full['CPU postgres'] ?? Number.NaN,
    'KiB per stored run': bytes / 1024,
  }
}

const claimed = { going: [], runsMax: 200, admissionsMax: 100, inFlightMax: 2_000, withDeadlines: true }

/** Median time of a claim of a hundred runs, ms; it leaves them as they were. @param {import('pg').Client} database */
const timeOfClaim = async (database) => {
  const times = []
  for (let turn = 0; turn < 30; turn += 1) {
    await database.query('savepoint claim')
    const from = performance.now()
    await claimRuns(database, claimed)
    times.push(performance.now() - from)
    await database.query('rollback to savepoint claim')
  }
  return median(times)
}

/** Runs that no orchestrator has begun: submitted while all of them are stopped for a moment. @param {import('../bench.mjs').Measuring} measuring */
const submitStopped = async ({ fleet, client }) => {
  const pids = fleet.services.filter(({ name }) => name === 'orchestrator').map(({ pid }) => pid)
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  try {
    const ids = await Promise.all(Array.from({ length: 100 }, (_, n) => client.submit('bench-desk', application(n))))
    const { rows } = await fleet.database.query(
      `create temp table line as select * from run where id = any($1::uuid[]) and status = 'created'`,
      [ids],
    )
    return rows
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT')
  }
}

/**
 * The line grows in one transaction, so that no orchestrator works it off meanwhile, and claims are timed in the same one.
 * @param {import('../bench.mjs').Measuring} measuring
 */
const measureQueued = async (measuring) => {
  const { fleet, queued } = measuring
  const { database, redis } = fleet
  const memory = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]) / 1_048_576
  const finished = async () =>
    Number((await database.query(`select count(*) as runs from run where status = 'completed'`)).rows[0].runs)
  await submitStopped(measuring)
  /** @type {Record<string, number>} */
  const row = {}
  const redisBefore = await memory()
  // Their inputs are as from before columns were sealed: each copy gets a key of its own when it is begun.
  const copyLine = await copyOf(database, 'run', { idColumn: 'id', from: 'line', values: { input: '$2::jsonb' } })
  await database.query('begin')
  let inLine = 0
  for (const size of [1_000, 10_000, 100_000, 1_000_000].filter((one) => one <= queued)) {
    await database.query(
      `with copied as materialized (
         select l.id as old, uuidv7() as new from line l cross join generate_series(1, $1::integer / 100)
       ) ${copyLine}`,
      [size - inLine, JSON.stringify(application(0))],
    )
    inLine = size
    await database.query('analyze run')
    row[`claim of 100 among ${size} queued, ms`] = await timeOfClaim(database)
  }
  await database.query('commit')
  const seconds = 20
  await sleep(2_000)
  const [before, from, done] = [fleet.usage(), performance.now(), await finished()]
  await sleep(seconds * 1_000)
  const [after, to, more] = [fleet.usage(), performance.now(), await finished()]
  row[`runs/s out of a line of ${inLine}`] = ((more - done) * 1_000) / (to - from)
  row['CPU ms/run out of the line'] = cpuPer(before, after, more - done).all
  row['CPU postgres out of the line'] = cpuPer(before, after, more - done).by['postgres'] ?? Number.NaN
  row['Redis MiB before'] = redisBefore
  row['Redis MiB with the line'] = await memory()
  return row
}

/** @param {import('../bench.mjs').Measuring} measuring */
export const measureGrowth = async (measuring) => ({
  ...(measuring.stored > 0 ? await measureStored(measuring) : {}),
  ...(measuring.queued > 0 ? await measureQueued(measuring) : {}),
})
