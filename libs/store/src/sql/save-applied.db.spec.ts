import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { JsonObject } from '@flotilla/engine'
import { v7 } from 'uuid'
import { aDatabase, aRing, type TestDatabase } from '../../../../tools/test-database.js'
import { openStore, type Store } from '../open-store.js'
import { aState, anApplied, anOwedJob, aSubmission } from '../testing.js'
import { asTenant, inTransaction } from '../transaction.js'
import type { AppliedRun, HistoryEntry, PublishedEvent } from './applied-run.js'
import { listArtifacts, readArtifact } from './artifacts.js'
import { listCheckpoints, readCheckpoint, readHistory, readStateParts } from './checkpoints.js'
import { claimRuns } from './claim-runs.js'
import { listOwedNotifications, markNotified } from './notifications.js'
import { readClaimedRuns, type ClaimedRun } from './read-claimed.js'
import { listRuns, readRun, readState } from './read-runs.js'
import { isStreamCursor, readAllStream, readStream, readStreamEnd } from './read-stream.js'
import { saveApplied } from './save-applied.js'
import { submitRuns } from './submit-runs.js'

let database: TestDatabase
let owner: Store
let gateway: Store
let engine: Store

beforeAll(async () => {
  database = await aDatabase()
  owner = openStore({ sealing: aRing, url: database.ownerUrl, max: 2, applicationName: 'spec-owner' })
  gateway = openStore({ sealing: aRing, url: database.gatewayUrl, max: 4, applicationName: 'spec-gateway' })
  engine = openStore({ sealing: aRing, url: database.engineUrl, max: 4, applicationName: 'spec-engine' })
})
afterAll(async () => {
  await Promise.all([owner.close(), gateway.close(), engine.close()])
  await database.drop()
})
beforeEach(async () => {
  await owner.pool.query('truncate run, history, idempotency, outbox, checkpoint, claim cascade')
})

const submitOne = async (given: Parameters<typeof aSubmission>[0] = {}) => {
  const submission = aSubmission(given)
  await submitRuns(gateway.pool, [submission])
  return submission.runId
}
/** One tick over one run. */
const tick = (runId: string, work: (run: ClaimedRun) => Partial<AppliedRun>) =>
  inTransaction(engine.pool, async (tx) => {
    await claimRuns(tx, { going: [runId], runsMax: 9, admissionsMax: 0, inFlightMax: 9, withDeadlines: false })
    const [run] = await readClaimedRuns(tx, [runId])
    if (run === undefined) throw new Error('no such run')
    await saveApplied(tx, [anApplied(run, work(run))])
  })
const aPublished = (seq: number, type = 'progress'): PublishedEvent => ({
  seq,
  type,
  phase: null,
  status: 'running',
  message: `event ${seq}`,
  progress: 0,
  stepProgress: null,
  step: null,
  spanKey: 'run',
  spanId: null,
  meta: {},
})
const anEntry = (position: number, given: Partial<HistoryEntry> = {}): HistoryEntry => ({
  position,
  at: 1_795_000_000_123,
  event: { type: 'RunStarted', at: 1_795_000_000_123, input: { amount: 1 } },
  ignored: null,
  patch: { [`p${position}`]: position },
  published: [],
  ...given,
})
const acme = <T>(work: Parameters<typeof asTenant<T>>[2]) => asTenant(gateway.pool, 'acme', work)

test('what a tick did to a run is read back', async () => {
  const runId = await submitOne({ tags: ['vip'] })
  const before = await acme((tx) => readRun(tx, runId))
  expect(before).toMatchObject({ status: 'created', view: null, progress: 0, startedAt: null, tags: ['vip'] })
  const state = aState(runId, {
    status: 'completed',
    finishedAt: 1_795_000_001_000,
    published: 4,
    progress: 1,
    result: { decision: 'approve' },
  })
  const artifact = {
    id: 'a1',
    name: 'letter',
    version: 1,
    type: 'letter',
    mediaType: 'text/plain',
    content: 'Dear',
    sha256: 'ff',
    step: 'letter',
    parentId: null,
    metadata: null,
  }
  await tick(runId, () => ({
    state,
    position: 2,
    history: [
      anEntry(1, { published: [aPublished(1), aPublished(2)] }),
      anEntry(2, { published: [aPublished(3), aPublished(4)] }),
    ],
    checkpoints: [{ number: 1, label: 'intake', step: 'intake', position: 1, data: null, snapshot: null }],
    artifacts: [artifact],
    notifications: [{ channel: 'email', message: 'done', step: 'letter' }],
  }))
  const run = await acme((tx) => readRun(tx, runId))
  expect(run).toMatchObject({
    status: 'completed',
    progress: 1,
    published: 4,
    result: { decision: 'approve' },
    error: null,
  })
  expect(run?.finishedAt?.getTime()).toBe(1_795_000_001_000)
  expect(run?.view).not.toHaveProperty('scopes')
  expect((await acme((tx) => readState(tx, runId)))?.state).toEqual(state)
  expect(await acme((tx) => listArtifacts(tx, runId))).toMatchObject([{ artifactId: 'a1', name: 'letter' }])
  expect(await acme((tx) => readArtifact(tx, runId, 'a1'))).toMatchObject({ content: 'Dear' })
  expect(await acme((tx) => listCheckpoints(tx, runId))).toMatchObject([{ number: 1, label: 'intake', position: 1 }])
  const [notification] = await listOwedNotifications(engine.pool, 9)
  expect(notification).toMatchObject({ channel: 'email', runId })
  await markNotified(engine.pool, [notification?.id ?? ''])
  expect(await listOwedNotifications(engine.pool, 9)).toEqual([])
})

test('S1: a debt opened and paid in one tick is never written, and a paid one is gone', async () => {
  const runId = await submitOne()
  const owed = [anOwedJob(), anOwedJob({ dispatch: 2 })]
  await tick(runId, () => ({ owed, paid: [{ step: 'kyc', dispatch: 2 }] }))
  const left = async () => (await engine.pool.query<{ dispatch: number }>('select dispatch from outbox')).rows
  expect(await left()).toEqual([{ dispatch: 1 }])
  await tick(runId, () => ({ paid: [{ step: 'kyc', dispatch: 1 }] }))
  expect(await left()).toEqual([])
})

test('S2: a stored deadline may be early and is never late', async () => {
  const runId = await submitOne()
  const { rows } = await owner.pool.query<{ ms: number }>(`select (extract(epoch from now()) * 1000)::bigint as ms`)
  const base = rows[0]?.ms ?? 0
  const stored = async () =>
    (await owner.pool.query<{ at: Date | null }>('select next_deadline_at as at from run')).rows[0]?.at?.getTime() ??
    null
  const save = (nextDeadlineAt: number | null, state = aState(runId)) => tick(runId, () => ({ nextDeadlineAt, state }))
  await save(base + 60_000)
  await save(base + 90_000)
  expect(await stored()).toBe(base + 60_000)
  await save(base + 50_000)
  expect(await stored()).toBe(base + 50_000)
  await owner.pool.query(`update run set next_deadline_at = now() - interval '1 ms'`)
  await save(base + 90_000)
  expect(await stored()).toBe(base + 90_000)
  await save(null, aState(runId, { status: 'completed', finishedAt: base }))
  expect(await stored()).toBeNull()
})

test('an unlocked second save of a position is refused whole', async () => {
  const runId = await submitOne()
  await tick(runId, () => ({ position: 1, history: [anEntry(1)] }))
  const again = tick(runId, () => ({ position: 1, history: [anEntry(1)], owed: [anOwedJob()] }))
  await expect(again).rejects.toMatchObject({ code: '23505' })
  expect((await engine.pool.query('select from outbox')).rowCount).toBe(0)
})

test('NUL and lone surrogates in an answer do not refuse the batch', async () => {
  const runId = await submitOne()
  const nasty = 'a\0b\ud800c\\u0000'
  await tick(runId, () => ({
    history: [anEntry(1, { patch: { [nasty]: [nasty] } })],
    state: aState(runId, { result: nasty }),
  }))
  expect((await acme((tx) => readRun(tx, runId)))?.result).toBe('a\ufffdb\ufffdc\\u0000')
})

test('patches are given from the nearest snapshot before a position', async () => {
  const runId = await submitOne()
  const snapshot = aState(runId)
  await tick(runId, () => ({
    position: 5,
    history: [1, 2, 3, 4, 5].map((n) => anEntry(n, n === 4 ? { patch: null, ignored: 'late' } : {})),
    checkpoints: [
      { number: 1, label: 'a', step: null, position: 2, data: { x: 1 }, snapshot },
      { number: 2, label: 'b', step: null, position: 5, data: null, snapshot: null },
      { number: 3, label: 'a', step: null, position: 5, data: null, snapshot: null },
    ],
  }))
  const parts = (position: number) => acme((tx) => readStateParts(tx, runId, position))
  expect(await parts(5)).toEqual({ snapshot, patches: [{ p3: 3 }, { p5: 5 }] })
  expect(await parts(1)).toEqual({ snapshot: null, patches: [{ p1: 1 }] })
  const numberOf = async (name: string) => (await acme((tx) => readCheckpoint(tx, runId, name)))?.number
  expect([await numberOf('2'), await numberOf('a'), await numberOf('zz'), await numberOf(`'; --`)]).toEqual([
    2,
    3,
    undefined,
    undefined,
  ])
  const history = await acme((tx) => readHistory(tx, runId, { after: 3, limit: 1 }))
  expect(history).toMatchObject([{ position: 4, ignored: 'late', patch: null }])
})

test('a stream resumes after a number, in one snapshot with the status', async () => {
  const runId = await submitOne()
  await tick(runId, () => ({
    state: aState(runId, { published: 3 }),
    position: 3,
    history: [
      anEntry(1, { published: [aPublished(1), aPublished(2)] }),
      anEntry(2),
      anEntry(3, { published: [aPublished(3)] }),
    ],
  }))
  const from = (afterSeq: number, afterPosition = 0) =>
    acme((tx) => readStream(tx, runId, { afterSeq, afterPosition, limit: 100 }))
  const seqs = async (afterSeq: number) => (await from(afterSeq))?.items.map(({ event }) => event.seq)
  expect(await seqs(0)).toEqual([1, 2, 3])
  expect(await seqs(1)).toEqual([2, 3])
  expect(await seqs(3)).toEqual([])
  expect(await from(3, 3)).toMatchObject({ status: 'running', published: 3, position: 3, items: [] })
  expect(await acme((tx) => readStream(tx, v7(), { afterSeq: 0, limit: 1 }))).toBeNull()
})

/** Until no transaction is open that is older than what was written: other databases of the server count, as specs run beside this one. */
const nothingOlderIsOpen = () =>
  expect
    .poll(async () => {
      const xmin = BigInt((await acme(readStreamEnd)).split('.')[0] ?? '')
      const { rows } = await owner.pool.query<{ last: string }>('select max(commit)::text as last from history')
      return xmin > BigInt(rows[0]?.last ?? '')
    })
    .toBe(true)

test('the stream over all runs neither loses nor repeats an event, whichever transaction commits first', async () => {
  const [slow, fast, third] = [await submitOne(), await submitOne(), await submitOne()]
  const start = await acme(readStreamEnd)
  const publish = (runId: string, from: number) => () => ({
    position: 1,
    history: [anEntry(1, { published: [aPublished(from), aPublished(from + 1)] })],
    state: aState(runId, { published: from + 1 }),
  })
  const seen: string[] = []
  let cursor = start
  const read = async (limit = 100) => {
    const page = await acme((tx) => readAllStream(tx, { after: cursor, limit }))
    seen.push(...page.items.map(({ runId, event }) => `${runId} ${event.seq}`))
    cursor = page.cursor
    return page
  }
  await inTransaction(engine.pool, async (tx) => {
    const [run] = await readClaimedRuns(tx, [slow])
    if (run !== undefined) await saveApplied(tx, [anApplied(run, publish(slow, 1)())])
    await tick(fast, publish(fast, 1)) // begins later, commits first
    expect(await read()).toMatchObject({ held: true, more: false })
    expect(seen).toEqual([])
  })
  await nothingOlderIsOpen()
  expect(await read(1)).toMatchObject({ held: false, more: true })
  await tick(third, publish(third, 1))
  while (seen.length < 6) await read(1)
  await nothingOlderIsOpen()
  await read()
  expect(seen).toEqual([slow, fast, third].flatMap((id) => [`${id} 1`, `${id} 2`]))
})

test('the stream over all runs goes on within one entry, and refuses a foreign cursor', async () => {
  const runId = await submitOne()
  const start = await acme(readStreamEnd)
  await tick(runId, () => ({ position: 1, history: [anEntry(1, { published: [aPublished(1), aPublished(2)] })] }))
  await nothingOlderIsOpen()
  const { items } = await acme((tx) => readAllStream(tx, { after: start, limit: 9 }))
  expect(items.map(({ cursor }) => isStreamCursor(cursor))).toEqual([true, true])
  const rest = await acme((tx) => readAllStream(tx, { after: items[0]?.cursor ?? '', limit: 9 }))
  expect(rest.items.map(({ event }) => event.seq)).toEqual([2])
  expect(['', '1', `1.2.3.4'; --`, '99999999999999999999.' + '0'.repeat(32) + '.1.1'].map(isStreamCursor)).toEqual([
    false,
    false,
    false,
    false,
  ])
})

test('the stream over all runs asks for its tenant itself, and does not leave it to row-level security', async () => {
  const runId = await submitOne()
  const start = await acme(readStreamEnd)
  await tick(runId, () => ({ position: 1, history: [anEntry(1, { published: [aPublished(1)] })] }))
  await nothingOlderIsOpen()
  // The engine's role sees the runs of every tenant.
  const seenAs = (tenant: string) =>
    inTransaction(engine.pool, async (tx) => {
      await tx.query(`select set_config('flotilla.tenant', $1, true)`, [tenant])
      return (await readAllStream(tx, { after: start, limit: 9 })).items.map((item) => item.runId)
    })
  expect(await seenAs('acme')).toEqual([runId])
  expect(await seenAs('globex')).toEqual([])
})

test('runs are listed newest first by page, status, workflow and tag, children left out', async () => {
  const first = await submitOne({ tags: ['x'] })
  const second = await submitOne({ workflow: 'credit-desk' })
  const third = await submitOne({ tags: ['x', 'y'] })
  await owner.pool.query(
    'insert into run (id, tenant_id, workflow, version, definition_hash, order_key, input, submitted_by, trace_id, parent_run_id) select gen_random_uuid(), tenant_id, workflow, 1, $$h$$, 1, input, submitted_by, trace_id, id from run where id = $1',
    [first],
  )
  await tick(second, () => ({}))
  const list = async (filter: Partial<Parameters<typeof listRuns>[1]>) =>
    (await acme((tx) => listRuns(tx, { limit: 10, ...filter }))).map(({ runId }) => runId)
  expect(await list({})).toEqual([third, second, first])
  expect(await list({ limit: 2 })).toEqual([third, second])
  expect(await list({ limit: 2, before: second })).toEqual([first])
  expect(await list({ tag: 'x' })).toEqual([third, first])
  expect(await list({ status: 'running' })).toEqual([second])
  expect(await list({ workflow: 'credit-desk' })).toEqual([second])
  expect(await list({ tag: `x' or true --` })).toEqual([])
})

test('what a run had saved is marked incomplete when it is cancelled, and no longer when it goes on', async () => {
  const runId = await submitOne()
  const artifact = (version: number, metadata: JsonObject | null) => ({
    id: `a${version}`,
    name: 'draft',
    version,
    type: 'text',
    mediaType: 'text/plain',
    content: 'so far',
    sha256: 'ff',
    step: 'draft',
    parentId: null,
    metadata,
  })
  const kept = async () => (await acme((tx) => listArtifacts(tx, runId))).map(({ metadata }) => metadata)
  await tick(runId, () => ({ artifacts: [artifact(1, { createdBy: 'draft' }), artifact(2, null)] }))
  await tick(runId, () => ({
    artifacts: [artifact(3, { incomplete: true })],
    artifactsIncomplete: true,
  }))
  expect(await kept()).toEqual([{ createdBy: 'draft', incomplete: true }, { incomplete: true }, { incomplete: true }])
  await tick(runId, () => ({ artifactsIncomplete: false }))
  expect(await kept()).toEqual([{ createdBy: 'draft' }, {}, {}])
})
