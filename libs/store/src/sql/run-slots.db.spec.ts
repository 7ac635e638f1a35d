import type { Json, RunLimit } from '@flotilla/engine'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aDatabase, aRing, type TestDatabase } from '../../../../tools/test-database.js'
import { openStore, type Store } from '../open-store.js'
import { aState, anApplied, aSubmission } from '../testing.js'
import { asTenant, inTransaction } from '../transaction.js'
import { appendCommand, type AskedEvent } from './append-command.js'
import { claimRuns, type ClaimLimits } from './claim-runs.js'
import { insertInbox } from './insert-inbox.js'
import { parkRun, unparkRuns } from './parking.js'
import { readClaimedRuns, readEvents } from './read-claimed.js'
import { grantSlots, limitRun } from './run-slots.js'
import { saveApplied } from './save-applied.js'
import { submitRuns, type Submission } from './submit-runs.js'

let database: TestDatabase
let owner: Store
let engine: Store
let gateway: Store

beforeAll(async () => {
  database = await aDatabase()
  owner = openStore({
    sealing: aRing,
    url: database.ownerUrl,
    max: 2,
    applicationName: 'spec-owner',
    statementTimeoutMs: 60_000,
  })
  engine = openStore({ sealing: aRing, url: database.engineUrl, max: 10, applicationName: 'spec-engine' })
  gateway = openStore({ sealing: aRing, url: database.gatewayUrl, max: 10, applicationName: 'spec-gateway' })
})
afterAll(async () => {
  await Promise.all([owner.close(), engine.close(), gateway.close()])
  await database.drop()
})
beforeEach(async () => {
  await owner.pool.query('truncate run, idempotency, outbox, checkpoint, claim cascade')
})

const limits: ClaimLimits = { going: [], runsMax: 50, admissionsMax: 50, inFlightMax: 500, withDeadlines: true }
const limit = (behaviour: RunLimit['behaviour'], max = 1, value: Json = null): RunLimit => ({ behaviour, max, value })
const submit = async (given: Partial<Submission>, count = 1) => {
  const batch = Array.from({ length: count }, () => aSubmission(given))
  const outcomes = await submitRuns(gateway.pool, batch)
  return batch.map(({ runId }, index) => ({ runId, outcome: outcomes[index]?.outcome }))
}
const grant = async () => (await grantSlots(engine.pool, { nextTenant: null, nextKey: null })).granted
/** Claims what may be claimed, and saves it in a status. */
const tick = (
  status: 'running' | 'completed' | 'failed' | 'cancelled' | 'waiting' = 'running',
  given: Partial<ClaimLimits> = {},
) =>
  inTransaction(engine.pool, async (tx) => {
    const { going, admitted } = await claimRuns(tx, { ...limits, ...given })
    const ids = [...going, ...admitted]
    const runs = await readClaimedRuns(tx, ids)
    const { events } = await readEvents(tx, ids, { eventsMax: 100, bytesMax: 1e6 })
    const finishedAt = status === 'running' || status === 'waiting' ? null : 1_795_000_000_000
    await saveApplied(
      tx,
      runs.map((run) =>
        anApplied(run, {
          state: aState(run.runId, { status, finishedAt }),
          inboxIds: events.filter(({ runId }) => runId === run.runId).map(({ inboxId }) => inboxId),
        }),
      ),
    )
    return ids.toSorted()
  })
const end = async (runId: string, status: 'completed' | 'failed' | 'cancelled') => {
  await insertInbox(engine.pool, [
    {
      runId,
      event: { type: 'SignalReceived', name: 'end', payload: null, by: 'x' },
      dedupKey: null,
      traceparent: null,
    },
  ])
  expect(await tick(status)).toEqual([runId])
}
const ask = (runId: string, event: AskedEvent) =>
  asTenant(gateway.pool, 'acme', (tx) => appendCommand(tx, { runId, event, dedupKey: null, traceparent: null }))
const resume: AskedEvent = { type: 'ResumeRequested', by: 'x', checkpoint: null }
const cancel: AskedEvent = { type: 'CancelRequested', by: 'x', reason: null }
const signal: AskedEvent = { type: 'SignalReceived', name: 'ping', payload: null, by: 'x' }

describe('a limit that queues', () => {
  test('lets no more than its number in at once, and the next as soon as one has ended, in order', async () => {
    const ids = (await submit({ limit: limit('queue', 2) }, 5)).map(({ runId }) => runId)
    expect(await tick()).toEqual(ids.slice(0, 2))
    expect([await grant(), await tick()]).toEqual([0, []])
    for (const [status, next] of [
      ['completed', 2],
      ['failed', 3],
      ['cancelled', 4],
    ] as const) {
      await end(ids[next - 2] ?? '', status)
      expect([await grant(), await tick()]).toEqual([1, [ids[next]]])
    }
    expect(await grant()).toBe(0)
  })

  test('is one per tenant, workflow and value of its key', async () => {
    await submit({ limit: limit('queue', 1, 'a') }, 2)
    await submit({ limit: limit('queue', 1, 'b') }, 2)
    await submit({ limit: limit('queue', 1, 'a'), tenant: 'rival' }, 2)
    await submit({ limit: limit('queue', 1, 'a'), workflow: 'other' }, 2)
    expect(await tick()).toHaveLength(4)
    expect([await grant(), await tick()]).toEqual([0, []])
  })

  test('ten that give slots at once and a flood of submissions give no slot twice', async () => {
    await Promise.all([
      ...Array.from({ length: 10 }, () => submit({ limit: limit('queue', 3) }, 5)),
      ...Array.from({ length: 10 }, grant),
    ])
    await grant()
    expect(await tick()).toHaveLength(3)
  })

  test('a run that waits at a gate keeps its slot, a parked one frees it and waits for one again when it is let go', async () => {
    const [first, second, third] = (await submit({ limit: limit('queue') }, 3)).map(({ runId }) => runId)
    expect(await tick('waiting')).toEqual([first])
    expect(await grant()).toBe(0)
    await inTransaction(engine.pool, (tx) => parkRun(tx, first ?? '', 'APPLY_FAILED'))
    expect([await grant(), await tick()]).toEqual([1, [second]])
    expect(await unparkRuns(engine.pool, [first ?? ''])).toBe(1)
    expect([await grant(), await tick()]).toEqual([0, []])
    await end(second ?? '', 'completed')
    expect([await grant(), await tick('completed')]).toEqual([1, [first]])
    expect([await grant(), await tick()]).toEqual([1, [third]])
  })

  test('a failed run that is resumed waits for a slot, and counts from the moment that it has one', async () => {
    const [first, second] = (await submit({ limit: limit('queue') }, 2)).map(({ runId }) => runId)
    await tick('failed')
    expect([await grant(), await tick()]).toEqual([1, [second]])
    expect(await ask(first ?? '', resume)).toMatchObject({ outcome: 'appended' })
    expect([await grant(), await tick()]).toEqual([0, []])
    await end(second ?? '', 'completed')
    // A submission gives what is free: to who waits longest.
    const [later] = await submit({ limit: limit('queue') })
    expect(await grant()).toBe(0)
    expect(await tick()).toEqual([first])
    await end(first ?? '', 'completed')
    expect([await grant(), await tick()]).toEqual([1, [later?.runId]])
  })

  test('what comes for a run that waits is held until it has a slot, and a cancellation is not', async () => {
    const [first, second, third] = (await submit({ limit: limit('queue') }, 3)).map(({ runId }) => runId)
    await tick()
    await ask(second ?? '', signal)
    await ask(third ?? '', signal)
    await ask(third ?? '', cancel)
    expect(await tick('cancelled')).toEqual([third])
    await end(first ?? '', 'completed')
    expect([await grant(), await tick()]).toEqual([1, [second]])
    const { rows } = await owner.pool.query('select status, slot_waits from run where id = $1', [third])
    expect(rows).toEqual([{ status: 'cancelled', slot_waits: true }])
    await end(second ?? '', 'completed')
    expect(await grant()).toBe(0)
  })

  test('a deadline of a run that waits for a slot waits too', async () => {
    const [first] = await submit({ limit: limit('queue') })
    await tick('waiting')
    await inTransaction(engine.pool, (tx) => parkRun(tx, first?.runId ?? '', 'APPLY_FAILED'))
    const [second] = await submit({ limit: limit('queue') })
    await unparkRuns(engine.pool, [first?.runId ?? ''])
    expect(await tick()).toEqual([second?.runId])
    expect(await tick()).toEqual([])
  })

  test('a run made otherwise is put under the limit in its transaction', async () => {
    await submit({ limit: limit('queue') })
    const { runId } = aSubmission()
    await submitRuns(owner.pool, [aSubmission({ runId })])
    await asTenant(gateway.pool, 'acme', (tx) =>
      limitRun(tx, { runId, workflow: 'bench-desk', limit: limit('reject') }),
    )
    expect(await grant()).toBe(0)
    expect(await tick()).not.toContain(runId)
  })
})

describe('a limit that rejects', () => {
  test('refuses what is too much, also within one batch, and takes the next once a run has ended', async () => {
    const submitted = await submit({ limit: limit('reject', 2) }, 3)
    expect(submitted.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted', 'limited'])
    expect(await tick()).toHaveLength(2)
    expect((await submit({ limit: limit('reject', 2) }))[0]?.outcome).toBe('limited')
    await end(submitted[0]?.runId ?? '', 'completed')
    expect((await submit({ limit: limit('reject', 2) }))[0]?.outcome).toBe('accepted')
    expect((await owner.pool.query('select from run')).rowCount).toBe(3)
  })

  test('of fifty submissions at once exactly as many are accepted as may be', async () => {
    const submitted = (
      await Promise.all(Array.from({ length: 50 }, () => submit({ limit: limit('reject', 4) })))
    ).flat()
    expect(submitted.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(4)
    expect(submitted.filter(({ outcome }) => outcome === 'limited')).toHaveLength(46)
  })

  test('a refused key may try again, and an accepted one is replayed though all slots are taken', async () => {
    const keyed = (key: string) => ({ limit: limit('reject'), idempotencyKey: key, fingerprint: 'f' })
    expect((await submit(keyed('a')))[0]?.outcome).toBe('accepted')
    expect((await submit(keyed('a')))[0]?.outcome).toBe('replayed')
    expect((await submit(keyed('b'), 2)).map(({ outcome }) => outcome)).toEqual(['limited', 'limited'])
    await tick('completed')
    expect((await submit(keyed('b')))[0]?.outcome).toBe('accepted')
  })
})

test('C6: with a hundred thousand runs that wait for slots, claims and grants stay on their indexes', async () => {
  await owner.pool.query(`
    insert into run (id, tenant_id, workflow, version, definition_hash, order_key, input, submitted_by, trace_id, slot_key,
                     slot_max, slot_waits)
    select gen_random_uuid(), 't' || n % 3, 'desk', 1, 'h', n, '{}', 'x', repeat('0', 32), 'desk:' || n % 20, 10, true
    from generate_series(1, 100000) n`)
  await owner.pool.query('analyze run')
  const scans = async () => {
    await engine.pool.query('select pg_stat_force_next_flush()')
    const { rows } = await owner.pool.query<{ n: number }>(
      `select seq_scan::integer as n from pg_stat_user_tables where relname = 'run'`,
    )
    return rows[0]?.n
  }
  const before = await scans()
  const timed = async (work: () => Promise<unknown>) => {
    const startedAt = performance.now()
    const result = await work()
    return [result, performance.now() - startedAt] as const
  }
  const [none] = await timed(() => tick('running', { runsMax: 10_000, admissionsMax: 10_000, inFlightMax: 10_000 }))
  expect(none).toEqual([])
  const [granted, grantMs] = await timed(grant)
  expect(granted).toBe(60 * 10)
  const [again, fullMs] = await timed(grant)
  expect(again).toBe(0)
  const [admitted, claimMs] = await timed(() =>
    tick('running', { runsMax: 1_000, admissionsMax: 1_000, inFlightMax: 10_000 }),
  )
  expect(admitted).toHaveLength(600)
  expect(await scans()).toBe(before)
  process.stdout.write(
    `60 limits, 100000 waiting: 600 slots given ${grantMs.toFixed(1)} ms, none free ${fullMs.toFixed(1)} ms, 600 admitted ${claimMs.toFixed(1)} ms\n`,
  )
}, 60_000)
