import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aDatabase, aRing, type TestDatabase } from '../../../../tools/test-database.js'
import { openStore, type Store } from '../open-store.js'
import { anApplied, aSubmission } from '../testing.js'
import { asTenant, inTransaction } from '../transaction.js'
import { appendCommand } from './append-command.js'
import type { OpenedGate } from './applied-run.js'
import { findBrokenAudit } from './audit.js'
import { claimRuns } from './claim-runs.js'
import { decideGate, type GateDecision } from './decide-gate.js'
import { countOpenGates, listGates, listRunGates, lockOpenGates } from './gates.js'
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
  owner = openStore({ sealing: aRing, url: database.ownerUrl, max: 1, applicationName: 'spec-owner' })
  gateway = openStore({ sealing: aRing, url: database.gatewayUrl, max: 12, applicationName: 'spec-gateway' })
  engine = openStore({ sealing: aRing, url: database.engineUrl, max: 4, applicationName: 'spec-engine' })
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
      holds: () => true,
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
  const audited = await owner.pool.query('select actor, action from audit where subject = $1', [runId])
  expect(audited.rows).toEqual([{ actor: gate?.decidedBy, action: 'gate.decided' }])
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

test('open gates are listed by what is due first, by page and workflow, with votes and what is overdue', async () => {
  const tenant = 'lister'
  const due = (gate: OpenedGate, dueAt: number | null) => ({ ...gate, dueAt })
  const past = Date.now() - 60_000
  const ahead = Date.now() + 3_600_000
  const [one = '', two = ''] = [
    await aRunAtGates((id) => [due(aGate(id, 1), null), { ...due(aGate(id, 3), ahead), needed: 2 }], tenant),
    await aRunAtGates((id) => [due(aGate(id, 2), past)], tenant),
  ]
  await decide(one, { gate: aGate(one, 3).id }, tenant)
  const page = (given: Partial<Parameters<typeof listGates>[1]> = {}) =>
    asTenant(gateway.pool, tenant, (tx) => listGates(tx, { limit: 2, ...given }))
  const first = await page()
  expect(first.map(({ gateId }) => gateId)).toEqual([aGate(two, 2).id, aGate(one, 3).id])
  expect(first.map(({ overdue, needed, votes }) => [overdue, needed, votes])).toEqual([
    [true, 1, 0],
    [false, 2, 1],
  ])
  const [second] = first.slice(1)
  const rest = await page(second ? { after: second } : {})
  expect(rest.map(({ gateId }) => gateId)).toEqual([aGate(one, 1).id])
  expect(await page(rest[0] ? { after: rest[0] } : {})).toEqual([])
  expect(await page({ workflow: 'another' })).toEqual([])
  const counted = await countOpenGates(engine.pool)
  expect(counted.open).toBeGreaterThanOrEqual(3)
  expect(counted.overdue).toBeGreaterThanOrEqual(1)
})

describe('a gate that several decide', () => {
  const needing = (id: string, needed = 2): OpenedGate => ({
    ...aGate(id),
    outcomes: ['approve', 'reject', 'adjust'],
    needed,
  })
  const by = (decidedBy: string, given: Partial<GateDecision> = {}) => ({ decidedBy, ...given })

  test('of twelve who agree at once the third decides, each is heard once, and nobody is after it', async () => {
    const runId = await aRunAtGates((id) => [needing(id, 3)])
    const results = await Promise.all(Array.from({ length: 12 }, (_, n) => decide(runId, by(`judge-${n}`))))
    const outcomes = results.map(({ outcome }) => outcome).sort()
    expect(outcomes).toEqual(['decided', ...Array<string>(9).fill('not-open'), 'voted', 'voted'])
    const events = (await eventsOf(runId)).map(({ event }) => event)
    expect(events.map(({ type }) => type)).toEqual(['GateVoted', 'GateVoted', 'GateDecided'])
    const [decided] = results.filter((result) => result.outcome === 'decided')
    const deciders = decided?.outcome === 'decided' ? decided.deciders : []
    expect(new Set(deciders).size).toBe(3)
    expect(events[2]).toMatchObject({
      decidedBy: deciders.join(', '),
      deciders: deciders.map((person) => ({ by: person })),
    })
    expect(await asTenant(gateway.pool, 'acme', (tx) => findBrokenAudit(tx, 'acme'))).toBeNull()
  })

  test('each person votes once, whatever for', async () => {
    const runId = await aRunAtGates((id) => [needing(id)])
    expect(await decide(runId, by('ann'))).toMatchObject({ outcome: 'voted', given: 1, needed: 2 })
    expect(await decide(runId, by('ann'))).toEqual({ outcome: 'voted-before' })
    expect(await decide(runId, by('ann', { decision: 'reject' }))).toEqual({ outcome: 'voted-before' })
    expect(await decide(runId, by('clerk'))).toEqual({ outcome: 'submitter' })
    expect(await decide(runId, by('ben'))).toMatchObject({ outcome: 'decided', deciders: ['ann', 'ben'] })
  })

  test('one rejection is enough', async () => {
    const runId = await aRunAtGates((id) => [needing(id, 3)])
    await decide(runId, by('ann'))
    const rejected = await decide(runId, by('ben', { decision: 'reject' }))
    expect(rejected).toMatchObject({ outcome: 'decided', deciders: ['ben'] })
    const [gate] = await asTenant(gateway.pool, 'acme', (tx) => listRunGates(tx, runId))
    expect(gate).toMatchObject({ status: 'decided', decision: 'reject', decidedBy: 'ben' })
  })

  test('the same decision with other values is another decision', async () => {
    const runId = await aRunAtGates((id) => [needing(id)])
    const adjust = (amount: number) => ({ decision: 'adjust', values: { amount } })
    await decide(runId, by('ann', adjust(4)))
    expect(await decide(runId, by('ben', adjust(5)))).toMatchObject({ outcome: 'voted', given: 1 })
    expect(await decide(runId, by('cat', adjust(5)))).toMatchObject({ outcome: 'decided', deciders: ['ben', 'cat'] })
  })

  test('asks its deciders for a scope', async () => {
    const runId = await aRunAtGates((id) => [{ ...needing(id, 1), scope: 'managers' }])
    const holding = (...scopes: string[]) => ({ holds: (scope: string) => scopes.includes(scope) })
    expect(await decide(runId, by('ann', holding('clerks')))).toEqual({ outcome: 'scope', scope: 'managers' })
    expect(await decide(runId, by('ann', holding('managers')))).toMatchObject({ outcome: 'decided' })
  })

  test('one tenant sees no votes of another', async () => {
    const runId = await aRunAtGates((id) => [needing(id)])
    await decide(runId, by('ann'))
    const seen = (tenant: string) =>
      asTenant(
        gateway.pool,
        tenant,
        async (tx) => (await tx.query('select 1 from gate_vote where run_id = $1', [runId])).rowCount,
      )
    expect([await seen('acme'), await seen('rival')]).toEqual([1, 0])
  })
})

test('a decision on a gate that showed something else says so', async () => {
  const runId = await aRunAtGates((id) => [aGate(id, 1)])
  await owner.pool.query(`update gate set status = 'changed' where run_id = $1`, [runId])
  expect(await decide(runId, { gate: aGate(runId, 1).id })).toEqual({ outcome: 'changed' })
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
    claimRuns(tx, { going: [], runsMax: 99, admissionsMax: 0, inFlightMax: 9, withDeadlines: true }),
  )
  expect(claimed.going).toContain(runId)
})
