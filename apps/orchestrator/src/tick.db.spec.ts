import { randomUUID } from 'node:crypto'
import { applyPatch, initialState, type Json, type Patch, type RunEvent, type RunState } from '@flotilla/engine'
import {
  inTransaction,
  insertInbox,
  openStore,
  readClaimedRuns,
  readDefinitionsByHash,
  readStateParts,
  submitRuns,
  unparkRuns,
  type Store,
  readRun,
  readState,
} from '@flotilla/store'
import { benchDesk } from '@flotilla/workflows'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { aDatabase, aRing, type TestDatabase } from '../../../tools/test-database.js'
import { makeDefinitions } from './definitions.js'
import type { ReceivedReply } from './replies-inbox.js'
import { makeKnownStates } from './known-states.js'
import { restoreCheckpoint } from './restore-checkpoint.js'
import { seedShipped } from './seed-shipped.js'
import { tick, type TickDependencies } from './tick.js'
import { hashOf } from './to-applied-run.js'

let database: TestDatabase
let owner: Store
let engine: Store

beforeAll(async () => {
  database = await aDatabase()
  owner = openStore({ sealing: aRing, url: database.ownerUrl, max: 2, applicationName: 'spec-owner' })
  engine = openStore({ sealing: aRing, url: database.engineUrl, max: 6, applicationName: 'spec-engine' })
  await seedShipped(engine)
})
afterAll(async () => {
  await Promise.all([owner.close(), engine.close()])
  await database.drop()
})
beforeEach(async () => {
  await owner.pool.query('truncate run, idempotency, outbox, checkpoint, claim cascade')
})

const benchHash = hashOf(benchDesk as unknown as Json) // a definition is JSON

const submit = async (count: number, definitionHash = benchHash): Promise<string[]> => {
  const rows = Array.from({ length: count }, () => ({
    runId: uuidv7(),
    tenant: 'default',
    workflow: 'bench-desk',
    version: 1,
    definitionHash,
    priority: 1 as const,
    input: { payload: { hello: 'fleet' } },
    tags: [],
    submittedBy: 'spec',
    traceId: 'a'.repeat(32),
    traceparent: null,
    idempotencyKey: null,
    fingerprint: null,
  }))
  await submitRuns(owner.pool, rows)
  return rows.map((row) => row.runId)
}

const parked: string[] = []
const known = makeKnownStates()
const dependencies = (overrides: Partial<TickDependencies> = {}): TickDependencies => ({
  store: engine,
  definitions: makeDefinitions(async (hash) => (await readDefinitionsByHash(engine.pool, [hash])).get(hash)),
  limits: { runsMax: 50, admissionsMax: 50, inFlightMax: 500, eventsMax: 500, bytesMax: 1_000_000 },
  markClaim: async () => undefined,
  restoreCheckpoint,
  known,
  onParked: (run, reason) => void parked.push(`${run.runId} ${reason}`),
  ...overrides,
})
const ticking = (replies: readonly ReceivedReply[] = [], overrides: Partial<TickDependencies> = {}, upToDate = true) =>
  tick(dependencies(overrides), { replies, repliesUpToDate: upToDate, fromTenant: '', lookForSuspects: true })

interface Debt {
  readonly run_id: string
  readonly step: string
  readonly dispatch: number
}
const debts = async (): Promise<Debt[]> =>
  (await owner.pool.query<Debt>('select run_id, step, dispatch from outbox order by run_id, step')).rows

const reply = (debt: Debt, event: Record<string, unknown>): ReceivedReply => ({
  entryId: randomUUID(),
  runId: debt.run_id,
  toEvent: (at) =>
    ({ at, step: debt.step, dispatch: debt.dispatch, attempt: 1, spanId: null, ...event }) as unknown as RunEvent,
})
const started = (debt: Debt) => reply(debt, { type: 'StepStarted' })
const succeeded = (debt: Debt) =>
  reply(debt, { type: 'StepSucceeded', output: { agent: 'bench-kyc', verdict: 'pass' }, usage: null })

const rowOf = async (runId: string): Promise<any> =>
  inTransaction(owner.pool, async (tx) => ({
    ...(await readRun(tx, runId)),
    ...(await tx.query('select crashes from run where id = $1', [runId])).rows[0],
    state: (await readState(tx, runId))?.state ?? null,
  }))

/** Answers everything that is owed until nothing is. */
const settleAll = async (): Promise<void> => {
  for (let owed = await debts(); owed.length > 0; owed = await debts())
    await ticking(owed.flatMap((debt) => [started(debt), succeeded(debt)]))
}

test('runs go from submission to their end, and leave neither debts nor waiting events', async () => {
  const ids = await submit(5)
  await ticking()
  expect(await debts()).toHaveLength(15)
  await settleAll()
  for (const id of ids) expect((await rowOf(id)).status).toBe('completed')
  expect((await owner.pool.query('select from inbox')).rowCount).toBe(0)
})

test('T9 a state that was saved here is not read again, until another has saved it', async () => {
  const [id] = await submit(1)
  await ticking()
  const [first, second, third] = (await debts()).map(succeeded)
  // Whoever read the row would park the run.
  const { rows } = await owner.pool.query<{ state: object }>(
    `update run set state = state - '~sealed' where id = $1
    returning (select state from run where id = $1) as state`,
    [id],
  )
  await ticking([first!])
  expect(await rowOf(id!)).toMatchObject({ status: 'running', state: { steps: { checks: { status: 'running' } } } })
  expect(rows[0]?.state).toHaveProperty('~sealed')

  await ticking([second!], { known: makeKnownStates() })
  await ticking([third!])
  await settleAll()
  expect(await rowOf(id!)).toMatchObject({ status: 'completed' })
  expect(parked).toEqual([])
})

test('T9 what a tick that failed has made of a run is not known', async () => {
  const [id] = await submit(1)
  await ticking()
  const [first] = (await debts()).map(succeeded)
  const away: TickDependencies['markClaim'] = () => Promise.reject(Object.assign(new Error('away'), { code: '57P01' }))
  await expect(ticking([first!], { markClaim: away })).rejects.toThrow('away')
  await ticking([first!])
  await settleAll()
  expect(await rowOf(id!)).toMatchObject({ status: 'completed' })
})

test('A2: the stream of a run is gapless over ticks', async () => {
  const [id] = await submit(1)
  await ticking()
  await settleAll()
  const { rows } = await owner.pool.query<{ published: unknown[]; seqFrom: number; seqTo: number }>(
    `select published, seq_from as "seqFrom", seq_to as "seqTo" from history where run_id = $1 and published is not null
    order by position`,
    [id],
  )
  expect(rows.map(({ published, seqFrom, seqTo }) => published.length - (seqTo - seqFrom + 1))).toEqual(
    rows.map(() => 0),
  )
  const seqs = rows.flatMap(({ published, seqFrom }) => published.map((_, index) => seqFrom + index))
  expect(seqs).toEqual(seqs.map((_, index) => index + 1))
  expect((await rowOf(id!)).published).toBe(seqs.length)
})

test('patches folded from nothing give the state that is stored', async () => {
  const [id] = await submit(1)
  await ticking()
  await settleAll()
  const { state, position } = await rowOf(id!)
  const { patches } = await inTransaction(engine.pool, (tx) => readStateParts(tx, id!, position))
  const folded = patches.reduce<RunState>(
    (before, patch) => applyPatch(before, patch as Patch),
    initialState({ runId: id!, submittedBy: 'spec' }),
  )
  expect(folded).toEqual(state)
})

test('a reply that comes twice is applied once and kept as ignored with the reason', async () => {
  const [id] = await submit(1)
  await ticking()
  const [first] = await debts()
  await ticking([started(first!), succeeded(first!), succeeded(first!)])
  await ticking([succeeded(first!)])
  const { rows } = await owner.pool.query<{ ignored: string | null }>(
    `select ignored from history where run_id = $1 and event ->> 'type' = 'StepSucceeded' order by position`,
    [id],
  )
  expect(rows.map((row) => row.ignored === null)).toEqual([true, false, false])
})

test('a tick that dies before its commit has done nothing, and the next one does all of it', async () => {
  const [id] = await submit(1)
  await ticking()
  const [first] = await debts()
  const dies = { markClaim: () => Promise.reject(new Error('killed')) }
  await expect(ticking([started(first!), succeeded(first!)], dies)).rejects.toThrow('killed')
  expect((await debts()).map((debt) => debt.step)).toContain(first!.step)
  await ticking([started(first!), succeeded(first!)])
  expect((await debts()).map((debt) => debt.step)).not.toContain(first!.step)
  await settleAll()
  expect((await rowOf(id!)).status).toBe('completed')
})

test('a dead letter is written with its tick or not at all', async () => {
  await submit(1)
  await ticking()
  const [first] = await debts()
  const error = { code: 'BROKEN', message: 'BROKEN', step: first!.step }
  const replies = [started(first!), reply(first!, { type: 'StepFailed', error, attempts: 5 })]
  const letters = async () => (await owner.pool.query('select from dead_letter')).rowCount
  await owner.pool.query(`
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$;
    create constraint trigger refused after update on run deferrable initially deferred for each row execute function refuse()`)
  try {
    await expect(ticking(replies)).rejects.toThrow('refused')
    expect(await letters()).toBe(0)
  } finally {
    await owner.pool.query('drop trigger refused on run; drop function refuse()')
  }
  await ticking(replies)
  expect(await letters()).toBe(1)
})

test('T1: a reply for a run that another orchestrator holds waits in the inbox and is applied later', async () => {
  const [id] = await submit(1)
  await ticking()
  const owed = await debts()
  await inTransaction(owner.pool, async (tx) => {
    await tx.query('select from run where id = $1 for no key update', [id])
    const ticked = await ticking([started(owed[0]!), succeeded(owed[0]!)])
    expect(ticked.runs).toHaveLength(0)
    expect(ticked.entryIds).toHaveLength(2)
  })
  expect((await owner.pool.query('select from inbox')).rowCount).toBe(2)
  await ticking()
  expect((await owner.pool.query('select from inbox')).rowCount).toBe(0)
  expect(await debts()).toHaveLength(2)
})

test('T2: a run without its definition is parked with its events held, and the others go on', async () => {
  await owner.pool.query(
    `insert into definition_content (hash, definition) values ('gone', '{}') on conflict do nothing`,
  )
  const [lost] = await submit(1, 'never-registered')
  const [sound] = await submit(1)
  await ticking()
  expect((await rowOf(lost!)).status).toBe('parked')
  expect(parked).toContain(`${lost} DEFINITION_MISSING`)
  expect((await rowOf(sound!)).status).toBe('running')
})

test('T2: the replies of a run that is parked are held, and applied once it goes on', async () => {
  const [id] = await submit(1)
  await ticking()
  const owed = await debts()
  const unknown = { definitions: makeDefinitions(async () => undefined) }
  await ticking(
    owed.flatMap((debt) => [started(debt), succeeded(debt)]),
    unknown,
  )
  expect((await rowOf(id!)).status).toBe('parked')
  const { rows } = await owner.pool.query('select held from inbox where run_id = $1', [id])
  expect(rows).toEqual(Array.from({ length: owed.length * 2 }, () => ({ held: true })))
  await unparkRuns(owner.pool, [id!])
  await ticking()
  const after = await debts()
  for (const { step } of owed) expect(after.map((debt) => debt.step)).not.toContain(step)
  await settleAll()
  expect((await rowOf(id!)).status).toBe('completed')
})

test('T4: a missed deadline does not fire while replies are not read up to date', async () => {
  const [id] = await submit(1)
  await ticking()
  const [first] = await debts()
  await ticking([started(first!)])
  const { state } = await rowOf(id!)
  const due = { ...state, steps: { ...state.steps, [first!.step]: { ...state.steps[first!.step], dueAt: 1000 } } }
  await owner.pool.query(`update run set next_deadline_at = now() - interval '1 hour', state = $2 where id = $1`, [
    id,
    JSON.stringify(due),
  ])
  known.forget()
  // Not claimed for its deadline; and where it is claimed for something else, the deadline does not fire either.
  for (const replies of [[], [started(first!)]]) {
    await ticking(replies, {}, false)
    expect((await debts()).find((debt) => debt.step === first!.step)?.dispatch).toBe(first!.dispatch)
  }
  await ticking([], {}, true)
  expect((await debts()).find((debt) => debt.step === first!.step)?.dispatch).toBeGreaterThan(first!.dispatch)
})

test('T3: what is claimed is named before it is folded', async () => {
  const ids = await submit(2)
  const marked: string[] = []
  await ticking([], { markClaim: async (runs) => void marked.push(...runs.map((run) => run.runId)) })
  expect(marked.toSorted()).toEqual(ids.toSorted())
  const claimed = await inTransaction(engine.pool, (tx) => readClaimedRuns(tx, ids))
  expect(claimed.every((run) => run.position > 0)).toBe(true)
})

test('a definition that cannot be read just now parks nobody', async () => {
  parked.length = 0
  const [runId = ''] = await submit(1)
  const away = { byHash: () => Promise.reject(Object.assign(new Error('the connection broke'), { code: '57P01' })) }
  await expect(ticking([], { definitions: away })).rejects.toThrow('the connection broke')
  expect(parked).toEqual([])
  const ticked = await ticking()
  expect(ticked.runs.map(({ run }) => run.runId)).toEqual([runId])
})

test('an event that cannot be read whole just now parks nobody', async () => {
  parked.length = 0
  const [runId = ''] = await submit(1)
  await ticking()
  const event = { type: 'ResumeRequested', checkpoint: 1, by: 'spec' } as unknown as RunEvent // as far as it is read here
  await inTransaction(engine.pool, (tx) => insertInbox(tx, [{ runId, event, dedupKey: 'resume', traceparent: null }]))
  const away = () => Promise.reject(Object.assign(new Error('the connection broke'), { code: '57P01' }))
  await expect(ticking([], { restoreCheckpoint: away })).rejects.toThrow('the connection broke')
  expect(parked).toEqual([])
  expect((await rowOf(runId)).status).toBe('running')
})

test('what the environment says when a run begins stays with the run, whatever it says later', async () => {
  const [id] = await submit(1)
  await ticking([], { policies: { branchFailure: 'best-effort' } })
  const [first] = await debts()
  await ticking([started(first!)], { policies: { branchFailure: 'fail-fast' } })
  expect((await rowOf(id!)).state.policies).toEqual({ branchFailure: 'best-effort' })
  const { rows } = await owner.pool.query(
    `select event -> 'policies' as policies from history where run_id = $1 and position = 1`,
    [id],
  )
  expect(rows).toEqual([{ policies: { branchFailure: 'best-effort' } }])
})
