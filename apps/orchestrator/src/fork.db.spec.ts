import { randomUUID } from 'node:crypto'
import { replayEvents, type Json, type RunEvent, type Usage, type WorkflowDefinition } from '@flotilla/engine'
import {
  appendCommand,
  asTenant,
  forkRun,
  inTransaction,
  listKnownEffects,
  listUsageSince,
  openStore,
  readDefinitionsByHash,
  registerDefinition,
  shippedTenant,
  submitRuns,
  type Fork,
  type Store,
  readRun,
  readState,
  listDebts,
} from '@flotilla/store'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase, aRing, type TestDatabase } from '../../../tools/test-database.js'
import { makeDefinitions } from './definitions.js'
import type { ReceivedReply } from './replies-inbox.js'
import { checkHistories, type Checked } from './check-histories.js'
import { replayHistory } from './replay-history.js'
import { makeKnownStates } from './known-states.js'
import { restoreCheckpoint } from './restore-checkpoint.js'
import { tick } from './tick.js'
import { hashOf } from './to-applied-run.js'

let database: TestDatabase
let owner: Store
let engine: Store
let gateway: Store

const agent = (name: string, to: string) =>
  ({
    kind: 'agent',
    name,
    agent: name,
    input: { amount: 'input.amount' },
    inputContract: { type: 'object' },
    outputContract: { type: 'object' },
    deadlineMs: 60_000,
    artifacts: [{ name: 'note', type: 'note', mediaType: 'text/plain', content: `"${name}"` }],
    transitions: [{ on: 'done', to }],
  }) as const
const desk: WorkflowDefinition = {
  name: 'fork-desk',
  version: 1,
  title: 'Fork desk',
  semantics: 1,
  input: { type: 'object' },
  deadlineMs: null,
  initial: 'first',
  states: [
    agent('first', 'second'),
    agent('second', 'third'),
    agent('third', 'end'),
    { kind: 'end', name: 'end', status: 'completed', result: { amount: 'input.amount' } },
  ],
}
const hash = hashOf(desk as unknown as Json) // a definition is JSON

beforeAll(async () => {
  database = await aDatabase()
  owner = openStore({ sealing: aRing, url: database.ownerUrl, max: 2, applicationName: 'spec-owner' })
  engine = openStore({ sealing: aRing, url: database.engineUrl, max: 6, applicationName: 'spec-engine' })
  gateway = openStore({ sealing: aRing, url: database.gatewayUrl, max: 2, applicationName: 'spec-gateway' })
  await asTenant(engine.pool, shippedTenant, (tx) =>
    registerDefinition(tx, { name: desk.name, version: 1, hash, definition: desk, createdBy: 'spec' }),
  )
})
afterAll(async () => {
  await Promise.all([owner.close(), engine.close(), gateway.close()])
  await database.drop()
})

const parked: string[] = []
const ticking = (replies: readonly ReceivedReply[] = []) =>
  tick(
    {
      store: engine,
      definitions: makeDefinitions(async (key) => (await readDefinitionsByHash(engine.pool, [key])).get(key)),
      limits: { runsMax: 50, admissionsMax: 50, inFlightMax: 500, eventsMax: 500, bytesMax: 1_000_000 },
      markClaim: async () => undefined,
      restoreCheckpoint,
      known: makeKnownStates(),
      onParked: (run, reason) => void parked.push(`${run.runId} ${reason}`),
    },
    { replies, repliesUpToDate: true, fromTenant: '', lookForSuspects: true },
  )
const debtsOf = async (runId: string) => {
  const { rows } = await owner.pool.query<{ step: string; dispatch: number }>(
    'select step, dispatch from outbox where run_id = $1',
    [runId],
  )
  const debts = await listDebts(
    owner.pool,
    rows.map((row) => ({ runId, ...row })),
  )
  return debts
    .map(({ step, dispatch, payload }) => ({ step, dispatch, input: payload.input, root: payload['rootRunId'] }))
    .toSorted((a, b) => (a.step < b.step ? -1 : 1))
}
/** Answers what a run owes, once. */
const answer = async (runId: string, usage: Usage | null = null): Promise<void> => {
  const debts = await debtsOf(runId)
  await ticking(
    debts.map(({ step, dispatch }) => ({
      entryId: randomUUID(),
      runId,
      toEvent: (at) =>
        ({ type: 'StepSucceeded', at, step, dispatch, attempt: 1, output: {}, usage }) satisfies RunEvent,
    })),
  )
}
const rowOf = async (runId: string): Promise<any> =>
  inTransaction(owner.pool, async (tx) => ({
    ...(await readRun(tx, runId)),
    state: (await readState(tx, runId))?.state ?? null,
  }))
const submit = async (): Promise<string> => {
  const runId = uuidv7()
  const row = { runId, tenant: 'acme', workflow: desk.name, version: 1, definitionHash: hash, input: { amount: 1 } }
  await submitRuns(owner.pool, [
    {
      ...row,
      priority: 1,
      tags: ['a'],
      submittedBy: 'clerk',
      traceId: 'a'.repeat(32),
      traceparent: null,
      idempotencyKey: null,
      fingerprint: null,
    },
  ])
  await ticking()
  return runId
}
const aFork = (from: string, given: Partial<Fork> = {}): Fork => ({
  runId: uuidv7(),
  from,
  checkpoint: 1,
  version: 1,
  definitionHash: hash,
  semantics: 1,
  input: { amount: 2 },
  submittedBy: 'clerk',
  forkedBy: 'operator',
  mapping: null,
  traceId: 'b'.repeat(32),
  traceparent: null,
  artifacts: [{ name: 'note', version: 1 }],
  ...given,
})
const forkOff = async (fork: Fork, tenant = 'acme') => asTenant(gateway.pool, tenant, (tx) => forkRun(tx, fork))

test('a fork of a finished run does again what came after the checkpoint, with its own input, to its own end', async () => {
  const parent = await submit()
  for (let step = 0; step < 3; step += 1) await answer(parent)
  expect((await rowOf(parent)).status).toBe('completed')
  const fork = aFork(parent)
  expect(await forkOff(fork)).toEqual({ priority: 1 })
  await ticking()
  expect(await debtsOf(fork.runId)).toEqual([{ step: 'second', dispatch: 3, input: { amount: 2 }, root: fork.runId }])
  await answer(fork.runId)
  await answer(fork.runId)
  expect(await rowOf(fork.runId)).toMatchObject({ status: 'completed', result: { amount: 2 } })
  expect((await rowOf(parent)).result).toEqual({ amount: 1 })
  const { rows } = await owner.pool.query(
    `select event, (select array_agg(e ->> 0) from jsonb_array_elements(published) e) as types from history
     where run_id = $1 order by position limit 1`,
    [fork.runId],
  )
  expect(rows).toMatchObject([
    {
      event: { type: 'RunForked', by: 'operator', from: { runId: parent, checkpoint: 1 }, input: null },
      types: ['run.started', 'checkpoint.saved'],
    },
  ])
  expect(rows[0].event).not.toHaveProperty('restored')
  const artifacts = await owner.pool.query('select id, version from artifact where run_id = $1 order by version', [
    fork.runId,
  ])
  expect(artifacts.rows).toEqual([
    { id: `${parent}.note.v1`, version: 1 },
    { id: `${fork.runId}.note.v2`, version: 2 },
    { id: `${fork.runId}.note.v3`, version: 3 },
  ])
  expect(parked).toEqual([])
})

test('a fork can be rolled back to where it began, and forked again', async () => {
  const parent = await submit()
  await answer(parent)
  const fork = aFork(parent)
  await forkOff(fork)
  await ticking()
  const again = aFork(fork.runId, { input: { amount: 3 } })
  await forkOff(again)
  await ticking()
  expect(await debtsOf(again.runId)).toMatchObject([{ step: 'second', input: { amount: 3 } }])
  const state = await inTransaction(engine.pool, (tx) =>
    restoreCheckpoint(tx, { runId: fork.runId, submittedBy: 'clerk' }, 1, desk),
  )
  expect(state).toMatchObject({ runId: fork.runId, status: 'running', steps: { first: { status: 'done' } } })
})

test('effects and agent checkpoints of up to the checkpoint are copied, later ones are not', async () => {
  const parent = await submit()
  const effect = (name: string) =>
    owner.pool.query(
      `insert into vault.effect (root_run_id, step, visit, name, key, tenant_id, status, outcome, reversible,
         idempotency_key, dispatch, attempt)
       values ($1, 'first', 1, $2, 'k', 'acme', 'done', '{"sent":true}', false, 'i', 1, 1)`,
      [parent, name],
    )
  const saved = (id: string) =>
    owner.pool.query(
      `insert into vault.agent_checkpoint (run_id, step, visit, id, label, data) values ($1, 'first', 1, $2, 'l', '{}')`,
      [parent, id],
    )
  await effect('before')
  await saved('before')
  await answer(parent)
  await effect('after')
  await saved('after')
  const fork = aFork(parent)
  await forkOff(fork)
  const ledger = `select name, key, status, outcome, idempotency_key from vault.effect where root_run_id = $1`
  expect((await owner.pool.query(ledger, [fork.runId])).rows).toEqual([
    { name: 'before', key: 'k', status: 'done', outcome: { sent: true }, idempotency_key: 'i' },
  ])
  const { rows } = await owner.pool.query('select id from vault.agent_checkpoint where run_id = $1', [fork.runId])
  expect(rows).toEqual([{ id: 'before' }])
})

test('what steps used since a checkpoint is told from the history; without one, what each used last', async () => {
  const runId = await submit()
  const usage = { model: 'm', inputTokens: 3, outputTokens: 4 }
  await answer(runId, usage)
  await answer(runId, usage)
  const since = (position: number | null) => asTenant(gateway.pool, 'acme', (tx) => listUsageSince(tx, runId, position))
  const [first, second] = ['first', 'second'].map((step) => ({ step, model: 'm', tokens: 7 }))
  expect(await since(null)).toEqual([first, second])
  expect(await since(2)).toEqual([second])
  expect(await asTenant(gateway.pool, 'rival', (tx) => listUsageSince(tx, runId, null))).toEqual([])
  await owner.pool.query(
    `insert into vault.effect (root_run_id, step, visit, name, key, tenant_id, status, reversible, idempotency_key,
       dispatch, attempt) values ($1, 'third', 1, 'n', 'k', 'acme', 'intent', false, 'i', 3, 1)`,
    [runId],
  )
  const effects = (tenant: string) => asTenant(gateway.pool, tenant, (tx) => listKnownEffects(tx, runId))
  expect(await effects('acme')).toEqual([{ step: 'third', visit: 1, status: 'intent' }])
  expect(await effects('rival')).toEqual([])
})

test('without a checkpoint a fork begins at the start', async () => {
  const parent = await submit()
  await answer(parent)
  const fork = aFork(parent, { checkpoint: null, artifacts: [] })
  await forkOff(fork)
  await ticking()
  expect(await debtsOf(fork.runId)).toMatchObject([{ step: 'first', dispatch: 1, input: { amount: 2 } }])
})

test('a fork stands under the limit of the other run, and waits for its slot', async () => {
  const parent = await submit()
  await answer(parent)
  await owner.pool.query(`update run set slot_key = 'one', slot_max = 1 where id = $1`, [parent])
  const fork = aFork(parent)
  await forkOff(fork)
  await ticking()
  expect((await rowOf(fork.runId)).status).toBe('created')
  await answer(parent)
  await answer(parent)
  await owner.pool.query(`select grant_slot('acme', 'one')`)
  await ticking()
  expect((await rowOf(fork.runId)).status).toBe('running')
})

test('nobody forks the run of another tenant, nor from a checkpoint that it does not have', async () => {
  const parent = await submit()
  await answer(parent)
  expect(await forkOff(aFork(parent), 'rival')).toBeNull()
  expect(await forkOff(aFork(parent, { checkpoint: 9 }))).toBeNull()
  const { rows } = await owner.pool.query('select 1 from run where forked_from = $1', [parent])
  expect(rows).toEqual([])
})

test('a fork that nothing can begin is parked, not admitted for ever', async () => {
  const parent = await submit()
  for (let step = 0; step < 3; step += 1) await answer(parent)
  const fork = aFork(parent, { checkpoint: 3, artifacts: [] })
  await forkOff(fork)
  await ticking()
  expect(parked).toContain(`${fork.runId} NOT_BEGUN`)
  expect((await rowOf(fork.runId)).status).toBe('parked')
})

const renamed: WorkflowDefinition = {
  ...desk,
  version: 2,
  states: [
    agent('first', 'check'),
    { ...agent('second', 'third'), name: 'check' },
    agent('third', 'end'),
    { kind: 'end', name: 'end', status: 'completed', result: { amount: 'input.amount' } },
  ],
}
const newHash = hashOf(renamed as unknown as Json) // a definition is JSON
const migrate = async (runId: string, mapping: Record<string, string>) => {
  await asTenant(engine.pool, shippedTenant, (tx) =>
    registerDefinition(tx, { name: desk.name, version: 2, hash: newHash, definition: renamed, createdBy: 'spec' }),
  )
  const event = {
    type: 'RunMigrated',
    by: 'operator',
    from: { version: 1, hash },
    to: { version: 2, hash: newHash },
    mapping,
  } as const
  await asTenant(gateway.pool, 'acme', (tx) => appendCommand(tx, { runId, event, dedupKey: null, traceparent: null }))
}
const pinOf = async (runId: string) =>
  (await owner.pool.query('select version, definition_hash as hash from run where id = $1', [runId])).rows[0]
const migrationsOf = async (runId: string) =>
  (
    await owner.pool.query(
      `select event, ignored from history where run_id = $1 and event ->> 'type' = 'RunMigrated'`,
      [runId],
    )
  ).rows

test('T8 a migrated run is pinned to the new version by the very event, and goes to its end there', async () => {
  const runId = await submit()
  await answer(runId)
  await migrate(runId, { second: 'check' })
  await ticking()
  expect(await pinOf(runId)).toEqual({ version: 2, hash: newHash })
  expect(await debtsOf(runId)).toMatchObject([{ step: 'check', dispatch: 3 }])
  const [migrated] = await migrationsOf(runId)
  expect(migrated).toMatchObject({ event: { by: 'operator', mapping: { second: 'check' } }, ignored: null })
  expect(migrated.event).not.toHaveProperty('definition')
  await answer(runId)
  await answer(runId)
  expect(await rowOf(runId)).toMatchObject({ status: 'completed' })
})

test('T8 what comes with a change of version, in the same tick, is folded under the new one', async () => {
  const runId = await submit()
  await migrate(runId, {})
  await answer(runId)
  await ticking()
  expect(await pinOf(runId)).toEqual({ version: 2, hash: newHash })
  expect(await debtsOf(runId)).toMatchObject([{ step: 'check' }])
})

test('a migration that no longer fits is ignored with its reason, and the run keeps its version', async () => {
  const runId = await submit()
  await answer(runId)
  await migrate(runId, {})
  await ticking()
  expect(await pinOf(runId)).toEqual({ version: 1, hash })
  expect(await migrationsOf(runId)).toMatchObject([{ ignored: 'not-migratable' }])
})

test('a checkpoint of before a migration is restored as a state of the new version', async () => {
  const runId = await submit()
  await answer(runId)
  await migrate(runId, { second: 'check' })
  await ticking()
  const state = await inTransaction(engine.pool, (tx) =>
    restoreCheckpoint(tx, { runId, submittedBy: 'clerk' }, 1, renamed),
  )
  expect(Object.keys(state?.steps ?? {}).sort()).toEqual(['check', 'first'])
})

test('a fork under another version begins there with the steps renamed', async () => {
  const parent = await submit()
  await answer(parent)
  await migrate(await submit(), {})
  const fork = aFork(parent, { version: 2, definitionHash: newHash, mapping: { second: 'check' } })
  await forkOff(fork)
  await ticking()
  expect(await debtsOf(fork.runId)).toMatchObject([{ step: 'check', input: { amount: 2 } }])
})

test('P1 the stored history of every run gives the same states again: forks, migrations and all', async () => {
  const definitions = makeDefinitions(async (key) => (await readDefinitionsByHash(engine.pool, [key])).get(key))
  const { rows } = await owner.pool.query<{ id: string }>('select id from run where position > 0 order by id')
  expect(rows.length).toBeGreaterThan(15)
  const replayed = await inTransaction(engine.pool, async (tx) => {
    const results = []
    for (const { id } of rows) results.push(await replayHistory(tx, id, { definitions, restore: restoreCheckpoint }))
    return results
  })
  expect(replayed.filter((result) => result === null || result.divergence !== null)).toEqual([])
})

test('all stored histories are checked from the database alone, and an unknown run is told', async () => {
  const options = { url: database.engineUrl, sealing: aRing }
  const checked: Checked[] = []
  await checkHistories(options, { runIds: null, onChecked: (one) => void checked.push(one) })
  const { rows } = await owner.pool.query<{ id: string }>('select id from run where position > 0 order by id')
  expect(checked.map(({ runId, outcome }) => [runId, outcome])).toEqual(rows.map(({ id }) => [id, 'same']))
  const [first] = checked
  if (first?.outcome !== 'same') throw new Error('nothing was checked')
  // What is told of a run is complete in itself, also as JSON.
  expect(await replayEvents(JSON.parse(JSON.stringify(first.history)))).toBeNull()
  const unknown: Checked[] = []
  await checkHistories(options, { runIds: [uuidv7()], onChecked: (one) => void unknown.push(one) })
  expect(unknown).toMatchObject([{ outcome: 'unknown' }])
})

test('P1 a history that was not made by this engine is told with where it differs', async () => {
  const runId = await submit()
  await answer(runId)
  const { state } = await rowOf(runId)
  // Kept in the clear, as before the sealing of columns: that is read as well.
  const other = { ...state, steps: { ...state.steps, first: { ...state.steps.first, visits: 7 } } }
  await owner.pool.query(`update run set state = $2 where id = $1`, [runId, JSON.stringify(other)])
  const definitions = makeDefinitions(async (key) => (await readDefinitionsByHash(engine.pool, [key])).get(key))
  const replayed = await inTransaction(engine.pool, (tx) =>
    replayHistory(tx, runId, { definitions, restore: restoreCheckpoint }),
  )
  expect(replayed?.divergence).toEqual({ position: 2, event: 'StepSucceeded', why: 'state' })
})
