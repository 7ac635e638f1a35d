import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { withClient } from '../../../../tools/fleet/database.mjs'
import { aDatabase, aRing, type TestDatabase } from '../../../../tools/test-database.js'
import { openStore, type Store } from '../open-store.js'
import { anApplied, aSubmission } from '../testing.js'
import { inTransaction } from '../transaction.js'
import { blameDeadOrchestrators, clearClaim, holdName, markClaim } from './claim-marker.js'
import { claimRuns, claimSuspect } from './claim-runs.js'
import { insertInbox } from './insert-inbox.js'
import { listParked } from './parking.js'
import { readClaimedRuns } from './read-claimed.js'
import { saveApplied } from './save-applied.js'
import { submitRuns } from './submit-runs.js'

let database: TestDatabase
let owner: Store
let engine: Store

beforeAll(async () => {
  database = await aDatabase()
  owner = openStore({ sealing: aRing, url: database.ownerUrl, max: 2, applicationName: 'spec-owner' })
  engine = openStore({ sealing: aRing, url: database.engineUrl, max: 4, applicationName: 'spec-engine' })
})
afterAll(async () => {
  await Promise.all([owner.close(), engine.close()])
  await database.drop()
})
beforeEach(async () => {
  await owner.pool.query('truncate run, claim cascade')
})

const tryHold = (name: string) => holdName({ url: database.engineUrl, applicationName: name }, name)
const hold = async (name: string) => {
  const held = await tryHold(name)
  if (held === null) throw new Error(`${name} is taken`)
  return held
}
/** As a process that was killed: its session ends with its marker standing. */
const die = async (name: string, runs: Parameters<typeof markClaim>[2]) => {
  const held = await hold(name)
  await markClaim(held.client, name, runs)
  await held.release()
}
const submitMany = async (count: number) => {
  const submissions = Array.from({ length: count }, () => aSubmission())
  await submitRuns(engine.pool, submissions)
  return submissions.map(({ runId }) => runId)
}

test('M2: a live orchestrator is not blamed, a dead one is, once', async () => {
  const [runId = ''] = await submitMany(1)
  const held = await hold('o1')
  await markClaim(held.client, 'o1', [{ runId, position: 0 }])
  expect(await blameDeadOrchestrators(engine.pool, 'o2')).toEqual([])
  await held.release()
  expect(await blameDeadOrchestrators(engine.pool, 'o2')).toEqual([{ orchestrator: 'o1', runId, parked: false }])
  expect(await blameDeadOrchestrators(engine.pool, 'o2')).toEqual([])
})

test('M3: a run that was saved before the death is not blamed', async () => {
  const [saved = '', open = ''] = await submitMany(2)
  await inTransaction(engine.pool, async (tx) => {
    const [run] = await readClaimedRuns(tx, [saved])
    if (run !== undefined) await saveApplied(tx, [anApplied(run, { position: 1 })])
  })
  await die(
    'o1',
    [saved, open].map((runId) => ({ runId, position: 0 })),
  )
  expect((await blameDeadOrchestrators(engine.pool, 'o2')).map(({ runId }) => runId)).toEqual([open])
})

test('a run that brings three down is claimed alone and then parked with its events, and the others go on', async () => {
  const [killer = '', victim = ''] = await submitMany(2)
  await insertInbox(engine.pool, [
    { runId: killer, event: { type: 'CancelRequested', by: 'x', reason: null }, dedupKey: null, traceparent: null },
  ])
  await die(
    'o1',
    [killer, victim].map((runId) => ({ runId, position: 0 })),
  )
  expect(await blameDeadOrchestrators(engine.pool, 'o9')).toHaveLength(2)
  const limits = { going: [], runsMax: 9, admissionsMax: 9, inFlightMax: 9, withDeadlines: true }
  expect(await inTransaction(engine.pool, (tx) => claimRuns(tx, limits))).toMatchObject({ going: [], admitted: [] })
  await inTransaction(engine.pool, async (tx) => {
    const runs = await readClaimedRuns(tx, [victim])
    await saveApplied(
      tx,
      runs.map((run) => anApplied(run, { position: 1 })),
    )
  })
  for (const [name, parked] of [
    ['o2', false],
    ['o3', true],
  ] as const) {
    expect(await inTransaction(engine.pool, (tx) => claimSuspect(tx))).toBe(killer)
    await die(name, [{ runId: killer, position: 0 }])
    expect(await blameDeadOrchestrators(engine.pool, 'o9')).toEqual([{ orchestrator: name, runId: killer, parked }])
  }
  expect(await inTransaction(engine.pool, (tx) => claimSuspect(tx))).toBeNull()
  expect(await listParked(engine.pool, 9)).toMatchObject([{ runId: killer, reason: 'CRASHED' }])
  expect((await engine.pool.query('select from inbox where not held')).rowCount).toBe(0)
})

test('a name is held by one session, which is told when it is lost', async () => {
  const held = await hold('o1')
  expect(await tryHold('o1')).toBeNull()
  await clearClaim(held.client, 'o1')
  await withClient(database.superuserUrl, (client) =>
    client.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'o1'`),
  )
  expect(await held.lost).toBeInstanceOf(Error)
  await (await hold('o1')).release()
})
