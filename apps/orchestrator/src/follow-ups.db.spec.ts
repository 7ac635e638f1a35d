import { randomUUID } from 'node:crypto'
import {
  advance,
  initialState,
  type Json,
  type JsonObject,
  type RunEvent,
  type RunState,
  type WorkflowDefinition,
} from '@flotilla/engine'
import {
  asTenant,
  collectItems,
  inTransaction,
  openStore,
  readDefinitionsByHash,
  readItems,
  registerDefinition,
  submitRuns,
  type Store,
  readRun,
  readState,
  listDebts,
} from '@flotilla/store'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { aDatabase, aRing, type TestDatabase } from '../../../tools/test-database.js'
import { makeDefinitions } from './definitions.js'
import type { ReceivedReply } from './replies-inbox.js'
import { makeKnownStates } from './known-states.js'
import { restoreCheckpoint } from './restore-checkpoint.js'
import { tick } from './tick.js'
import { hashOf } from './to-applied-run.js'

let database: TestDatabase
let owner: Store
let engine: Store

const base = { version: 1, semantics: 1, input: {}, deadlineMs: null } as const
const agent = (name: string, input: Readonly<Record<string, string>>) => ({
  ...{ kind: 'agent' as const, name, agent: name, input, inputContract: {}, outputContract: {}, deadlineMs: 60_000 },
  transitions: [{ on: 'done', to: 'end', assign: [{ to: 'answer', from: 'output.answer' }] }],
})
const child: WorkflowDefinition = {
  ...{ ...base, name: 'child-desk', title: 'Child desk', initial: 'work' },
  states: [
    agent('work', { n: 'input.n' }),
    { kind: 'end', name: 'end', status: 'completed', result: { answer: 'data.answer' } },
  ],
}
const mapping: WorkflowDefinition = {
  ...{ ...base, name: 'map-desk', title: 'Map desk', initial: 'each' },
  states: [
    {
      ...{
        kind: 'map',
        name: 'each',
        items: 'input.items',
        concurrency: 10,
        itemsMax: 20_000,
        onItemFailure: 'fail-fast',
      },
      initial: 'work',
      states: [
        agent('work', { n: 'input.item' }),
        { kind: 'end', name: 'end', status: 'completed', result: { answer: 'data.answer' } },
      ],
      transitions: [{ on: 'done', to: 'end', assign: [{ to: 'answers', from: 'output' }] }],
    },
    { kind: 'end', name: 'end', status: 'completed', result: { answers: 'data.answers' } },
  ],
}
const detached = (workflow: string): WorkflowDefinition => ({
  ...{ ...base, name: 'parent-desk', version: workflow === 'child-desk' ? 1 : 2, title: 'Parent desk', initial: 'sub' },
  states: [
    {
      ...{ kind: 'workflow', name: 'sub', workflow, version: 1, detached: true, input: { n: 'input.n' } },
      transitions: [{ on: 'done', to: 'end', assign: [{ to: 'answer', from: 'output.answer' }] }],
    },
    { kind: 'end', name: 'end', status: 'completed', result: { answer: 'data.answer' } },
  ],
})
const parent = detached('child-desk')
const orphaned = detached('no-desk')
const definitions = [child, mapping, parent, orphaned]
const hashes = new Map(definitions.map((definition) => [definition, hashOf(definition as unknown as Json)])) // JSON

beforeAll(async () => {
  database = await aDatabase()
  owner = openStore({ sealing: aRing, url: database.ownerUrl, max: 2, applicationName: 'spec-owner' })
  engine = openStore({ sealing: aRing, url: database.engineUrl, max: 6, applicationName: 'spec-engine' })
  for (const definition of definitions)
    await asTenant(engine.pool, 'default', (tx) =>
      registerDefinition(tx, {
        ...{ name: definition.name, version: definition.version, definition, createdBy: 'spec' },
        hash: hashes.get(definition) ?? '',
      }),
    )
})
afterAll(async () => {
  await Promise.all([owner.close(), engine.close()])
  await database.drop()
})
beforeEach(async () => {
  await owner.pool.query('truncate run, idempotency, outbox, checkpoint, claim cascade')
})

const submit = async (definition: WorkflowDefinition, input: JsonObject): Promise<string> => {
  const runId = uuidv7()
  await submitRuns(owner.pool, [
    {
      ...{ runId, tenant: 'default', workflow: definition.name, version: definition.version, priority: 1, input },
      ...{ definitionHash: hashes.get(definition) ?? '', tags: [], submittedBy: 'spec', traceId: 'a'.repeat(32) },
      ...{ traceparent: null, idempotencyKey: null, fingerprint: null },
    },
  ])
  return runId
}

const parked: string[] = []
const ticking = (replies: readonly ReceivedReply[] = []) =>
  tick(
    {
      store: engine,
      definitions: makeDefinitions(async (hash) => (await readDefinitionsByHash(engine.pool, [hash])).get(hash)),
      limits: { runsMax: 50, admissionsMax: 50, inFlightMax: 500, eventsMax: 500, bytesMax: 50_000_000 },
      markClaim: async () => undefined,
      restoreCheckpoint,
      known: makeKnownStates(),
      onParked: (run, reason, error) => void parked.push(`${run.runId} ${reason} ${String(error)}`),
    },
    { replies, repliesUpToDate: true, fromTenant: '', lookForSuspects: true },
  )

interface Debt {
  readonly run_id: string
  readonly step: string
  readonly dispatch: number
  readonly n: number
}
const debts = async (): Promise<Debt[]> => {
  const { rows } = await owner.pool.query<{ runId: string; step: string; dispatch: number }>(
    `select run_id as "runId", step, dispatch from outbox`,
  )
  const owed = (await listDebts(owner.pool, rows)).map(({ runId, step, dispatch, payload }) => ({
    run_id: runId,
    step,
    dispatch,
    n: (payload.input as { n: number }).n,
  }))
  return owed.toSorted((a, b) => a.run_id.localeCompare(b.run_id) || a.dispatch - b.dispatch)
}
const reply = (debt: Debt, event: Record<string, unknown>): ReceivedReply => ({
  entryId: randomUUID(),
  runId: debt.run_id,
  toEvent: (at) =>
    ({ at, step: debt.step, dispatch: debt.dispatch, attempt: 1, spanId: null, ...event }) as unknown as RunEvent, // as a reply
})
const answered = (debt: Debt): ReceivedReply =>
  reply(debt, { type: 'StepSucceeded', output: { answer: debt.n * 2 }, usage: null })

const rowOf = async (runId: string): Promise<any> =>
  inTransaction(owner.pool, async (tx) => ({
    ...(await readRun(tx, runId)),
    state: (await readState(tx, runId))?.state ?? null,
  }))

/** Answers what is owed and ticks until nothing is owed and nothing waits. */
const settle = async (): Promise<void> => {
  const open = `select from inbox union all select from outbox union all select from run where status = 'created'`
  do await ticking((await debts()).map(answered))
  while ((await owner.pool.query(open)).rowCount !== 0)
}

test('a map of many items ends with all results in order, and its state never held them all', async () => {
  const items = Array.from({ length: 200 }, (_, index) => index)
  const runId = await submit(mapping, { items })
  await ticking()
  expect(await debts()).toHaveLength(10)
  let largest = 0
  while ((await rowOf(runId)).status !== 'completed') {
    await ticking((await debts()).map(answered))
    const { state } = await rowOf(runId)
    if (state.status !== 'completed') largest = Math.max(largest, Object.keys(state.steps).length)
  }
  expect((await rowOf(runId)).result).toEqual({ answers: items.map((n) => ({ answer: n * 2 })) })
  expect(largest).toBeLessThan(25)
  expect(parked).toEqual([])
})

test('a map goes on from its rows in another process, and its history replays to the same state', async () => {
  const items = [1, 2, 3, 4, 5]
  const input = { items }
  const runId = await submit(mapping, input)
  await settle()
  const { rows } = await owner.pool.query<{ event: RunEvent; at: Date }>(
    'select event, at from history where run_id = $1 order by position',
    [runId],
  )
  let state: RunState = initialState({ runId, submittedBy: 'spec' })
  for (const { event } of rows) {
    const whole = await inTransaction(engine.pool, async (tx): Promise<RunEvent> => {
      if (event.type === 'RunStarted') return { ...event, input }
      const visit = { runId, step: 'each', visit: 1 }
      if (event.type === 'ItemsRead') return { ...event, items: await readItems(tx, visit, event) }
      return event.type === 'ItemsCollected' ? { ...event, outputs: await collectItems(tx, visit, 5) } : event
    })
    state = advance(mapping, state, whole).state
  }
  expect(state).toEqual((await rowOf(runId)).state)
})

test('a child run gives its result to the run that started it', async () => {
  const runId = await submit(parent, { n: 21 })
  await ticking()
  const { rows } = await owner.pool.query(
    'select id, workflow, root_run_id, trace_id from run where parent_run_id = $1',
    [runId],
  )
  expect(rows).toEqual([
    expect.objectContaining({ workflow: 'child-desk', root_run_id: runId, trace_id: 'a'.repeat(32) }),
  ])
  await settle()
  expect(await rowOf(runId)).toMatchObject({ status: 'completed', result: { answer: 42 } })
  expect(await rowOf(rows[0].id)).toMatchObject({ status: 'completed' })
})

test('a child whose workflow nobody registered fails its parent', async () => {
  const runId = await submit(orphaned, { n: 1 })
  await settle()
  expect(await rowOf(runId)).toMatchObject({ status: 'failed', error: { code: 'CHILD_FAILED', step: 'sub' } })
})

test('cancelling a run cancels its child, and both end', async () => {
  const runId = await submit(parent, { n: 1 })
  await ticking()
  await ticking()
  await owner.pool.query('insert into inbox (run_id, event) values ($1, $2)', [
    runId,
    { type: 'CancelRequested', by: 'spec', reason: null },
  ])
  const statuses = async () =>
    (await owner.pool.query('select status from run order by id')).rows.map(({ status }) => status)
  for (let turn = 0; turn < 5; turn += 1) await ticking()
  expect(await statuses()).toEqual(['cancelled', 'cancelled'])
})
