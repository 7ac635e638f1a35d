import { afterAll, beforeAll, expect, test } from 'vitest'
import { v7 } from 'uuid'
import { aDatabase, aRing, type TestDatabase } from '../../../../tools/test-database.js'
import { openStore, type Store } from '../open-store.js'
import { anApplied, aSubmission } from '../testing.js'
import { asTenant, inTransaction } from '../transaction.js'
import type { NewDeadLetter } from './applied-run.js'
import {
  countDeadLetters,
  discardDeadLetters,
  listDeadLetters,
  listUnmirrored,
  markMirrored,
  replayDeadLetters,
} from './dead-letters.js'
import { readClaimedRuns, readEvents } from './read-claimed.js'
import { saveApplied } from './save-applied.js'
import { submitRuns } from './submit-runs.js'

let database: TestDatabase
let gateway: Store
let engine: Store

beforeAll(async () => {
  database = await aDatabase()
  gateway = openStore({ sealing: aRing, url: database.gatewayUrl, max: 6, applicationName: 'spec-gateway' })
  engine = openStore({ sealing: aRing, url: database.engineUrl, max: 4, applicationName: 'spec-engine' })
})
afterAll(async () => {
  await Promise.all([gateway.close(), engine.close()])
  await database.drop()
})

const aDeadLetter = (given: Partial<NewDeadLetter> = {}): NewDeadLetter => ({
  id: v7(),
  queue: 'agent.kyc',
  agent: 'kyc',
  step: 'kyc',
  visit: 1,
  dispatch: 1,
  code: 'REGISTRY_GONE',
  message: 'REGISTRY_GONE',
  stack: null,
  attempts: 3,
  inputRef: 'ref',
  ...given,
})
const bury = async (tenant: string, letters: readonly NewDeadLetter[], workflow = 'bench-desk') => {
  const submission = aSubmission({ tenant, workflow })
  await submitRuns(engine.pool, [submission])
  await inTransaction(engine.pool, async (tx) => {
    const runs = await readClaimedRuns(tx, [submission.runId])
    await saveApplied(
      tx,
      runs.map((run) => anApplied(run, { deadLetters: letters })),
    )
  })
  return submission.runId
}

test('dead letters are found by what they are about, and only by their tenant', async () => {
  const kyc = aDeadLetter()
  const fraud = aDeadLetter({ queue: 'agent.fraud', code: 'TIMED_OUT', dispatch: 2 })
  const runId = await bury('finder', [kyc, fraud])
  const other = aDeadLetter()
  await bury('finder', [other], 'credit-desk')
  const find = async (filter: Parameters<typeof countDeadLetters>[1], tenant = 'finder') =>
    asTenant(gateway.pool, tenant, async (tx) => {
      const rows = await listDeadLetters(tx, { ...filter, status: 'open', limit: 10 })
      expect(await countDeadLetters(tx, filter)).toBe(rows.length)
      return rows.map(({ id }) => id)
    })
  expect(await find({})).toEqual([other.id, fraud.id, kyc.id])
  expect(await find({ queue: 'agent.fraud' })).toEqual([fraud.id])
  expect(await find({ code: 'REGISTRY_GONE', workflow: 'bench-desk' })).toEqual([kyc.id])
  expect(await find({ ids: [kyc.id] })).toEqual([kyc.id])
  const [row] = await asTenant(gateway.pool, 'finder', (tx) =>
    listDeadLetters(tx, { ids: [fraud.id], status: null, limit: 1 }),
  )
  const at = row?.createdAt ?? new Date(0)
  expect(row).toMatchObject({ runId, workflow: 'bench-desk', traceId: expect.stringMatching(/^[0-9a-f]{32}$/) })
  expect(await find({ before: new Date(at.getTime() - 60_000) })).toEqual([])
  expect(await find({ after: new Date(at.getTime() - 60_000), queue: `' or ''='` })).toEqual([])
  expect(await find({ ids: [kyc.id] }, 'stranger')).toEqual([])
})

test('however many replay at once, each dead letter reaches its run once', async () => {
  const letters = [1, 2, 3].map((dispatch) => aDeadLetter({ dispatch }))
  const runId = await bury('replayer', letters)
  const order = { filter: { queue: 'agent.kyc' }, by: 'op', limit: 100 }
  const replay = () => asTenant(gateway.pool, 'replayer', (tx) => replayDeadLetters(tx, order))
  const results = await Promise.all([replay(), replay(), replay(), replay()])
  expect(results.reduce((sum, { done }) => sum + done, 0)).toBe(3)
  const events = await inTransaction(engine.pool, (tx) => readEvents(tx, [runId], { eventsMax: 9, bytesMax: 1e6 }))
  expect(events.events.map(({ event }) => event)).toEqual(
    [1, 2, 3].map((dispatch) => ({
      type: 'DeadLetterReplayed',
      step: 'kyc',
      dispatch,
      by: 'op',
      at: expect.any(Number),
    })),
  )
})

test('a foreign tenant replays and discards nothing', async () => {
  const letter = aDeadLetter()
  await bury('victim', [letter])
  const order = { filter: { ids: [letter.id] }, by: 'op', limit: 100 }
  expect(await asTenant(gateway.pool, 'thief', (tx) => replayDeadLetters(tx, order))).toEqual({ done: 0, runIds: [] })
  expect(await asTenant(gateway.pool, 'thief', (tx) => discardDeadLetters(tx, order))).toEqual({ done: 0, runIds: [] })
  expect((await asTenant(gateway.pool, 'victim', (tx) => discardDeadLetters(tx, order))).done).toBe(1)
  expect((await asTenant(gateway.pool, 'victim', (tx) => replayDeadLetters(tx, order))).done).toBe(0)
})

test('dead letters wait for the mirror, oldest first, until they are marked', async () => {
  const waiting = await listUnmirrored(engine.pool, 99)
  expect(waiting.length).toBeGreaterThan(0)
  expect(waiting.map(({ id }) => id)).toEqual(waiting.map(({ id }) => id).toSorted())
  await markMirrored(
    engine.pool,
    waiting.map(({ id }) => id),
  )
  expect(await listUnmirrored(engine.pool, 99)).toEqual([])
})
