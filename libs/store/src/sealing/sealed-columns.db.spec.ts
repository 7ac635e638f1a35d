/** What Postgres holds of a run cannot be read without the key of the run and the ring. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase, aRing, type TestDatabase } from '../../../../tools/test-database.js'
import { openStore, type Store } from '../open-store.js'
import { claimRuns } from '../sql/claim-runs.js'
import { readArtifact } from '../sql/artifacts.js'
import { readHistory, readStateParts } from '../sql/checkpoints.js'
import { readInput } from '../sql/fork-run.js'
import { listRunGates } from '../sql/gates.js'
import { insertInbox } from '../sql/insert-inbox.js'
import { readItems, saveItems } from '../sql/map-items.js'
import { readClaimedRuns, readEvents } from '../sql/read-claimed.js'
import { listRuns, readRun, readState } from '../sql/read-runs.js'
import { packEvents, unpackEvents } from '../sql/published-events.js'
import { readStream } from '../sql/read-stream.js'
import { takeOwed } from '../sql/relay.js'
import { saveApplied } from '../sql/save-applied.js'
import { submitRuns } from '../sql/submit-runs.js'
import { aState, aSubmission, anApplied, anOwedJob } from '../testing.js'
import { asTenant, inTransaction } from '../transaction.js'
import { runKeys } from './run-keys.js'
import { sealEvent } from './sealed-event.js'

let database: TestDatabase
let owner: Store
let engine: Store
let gateway: Store
const open = (url: string, sealing: typeof aRing | 'open' = aRing) =>
  openStore({ sealing, url, max: 4, applicationName: 'spec' })
beforeAll(async () => {
  database = await aDatabase()
  owner = open(database.ownerUrl)
  engine = open(database.engineUrl)
  gateway = open(database.gatewayUrl)
})
afterAll(async () => {
  await Promise.all([owner.close(), engine.close(), gateway.close()])
  await database.drop()
})

const token = 'ZZPIISEALED'
const limits = { going: [], runsMax: 50, admissionsMax: 50, inFlightMax: 500, withDeadlines: true }

/** A run with personal data in every place that a tick writes. */
const aRunFullOf = async (store: Store = engine): Promise<string> => {
  const submission = aSubmission({ input: { name: token } })
  await submitRuns(gateway.pool, [submission])
  const { runId } = submission
  await inTransaction(store.pool, async (tx) => {
    await claimRuns(tx, limits)
    const [run] = await readClaimedRuns(tx, [runId])
    if (!run) throw new Error('the run is not there')
    await saveApplied(tx, [
      anApplied(run, {
        position: 1,
        state: aState(runId, { scopes: { '': { input: { name: token }, data: { city: token } } }, result: token }),
        history: [
          {
            position: 1,
            at: 1_795_000_000_000,
            event: {
              type: 'StepSucceeded',
              at: 1,
              step: 'kyc',
              dispatch: 1,
              attempt: 1,
              output: { name: token },
              usage: { model: 'm', inputTokens: 1, outputTokens: 2 },
            },
            ignored: null,
            patch: { s: { name: token } },
            published: [],
          },
        ],
        owed: [anOwedJob({ dispatch: 2, payload: { input: { name: token }, decision: { name: token } } })],
        openedGates: [
          {
            id: 'review.1',
            gate: 'review',
            step: 'review',
            visit: 1,
            shown: { name: token },
            shownHash: 'h',
            outcomes: ['approve'],
            openedAt: 1,
            dueAt: null,
          },
        ],
        checkpoints: [
          { number: 1, label: 'noted', step: null, position: 1, data: { name: token }, snapshot: aState(runId) },
        ],
        artifacts: [
          {
            id: 'letter.1',
            name: 'letter',
            version: 1,
            type: 'letter',
            mediaType: 'text/plain',
            content: token,
            sha256: 'h',
            step: 'letter',
            parentId: null,
            metadata: null,
          },
        ],
      }),
    ])
    const map = { runId, tenantId: 'acme', step: 'each', visit: 1 }
    await saveItems(tx, {
      opened: [{ ...map, items: [{ name: token }] }],
      saved: [{ ...map, index: 0, status: 'done', output: { name: token }, error: null }],
    })
    const signal = { type: 'SignalReceived', name: 'paid', payload: { name: token }, by: 'bank' } as const
    await insertInbox(tx, [{ runId, event: signal, dedupKey: null, traceparent: null }])
  })
  return runId
}

/** Every row of every table of the product as text, as a dump of the database shows it. */
const dump = async (): Promise<string> => {
  const { rows: tables } = await owner.pool.query<{ name: string }>(`
    select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'vault') and c.relkind in ('r', 'p') and not c.relispartition`)
  const texts: string[] = []
  for (const { name } of tables) {
    const { rows } = await owner.pool.query<{ text: string }>(`select row_to_json(t)::text as text from ${name} t`)
    texts.push(...rows.map(({ text }) => `${name} ${text}`))
  }
  return texts.join('\n')
}

test('V1 a dump of the database holds nothing of what a run is about, and the store reads all of it', async () => {
  const runId = await aRunFullOf()
  const text = await dump()
  expect(text).toContain(runId)
  expect(text.split('\n').filter((row) => row.includes(token))).toEqual([])
  const given = { name: token }
  await asTenant(gateway.pool, 'acme', async (tx) => {
    expect(await readInput(tx, runId)).toEqual({ input: given })
    expect((await readState(tx, runId))?.state).toMatchObject({ status: 'running', scopes: { '': { input: given } } })
    expect(await readRun(tx, runId)).toMatchObject({ result: token, unreadable: null, view: { steps: {} } })
    expect(await readHistory(tx, runId, { after: 0, limit: 10 })).toMatchObject([
      { event: { type: 'StepSucceeded', output: given }, patch: { s: given } },
    ])
    expect(await listRunGates(tx, runId)).toMatchObject([{ shown: given }])
    expect((await readArtifact(tx, runId, 'letter.1'))?.content).toBe(token)
  })
  await inTransaction(engine.pool, async (tx) => {
    expect(await readItems(tx, { runId, step: 'each', visit: 1 }, { from: 0, count: 1 })).toEqual([given])
    const { events } = await readEvents(tx, [runId], { eventsMax: 9, bytesMax: 9_999 })
    expect(events).toMatchObject([{ event: { type: 'SignalReceived', payload: given }, unreadable: null }])
    const owed = (await takeOwed(tx, { windowMax: 50 })).filter((row) => row.runId === runId)
    expect(owed).toMatchObject([{ payload: { input: given, decision: given }, unreadable: null }])
  })
})

test('V2 what is put into the row of another run, or another column, does not open', async () => {
  const [mine, other] = [await aRunFullOf(), await aRunFullOf()]
  const swaps: readonly (readonly [string, (runId: string) => Promise<unknown>])[] = [
    [
      `update run a set state = b.state from run b where a.id = $1 and b.id = $2`,
      async (runId) =>
        inTransaction(gateway.pool, async (tx) => {
          await tx.query(`set local flotilla.tenant = 'acme'`)
          return readState(tx, runId)
        }),
    ],
    [
      `update run a set result = b.input from run b where a.id = $1 and b.id in ($1, $2)`,
      async (runId) => {
        const found = await asTenant(gateway.pool, 'acme', (tx) => readRun(tx, runId))
        throw Object.assign(new Error(), { code: found?.unreadable })
      },
    ],
    [
      `update artifact a set content = b.content from artifact b where a.run_id = $1 and b.run_id = $2`,
      (runId) => asTenant(gateway.pool, 'acme', (tx) => readArtifact(tx, runId, 'letter.1')),
    ],
    [
      `update map_item a set item = b.output from map_item b where a.run_id = $1 and b.run_id in ($1, $2)`,
      (runId) =>
        inTransaction(engine.pool, (tx) => readItems(tx, { runId, step: 'each', visit: 1 }, { from: 0, count: 1 })),
    ],
  ]
  for (const [sql, read] of swaps) {
    await owner.pool.query(sql, [mine, other])
    await expect(read(mine), sql).rejects.toMatchObject({ code: 'DATA_UNREADABLE' })
  }
  const [run] = await inTransaction(engine.pool, (tx) => readClaimedRuns(tx, [mine]))
  expect(run).toMatchObject({ state: null, input: null, unreadable: 'DATA_UNREADABLE' })
})

test('K2 a key that is moved to another run, and another ring, open nothing', async () => {
  const [mine, other] = [await aRunFullOf(), await aRunFullOf()]
  await owner.pool.query(
    `update run_key a set wrapped = b.wrapped from run_key b where a.run_id = $1 and b.run_id = $2`,
    [mine, other],
  )
  const elsewhere = open(database.engineUrl)
  const stranger = open(database.engineUrl, { current: 'spec', keys: { spec: new Uint8Array(32).fill(8) } })
  try {
    for (const [store, runId] of [
      [elsewhere, mine],
      [stranger, other],
    ] as const) {
      await expect(inTransaction(store.pool, (tx) => readState(tx, runId))).rejects.toMatchObject({
        code: 'DATA_KEY_UNREADABLE',
      })
      // What comes meanwhile is kept, and can be read once the key is right again.
      const event = { type: 'CancelRequested', by: 'x', reason: token } as const
      await inTransaction(store.pool, (tx) => insertInbox(tx, [{ runId, event, dedupKey: 'late', traceparent: null }]))
    }
    expect(await dump()).not.toContain(token)
    const { events } = await inTransaction(elsewhere.pool, (tx) =>
      readEvents(tx, [mine], { eventsMax: 9, bytesMax: 9_999 }),
    )
    expect(events.map(({ event, unreadable }) => [event.type, unreadable])).toEqual([
      ['SignalReceived', 'DATA_KEY_UNREADABLE'],
      ['CancelRequested', null],
    ])
  } finally {
    await Promise.all([elsewhere.close(), stranger.close()])
  }
})

test('R2 a run from before the sealing of columns is read as it is, and sealed when it is next saved', async () => {
  const before = open(database.engineUrl, 'open')
  const submission = aSubmission({ input: { name: 'Old' } })
  try {
    await submitRuns(before.pool, [submission])
    const { runId } = submission
    await inTransaction(engine.pool, async (tx) => {
      await claimRuns(tx, limits)
      const [run] = await readClaimedRuns(tx, [runId])
      expect(run).toMatchObject({ input: { name: 'Old' }, unreadable: null })
      if (run) await saveApplied(tx, [anApplied(run, { position: 0, state: aState(runId) })])
    })
    const { rows } = await owner.pool.query('select state from run where id = $1', [runId])
    expect(Object.keys(rows[0].state)).toContain('~sealed')
    expect(rows[0].state).not.toHaveProperty('scopes')
    expect((await inTransaction(engine.pool, (tx) => readState(tx, runId)))?.state).toEqual(aState(runId))
    // Nobody who does not seal reads it.
    await expect(inTransaction(before.pool, (tx) => readState(tx, runId))).rejects.toMatchObject({
      code: 'DATA_KEY_UNREADABLE',
    })
  } finally {
    await before.close()
  }
})

test('R2 an entry whose event and patch were sealed apart, and whose events are kept by name, is read as it is', async () => {
  const runId = await aRunFullOf()
  const place = { table: 'history', runId, row: [2] } as const
  const event = {
    type: 'StepSucceeded',
    at: 2,
    step: 'kyc',
    dispatch: 1,
    attempt: 1,
    output: token,
    usage: null,
  } as const
  const published = {
    ...{ seq: 7, type: 'step.completed', phase: 'kyc', status: 'done', message: 'Kyc complete', progress: 1 },
    ...{ stepProgress: 1, step: 'kyc', spanKey: 'step:kyc:1', spanId: 'c2d822756158a137', meta: {} },
  }
  await inTransaction(engine.pool, async (tx) => {
    const keys = await runKeys(tx, [runId])
    await tx.query(
      `insert into history (run_id, position, tenant_id, at, event, patch, published, seq_from, seq_to)
      values ($1, 2, 'acme', now(), $2, $3, $4, 7, 7)`,
      [
        runId,
        JSON.stringify(sealEvent(keys, place, event)),
        JSON.stringify(keys.seal(runId, { table: 'history', column: 'patch', row: [2] }, { s: { city: token } })),
        JSON.stringify([published]),
      ],
    )
  })
  await asTenant(gateway.pool, 'acme', async (tx) => {
    const [, old] = await readHistory(tx, runId, { after: 0, limit: 10 })
    expect(old).toMatchObject({ event, patch: { s: { city: token } } })
    expect((await readStateParts(tx, runId, 2)).patches).toEqual([{ s: { city: token } }])
    expect((await readStream(tx, runId, { afterSeq: 6, limit: 9 }))?.items).toMatchObject([{ event: published }])
  })
})

test('what an entry published is kept by place, and read again by name', () => {
  const events = [
    {
      ...({ seq: 4, type: 'run.started', phase: null, step: null, status: 'running', message: 'Begun' } as const),
      progress: 0,
      stepProgress: null,
      spanId: null,
      meta: {},
    },
    {
      ...({ seq: 5, type: 'progress', phase: 'a', step: 'a.b', status: 'done', message: 'x' } as const),
      progress: 0.5,
      stepProgress: 1,
      spanId: 'c2d822756158a137',
      meta: { n: [1] },
    },
  ]
  const packed = packEvents(events)
  expect(packed?.map((one) => one.length)).toEqual([8, 9])
  expect(unpackEvents(JSON.parse(JSON.stringify(packed)), 4)).toEqual(events)
  expect([packEvents([]), unpackEvents(null, null)]).toEqual([null, []])
})

test('a listing goes on where one run does not open, and says which', async () => {
  const runId = await aRunFullOf()
  await owner.pool.query(`delete from run_key where run_id = $1`, [runId])
  const fresh = open(database.gatewayUrl)
  try {
    const page = await asTenant(fresh.pool, 'acme', (tx) => listRuns(tx, { limit: 100 }))
    expect(page.find((run) => run.runId === runId)).toMatchObject({
      status: 'running',
      result: null,
      view: null,
      unreadable: 'DATA_KEY_UNREADABLE',
    })
    expect(page.some((run) => run.unreadable === null)).toBe(true)
  } finally {
    await fresh.close()
  }
})
