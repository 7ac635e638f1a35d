/** The hot path on tables that have a past: plans stay on their indexes, and the cost per run is printed. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase, aRing, type TestDatabase } from '../../../../tools/test-database.js'
import { openStore, type Store } from '../open-store.js'
import { aState, anApplied, anOwedJob, aSubmission } from '../testing.js'
import { inTransaction } from '../transaction.js'
import { claimRuns } from './claim-runs.js'
import { readClaimedRuns, readEvents } from './read-claimed.js'
import { saveApplied } from './save-applied.js'
import { submitRuns } from './submit-runs.js'

let database: TestDatabase
let owner: Store
let engine: Store
const past = 40_000
const queued = 10_000

beforeAll(async () => {
  database = await aDatabase()
  owner = openStore({
    sealing: aRing,
    url: database.ownerUrl,
    max: 1,
    applicationName: 'spec-owner',
    statementTimeoutMs: 60_000,
  })
  engine = openStore({ sealing: aRing, url: database.engineUrl, max: 4, applicationName: 'spec-engine' })
  await owner.pool.query(`
    insert into run (id, tenant_id, workflow, version, definition_hash, order_key, input, state, submitted_by, trace_id, status)
    select gen_random_uuid(), 't' || n % 7, 'desk', 1, 'h', n, '{}', '{}', 'x', repeat('0', 32),
      case when n <= ${past} then 'completed' else 'created' end
    from generate_series(1, ${past + queued}) n`)
  await owner.pool.query('analyze run')
}, 60_000)
afterAll(async () => {
  await Promise.all([owner.close(), engine.close()])
  await database.drop()
})

const medianMs = async (rounds: number, work: () => Promise<unknown>) => {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const start = performance.now()
    await work()
    times.push(performance.now() - start)
  }
  return times.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN
}

test('C3: neither an idle claim nor one with news reads tables from end to end', async () => {
  const scans = async () => {
    await engine.pool.query('select pg_stat_force_next_flush()')
    const { rows } = await owner.pool.query<{ n: number }>(
      `select seq_scan::integer as n from pg_stat_user_tables where relname = 'run'`,
    )
    return rows[0]?.n
  }
  const limits = { runsMax: 50, inFlightMax: 500, withDeadlines: true }
  const { rows } = await engine.pool.query<{ id: string }>(`select id from run where status = 'created' limit 20`)
  const going = rows.map(({ id }) => id)
  const claim = (admissionsMax: number, ids: readonly string[]) =>
    inTransaction(engine.pool, (tx) => claimRuns(tx, { ...limits, admissionsMax, going: ids }))
  await claim(50, going)
  const before = await scans()
  const idleMs = await medianMs(21, () => claim(0, []))
  const busyMs = await medianMs(21, () => claim(50, going))
  expect(await scans()).toBe(before)
  await engine.pool.query('select count(*) from run where published = 99')
  expect(await scans()).toBe((before ?? 0) + 1) // so the counter counts
  process.stdout.write(
    `claim among ${past} finished, ${queued} queued: idle ${idleMs.toFixed(2)} ms, 70 runs ${busyMs.toFixed(2)} ms\n`,
  )
})

test('a tick of fifty runs is claimed, read and saved in four round trips', async () => {
  const batch = () =>
    Array.from({ length: 50 }, () => aSubmission({ tenant: 'fresh', input: { text: 'x'.repeat(1000) } }))
  const submitMs = await medianMs(11, () => submitRuns(engine.pool, batch()))
  const tickMs = await medianMs(11, () =>
    inTransaction(engine.pool, async (tx) => {
      const limits = { going: [], runsMax: 50, admissionsMax: 50, inFlightMax: 5000, withDeadlines: true }
      const { admitted } = await claimRuns(tx, limits)
      const runs = await readClaimedRuns(tx, admitted)
      await readEvents(tx, admitted, { eventsMax: 500, bytesMax: 4_000_000 })
      expect(runs).toHaveLength(50)
      await saveApplied(
        tx,
        runs.map((run) =>
          anApplied(run, {
            position: 1,
            state: aState(run.runId, { scopes: { '': { input: run.input, data: {} } } }),
            history: [
              {
                position: 1,
                at: 1_795_000_000_000,
                event: { type: 'RunStarted', at: 1, input: null },
                ignored: null,
                patch: {},
                published: [],
              },
            ],
            owed: [1, 2, 3].map((dispatch) => anOwedJob({ dispatch, queue: `agent.bench-${dispatch}` })),
          }),
        ),
      )
    }),
  )
  const { rows } = await engine.pool.query<{ fsync: string }>(`select current_setting('fsync') as fsync`)
  process.stdout.write(
    `fsync ${rows[0]?.fsync}: submit ${(submitMs / 50).toFixed(3)} ms a run, start with three debts ${(tickMs / 50).toFixed(3)} ms a run (batches of 50)\n`,
  )
})
