import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase, type TestDatabase } from '../../../../tools/test-database.js'
import { openStore, type Store } from '../open-store.js'
import { anApplied, aSubmission } from '../testing.js'
import { asTenant, inTransaction } from '../transaction.js'
import { appendCommand } from './append-command.js'
import type { OpenedGate } from './applied-run.js'
import { findBrokenAudit } from './audit.js'
import { claimRuns } from './claim-runs.js'
import { decideGate, listGates, listRunGates, lockOpenGates, type GateDecision } from './gates.js'
import { parkRun } from './parking.js'
import { readClaimedRuns, readEvents } from './read-claimed.js'
import { saveApplied } from './save-applied.js'
import { submitRuns } from './submit-runs.js'

let database: TestDatabase
let owner: Store
let gateway: Store
let engine: Store

beforeAll(async () => {
  database = await aDatabase()
  owner = openStore({ url: database.ownerUrl, max: 1, applicationName: 'spec-owner' })
  gateway = openStore({ url: database.gatewayUrl, max: 12, applicationName: 'spec-gateway' })
  engine = openStore({ url: database.engineUrl, max: 4, applicationName: 'spec-engine' })
})
afterAll(async () => {
  await Promise.all([owner.close(), gateway.close(), engine.close()])
  await database.drop()
})

const aGate = (runId: string, n = 1, gate = 'review'): OpenedGate => ({
  id: `${runId}.${gate}.${n}`,
  gate,
  step: gate,
  visit: 1,
  shown: { proposed: { decision: 'refer' } },
  shownHash: 'hash-1',
  outcomes: ['approve', 'reject'],
  openedAt: 1_795_000_000_000 + n,
  dueAt: null,
})
const aRunAtGates = async (open: (runId: string) => readonly OpenedGate[], tenant = 'acme') => {
  const submission = aSubmission({ tenant })
  await submitRuns(gateway.pool, [submission])
  await inTransaction(engine.pool, async (tx) => {
    await claimRuns(tx, {
      going: [submission.runId],
      runsMax: 9,
      admissionsMax: 0,
      inFlightMax: 9,
      withDeadlines: false,
    })
    const [run] = await readClaimedRuns(tx, [submission.runId])
    if (run !== undefined) await saveApplied(tx, [anApplied(run, { openedGates: open(run.runId) })])
  })
  return submission.runId
}
const decide = (runId: string, given: Partial<GateDecision> = {}, tenant = 'acme') =>
  asTenant(gateway.pool, tenant, (tx) =>
    decideGate(tx, {
      runId,
      gate: null,
      decision: 'approve',
      values: null,
      comment: null,
      shownHash: null,
      decidedBy: 'judge',
      tenant,
      traceparent: null,
      ...given,
    }),
  )
const eventsOf = (runId: string) =>
  inTransaction(engine.pool, async (tx) => (await readEvents(tx, [runId], { eventsMax: 99, bytesMax: 1e6 })).events)

test('of twenty persons who decide at once one wins, and the run hears it once', async () => {
  const runId = await aRunAtGates((id) => [aGate(id)])
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      decide(runId, { decidedBy: `judge-${n}`, decision: n % 2 ? 'approve' : 'reject' }),
    ),
  )
  expect(results.filter(({ outcome }) => outcome === 'decided')).toHaveLength(1)
  expect(results.filter(({ outcome }) => outcome === 'not-open')).toHaveLength(19)
  const events = await eventsOf(runId)
  expect(events).toHaveLength(1)
  const [gate] = await asTenant(gateway.pool, 'acme', (tx) => listRunGates(tx, runId))
  expect(events[0]?.event).toMatchObject({ type: 'GateDecided', decision: gate?.decision, decidedBy: gate?.decidedBy })
  expect(await asTenant(gateway.pool, 'acme', (tx) => findBrokenAudit(tx, 'acme'))).toBeNull()
})

test('a timeout that holds the gate wins over a person, and the other way round', async () => {
  const runId = await aRunAtGates((id) => [aGate(id)])
  const gate = { runId, gateId: aGate(runId).id }
  const late = await inTransaction(engine.pool, async (tx) => {
    await claimRuns(tx, { going: [runId], runsMax: 9, admissionsMax: 0, inFlightMax: 9, withDeadlines: false })
    expect(await lockOpenGates(tx, [gate])).toEqual([gate.gateId])
    const person = decide(runId) // waits for the row
    const [run] = await readClaimedRuns(tx, [runId])
    if (run !== undefined)
      await saveApplied(tx, [anApplied(run, { closedGates: [{ id: gate.gateId, status: 'expired' }] })])
    return { person }
  })
  expect(await late.person).toEqual({ outcome: 'not-open' })
  const other = await aRunAtGates((id) => [aGate(id)])
  expect((await decide(other)).outcome).toBe('decided')
  const lost = await inTransaction(engine.pool, (tx) => lockOpenGates(tx, [{ runId: other, gateId: aGate(other).id }]))
  expect(lost).toEqual([])
})

test('a decision is refused for the reason that holds', async () => {
  const runId = await aRunAtGates((id) => [aGate(id, 1), aGate(id, 2)])
  const ids = [aGate(runId, 1).id, aGate(runId, 2).id]
  expect(await decide(runId)).toEqual({ outcome: 'ambiguous', gateIds: ids })
  expect(await decide(runId, { gate: 'review' })).toEqual({ outcome: 'ambiguous', gateIds: ids })
  const one = { gate: ids[0] ?? '' }
  expect(await decide(runId, { ...one, decidedBy: 'clerk' })).toEqual({ outcome: 'submitter' })
  expect(await decide(runId, { ...one, shownHash: 'hash-0' })).toEqual({ outcome: 'changed' })
  expect(await decide(runId, { ...one, decision: 'adjust' })).toEqual({
    outcome: 'no-such-outcome',
    outcomes: ['approve', 'reject'],
  })
  expect(await decide(runId, { gate: 'elsewhere' })).toEqual({ outcome: 'not-open' })
  expect(await decide(runId, one, 'intruder')).toEqual({ outcome: 'unknown' })
  expect(await eventsOf(runId)).toEqual([])
  expect(await decide(runId, { ...one, shownHash: 'hash-1' })).toMatchObject({ outcome: 'decided', gate: 'review' })
  expect(await decide(runId)).toMatchObject({ outcome: 'decided', gateId: ids[1] })
})

test('open gates are listed longest open first, by page', async () => {
  const tenant = 'lister'
  const runs = [
    await aRunAtGates((id) => [aGate(id, 1), aGate(id, 3)], tenant),
    await aRunAtGates((id) => [aGate(id, 2)], tenant),
  ]
  const page = (after?: Parameters<typeof listGates>[1]['after']) =>
    asTenant(gateway.pool, tenant, (tx) => listGates(tx, { limit: 2, ...(after && { after }) }))
  const first = await page()
  expect(first.map(({ runId }) => runId)).toEqual(runs)
  const rest = await page(first[1])
  expect(rest.map(({ gateId }) => gateId)).toEqual([aGate(runs[0] ?? '', 3).id])
})

const cancel = { type: 'CancelRequested', by: 'judge', reason: null } as const
const resume = { type: 'ResumeRequested', by: 'judge', checkpoint: null } as const
const ask = (runId: string, event: Parameters<typeof appendCommand>[1]['event'], tenant = 'acme') =>
  asTenant(gateway.pool, tenant, (tx) => appendCommand(tx, { runId, event, dedupKey: null, traceparent: null }))

test('a cancellation reaches a run that goes, and not one that has finished or is foreign', async () => {
  const runId = await aRunAtGates(() => [])
  expect(await ask(runId, cancel, 'intruder')).toEqual({ outcome: 'unknown' })
  expect(await ask(runId, resume)).toEqual({ outcome: 'refused', status: 'running' })
  expect(await ask(runId, cancel)).toEqual({ outcome: 'appended', status: 'running' })
  expect((await eventsOf(runId)).map(({ event }) => event.type)).toEqual(['CancelRequested'])
  await owner.pool.query(`update run set status = 'completed' where id = $1`, [runId])
  expect(await ask(runId, cancel)).toEqual({ outcome: 'refused', status: 'completed' })
})

test('a resume unparks a run with the events that were held', async () => {
  const runId = await aRunAtGates(() => [])
  await inTransaction(engine.pool, (tx) => parkRun(tx, runId, 'advance threw'))
  await ask(runId, { type: 'SignalReceived', name: 'early', payload: null, by: 'x' })
  expect(await eventsOf(runId)).toEqual([])
  expect(await ask(runId, resume)).toEqual({ outcome: 'appended', status: 'parked' })
  expect((await eventsOf(runId)).map(({ event }) => event.type)).toEqual(['SignalReceived', 'ResumeRequested'])
  const claimed = await inTransaction(engine.pool, (tx) =>
    claimRuns(tx, { going: [], runsMax: 9, admissionsMax: 0, inFlightMax: 9, withDeadlines: true }),
  )
  expect(claimed.going).toContain(runId)
})
