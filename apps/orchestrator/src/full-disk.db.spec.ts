import { isPostgresAway } from '@flotilla/contracts'
import type { Json } from '@flotilla/engine'
import { inTransaction, openStore, readDefinitionsByHash, readRun, submitRuns, type Store } from '@flotilla/store'
import { benchDesk } from '@flotilla/workflows'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase, aRing, type TestDatabase } from '../../../tools/test-database.js'
import { makeDefinitions } from './definitions.js'
import { makeKnownStates } from './known-states.js'
import { restoreCheckpoint } from './restore-checkpoint.js'
import { seedShipped } from './seed-shipped.js'
import { tick } from './tick.js'
import { hashOf } from './to-applied-run.js'

let database: TestDatabase
let owner: Store
let engine: Store
beforeAll(async () => {
  database = await aDatabase()
  owner = openStore({ sealing: aRing, url: database.ownerUrl, max: 2, applicationName: 'spec-owner' })
  engine = openStore({ sealing: aRing, url: database.engineUrl, max: 4, applicationName: 'spec-engine' })
  await seedShipped(engine)
  // The server's own words when a table cannot grow; a disk that is really full would take the other databases with it.
  await owner.pool.query(`create function no_space() returns trigger language plpgsql as $$ begin
    raise exception 'could not extend file "base/1/1": No space left on device' using errcode = '53100'; end $$`)
})
afterAll(async () => {
  await Promise.all([owner.close(), engine.close()])
  await database.drop()
})

const fill = (table: string) =>
  owner.pool.query(
    `create trigger no_space before insert or update on ${table} for each statement execute function no_space()`,
  )
const free = (table: string) => owner.pool.query(`drop trigger no_space on ${table}`)
const statusOf = async (runId: string) => (await inTransaction(owner.pool, (tx) => readRun(tx, runId)))?.status
const parked: string[] = []
const ticking = () =>
  tick(
    {
      store: engine,
      definitions: makeDefinitions(async (hash) => (await readDefinitionsByHash(engine.pool, [hash])).get(hash)),
      limits: { runsMax: 50, admissionsMax: 50, inFlightMax: 500, eventsMax: 500, bytesMax: 1_000_000 },
      markClaim: async () => undefined,
      restoreCheckpoint,
      known: makeKnownStates(),
      onParked: (run, reason) => void parked.push(`${run.runId} ${reason}`),
    },
    { replies: [], repliesUpToDate: true, fromTenant: '', lookForSuspects: true },
  )
const submit = async (): Promise<string> => {
  const runId = uuidv7()
  const definitionHash = hashOf(benchDesk as unknown as Json) // a definition is JSON
  const what = {
    tenant: 'default',
    workflow: 'bench-desk',
    version: 1,
    definitionHash,
    input: { payload: {} },
    tags: [],
  }
  const who = {
    submittedBy: 'spec',
    traceId: 'a'.repeat(32),
    traceparent: null,
    idempotencyKey: null,
    fingerprint: null,
  }
  await submitRuns(owner.pool, [{ runId, priority: 1, ...what, ...who }])
  return runId
}

test.each(['history', 'outbox', 'run'])(
  'while %s cannot grow a tick fails as a whole, parks nothing, and takes the run up when there is room',
  async (table) => {
    const runId = await submit()
    await fill(table)
    for (let turns = 0; turns < 5; turns += 1) {
      const failure: unknown = await ticking().catch((error: unknown) => error)
      expect([(failure as { code?: string }).code, isPostgresAway(failure)]).toEqual(['53100', true])
    }
    expect(await statusOf(runId)).toBe('created')
    expect(parked).toEqual([])
    await free(table)
    await ticking()
    expect(await statusOf(runId)).toBe('running')
    const { rows } = await owner.pool.query('select count(*)::integer as debts from outbox where run_id = $1', [runId])
    expect(rows[0].debts).toBeGreaterThan(0)
  },
)

test('a submission is refused and not half there', async () => {
  await fill('run')
  await expect(submit()).rejects.toMatchObject({ code: '53100' })
  await free('run')
  const { rows } = await owner.pool.query(
    'select count(*)::integer as strays from run_key k where not exists (select from run r where r.id = k.run_id)',
  )
  expect(rows).toEqual([{ strays: 0 }])
})
