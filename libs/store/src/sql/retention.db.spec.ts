import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase, aRing, type TestDatabase } from '../../../../tools/test-database.js'
import { openStore, type Store } from '../open-store.js'
import { aSubmission } from '../testing.js'
import { purgeCheckpoints } from './retention.js'
import { submitRuns } from './submit-runs.js'

let database: TestDatabase
let owner: Store
let engine: Store

beforeAll(async () => {
  database = await aDatabase()
  owner = openStore({ sealing: aRing, url: database.ownerUrl, max: 1, applicationName: 'spec-owner' })
  engine = openStore({ sealing: aRing, url: database.engineUrl, max: 2, applicationName: 'spec-engine' })
})
afterAll(async () => {
  await Promise.all([owner.close(), engine.close()])
  await database.drop()
})

/** A run with three checkpoints that ended so many days ago, or goes on. */
const aRun = async (status: string, daysAgo: number | null): Promise<string> => {
  const submission = aSubmission({})
  await submitRuns(owner.pool, [submission])
  await owner.pool.query(`update run set status = $2, finished_at = now() - make_interval(days => $3) where id = $1`, [
    submission.runId,
    status,
    daysAgo,
  ])
  await owner.pool.query(
    `insert into checkpoint (run_id, number, label, position, created_at)
     select $1, n, 'c' || n, n, now() - interval '90 days' from generate_series(1, 3) n`,
    [submission.runId],
  )
  return submission.runId
}

test('checkpoints go when their run ended long enough ago; the newest of one that may go on stays', async () => {
  const runs = {
    completed: await aRun('completed', 8),
    cancelled: await aRun('cancelled', 8),
    recent: await aRun('completed', 6),
    failed: await aRun('failed', 8),
    running: await aRun('running', null),
    parked: await aRun('parked', null),
  }
  expect(await purgeCheckpoints(engine.pool, { days: 7, runs: 1 })).toBe(3)
  expect(await purgeCheckpoints(engine.pool, { days: 7, runs: 100 })).toBe(5)
  expect(await purgeCheckpoints(engine.pool, { days: 7, runs: 100 })).toBe(0)
  const { rows } = await owner.pool.query<{ run_id: string; numbers: number[] }>(
    'select run_id, array_agg(number order by number) as numbers from checkpoint group by run_id',
  )
  const left = Object.fromEntries(rows.map(({ run_id, numbers }) => [run_id, numbers]))
  expect(Object.fromEntries(Object.entries(runs).map(([name, id]) => [name, left[id] ?? []]))).toEqual({
    completed: [],
    cancelled: [],
    recent: [1, 2, 3],
    failed: [3],
    running: [1, 2, 3],
    parked: [1, 2, 3],
  })
})
