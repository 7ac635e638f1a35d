import type { Json, RunEvent, RunState, WorkflowDefinition } from '@flotilla/engine'
import { asTenant, inTransaction, readState } from '@flotilla/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase, aRedis, type TestDatabase } from '../../../../tools/test-database.js'
import { aWorld, type World } from '../testing/a-world.js'
import { settleRun } from '../testing/settle-runs.js'

let database: TestDatabase
let world: World
const redis = aRedis()

const anything = { type: 'object' }
const booking = (name: string, to: string) =>
  ({
    kind: 'agent',
    name,
    agent: 'kyc',
    input: {},
    inputContract: anything,
    outputContract: anything,
    deadlineMs: 1_000,
    compensate: { agent: 'kyc', input: { id: 'output.id' } },
    transitions: [{ on: 'done', to }],
  }) as const
const trip = (version: number, compensation: 'on-failure' | 'on-request'): WorkflowDefinition => ({
  name: 'trip',
  version,
  title: 'Trip',
  semantics: 1,
  input: anything,
  deadlineMs: null,
  compensation,
  initial: 'flight',
  states: [
    booking('flight', 'hotel'),
    booking('hotel', 'pay'),
    { ...booking('pay', 'end'), compensate: { agent: 'kyc', input: {} } },
    { kind: 'end', name: 'end', status: 'completed' },
  ],
})
const onRequest = trip(1, 'on-request')
const onFailure = trip(2, 'on-failure')

beforeAll(async () => {
  database = await aDatabase()
  world = await aWorld(database, redis)
  for (const definition of [onRequest, onFailure]) {
    const { body } = await world.ask('operator', 'PUT', `/workflows/trip/versions/${definition.version}`, definition)
    if (body.errors) throw new Error(JSON.stringify(body.errors))
  }
})
afterAll(async () => {
  await world.close()
  await database.drop()
})

const view = async (runId: string) => (await world.ask('operator', 'GET', `/runs/${runId}`)).body
const stateOf = async (runId: string): Promise<RunState | null> =>
  (await inTransaction(world.owner.pool, (tx) => readState(tx, runId)))?.state ?? null
/** The agent of a step answers: with an output, or with an error's code. */
const answer = async (definition: WorkflowDefinition, runId: string, step: string, output: Json | string) => {
  const from = { at: Date.now(), step, dispatch: (await stateOf(runId))?.steps[step]?.dispatch ?? 0, attempt: 1 }
  const event: RunEvent =
    typeof output === 'string'
      ? { type: 'StepFailed', ...from, error: { code: output, message: 'failed' }, attempts: 1 }
      : { type: 'StepSucceeded', ...from, output, usage: null }
  await settleRun(world.engine, definition, runId, [event])
}
/** A run whose last step failed, with an effect of each of the two before it in the ledger. */
const aFailedTrip = async (definition: WorkflowDefinition): Promise<string> => {
  const { version } = definition
  const { body } = await world.ask('submitter', 'POST', '/runs', { workflow: 'trip', version, input: {} })
  const { runId } = body
  await settleRun(world.engine, definition, runId)
  for (const step of ['flight', 'hotel']) {
    await world.owner.pool.query(
      `insert into vault.effect (root_run_id, step, visit, name, key, tenant_id, status, outcome, reversible,
         idempotency_key, dispatch, attempt, done_at, compensated_by)
       values ($1, $2, 1, 'book', 'secret-key', 'acme', 'done', '"secret-outcome"', true, 'secret-id', 1, 1, now(), 'kyc')`,
      [runId, step],
    )
    await answer(definition, runId, step, { id: step })
  }
  await answer(definition, runId, 'pay', 'BROKEN')
  return runId
}
const resume = (runId: string, body: object) => world.ask('operator', 'POST', `/runs/${runId}/resume`, body)
const effects = async (runId: string) => (await world.ask('operator', 'GET', `/runs/${runId}/effects`)).body.items
const undo = async (definition: WorkflowDefinition, runId: string) => {
  for (const step of ['undo!hotel', 'undo!flight']) await answer(definition, runId, step, {})
}

test('the ledger of a run shows what was done, and neither keys nor outcomes', async () => {
  const runId = await aFailedTrip(onRequest)
  const { status, body } = await world.ask('submitter', 'GET', `/runs/${runId}/effects`)
  expect(status).toBe(200)
  expect(body.items).toEqual(
    ['flight', 'hotel'].map((step) => ({
      step,
      visit: 1,
      name: 'book',
      status: 'done',
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      doneAt: expect.stringMatching(/^\d{4}-.*Z$/),
      reversible: true,
      honoursKeys: true,
      compensatedBy: 'kyc',
      compensatedAt: null,
      generation: 1,
      dispatch: 1,
      attempt: 1,
    })),
  )
  expect(JSON.stringify(body)).not.toContain('secret')
  expect((await world.ask('foreign', 'GET', `/runs/${runId}/effects`)).status).toBe(404)
  expect((await world.ask('foreign', 'GET', `/runs/${runId}/effects`)).body.code).toBe('RUN_UNKNOWN')
})

test('the gateway cannot read what the ledger keeps to itself', async () => {
  for (const column of ['outcome', 'key', 'idempotency_key', 'compensate', 'earlier'])
    await expect(
      asTenant(world.store.pool, 'acme', (tx) => tx.query(`select ${column} from vault.effect`)),
    ).rejects.toMatchObject({ code: '42501' })
})

test('a failed run is compensated on request, and its effects are marked with it', async () => {
  const runId = await aFailedTrip(onRequest)
  expect((await view(runId)).status).toBe('failed')
  expect((await resume(runId, { mode: 'compensate' })).status).toBe(202)
  await settleRun(world.engine, onRequest, runId)
  expect((await view(runId)).status).toBe('running')
  await answer(onRequest, runId, 'undo!hotel', {})
  expect((await effects(runId)).map(({ status }: { status: string }) => status)).toEqual(['done', 'compensated'])
  await answer(onRequest, runId, 'undo!flight', {})
  expect(await effects(runId)).toMatchObject([
    { status: 'compensated', compensatedAt: expect.any(String) },
    { status: 'compensated' },
  ])
  expect(await view(runId)).toMatchObject({ status: 'failed', error: { code: 'BROKEN', step: 'pay' } })
  const again = await resume(runId, { mode: 'compensate' })
  expect([again.status, again.body.code]).toEqual([409, 'RUN_NOT_RESUMABLE'])
})

test('what was undone is not taken for done: neither resumed nor forked', async () => {
  const runId = await aFailedTrip(onFailure)
  expect((await view(runId)).status).toBe('running')
  await undo(onFailure, runId)
  expect((await view(runId)).status).toBe('failed')
  const { body: page } = await world.ask('operator', 'GET', `/runs/${runId}/checkpoints`)
  const [first] = page.items
  for (const body of [{}, { checkpoint: first.number }, { checkpoint: first.number, mode: 'rollback' }]) {
    const { status, body: problem } = await resume(runId, body)
    expect([status, problem.code, problem.detail]).toEqual([
      409,
      'RUN_NOT_RESUMABLE',
      expect.stringContaining('is undone'),
    ])
  }
  const fork = await world.ask('operator', 'POST', `/runs/${runId}/fork`, { checkpoint: first.number })
  expect([fork.status, fork.body.code]).toEqual([409, 'RUN_NOT_FORKABLE'])
  expect((await world.ask('operator', 'POST', `/runs/${runId}/fork`, {})).status).toBe(202)
})

test('a fork copies the ledger up to its checkpoint, and has nothing of it to undo', async () => {
  const runId = await aFailedTrip(onRequest)
  const { body } = await world.ask('operator', 'POST', `/runs/${runId}/fork`, { checkpoint: 1 })
  await settleRun(world.engine, onRequest, body.runId)
  expect(await effects(body.runId)).toMatchObject([{ step: 'flight', status: 'done', compensatedBy: 'kyc' }])
  expect((await stateOf(body.runId))?.compensations).toEqual([])
})

test('what cannot be undone keeps the cause, and is undone by a replay of its dead letter', async () => {
  const runId = await aFailedTrip(onFailure)
  await answer(onFailure, runId, 'undo!hotel', 'TOO_LATE')
  expect((await view(runId)).error).toMatchObject({
    code: 'COMPENSATION_FAILED',
    step: 'undo!hotel',
    cause: { code: 'BROKEN', step: 'pay' },
  })
  const { body: letters } = await world.ask('operator', 'GET', '/dead-letters')
  const letter = letters.items.find(
    (item: { step: string; runId: string }) => item.runId === runId && item.step === 'undo!hotel',
  )
  const replay = await world.ask('operator', 'POST', '/dead-letters/replay', { ids: [letter.id] })
  expect(replay.body).toEqual({ matched: 1, done: 1 })
  await settleRun(world.engine, onFailure, runId)
  await undo(onFailure, runId)
  expect(await view(runId)).toMatchObject({ status: 'failed', error: { code: 'BROKEN' } })
  expect((await effects(runId)).every(({ status }: { status: string }) => status === 'compensated')).toBe(true)
})

test('a run that is cancelled undoes what it did where that is asked for', async () => {
  const { body } = await world.ask('submitter', 'POST', '/runs', { workflow: 'trip', version: 1, input: {} })
  await settleRun(world.engine, onRequest, body.runId)
  await answer(onRequest, body.runId, 'flight', { id: 1 })
  expect((await world.ask('operator', 'POST', `/runs/${body.runId}/cancel`, { compensate: true })).status).toBe(202)
  await settleRun(world.engine, onRequest, body.runId)
  await answer(onRequest, body.runId, 'undo!flight', {})
  expect((await view(body.runId)).status).toBe('cancelled')
})

test('only a failed run is compensated on request, and without a checkpoint', async () => {
  const { body } = await world.ask('submitter', 'POST', '/runs', { workflow: 'trip', version: 1, input: {} })
  await settleRun(world.engine, onRequest, body.runId)
  const early = await resume(body.runId, { mode: 'compensate' })
  expect([early.status, early.body.code]).toEqual([409, 'RUN_NOT_RESUMABLE'])
  const both = await resume(body.runId, { mode: 'compensate', checkpoint: 1 })
  expect([both.status, both.body.code]).toEqual([400, 'CONTRACT_VIOLATED'])
})
