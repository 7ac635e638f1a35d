import { randomUUID } from 'node:crypto'
import type { Json, RunEvent, WorkflowDefinition } from '@flotilla/engine'
import {
  asTenant,
  decideGate,
  listRunGates,
  openStore,
  registerDefinition,
  shippedTenant,
  submitRuns,
  type Store,
} from '@flotilla/store'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase, aRing, type TestDatabase } from '../../../tools/test-database.js'
import type { ReceivedReply } from './replies-inbox.js'
import { makeKnownStates } from './known-states.js'
import { restoreCheckpoint } from './restore-checkpoint.js'
import { tick } from './tick.js'
import { hashOf } from './to-applied-run.js'

let database: TestDatabase
let owner: Store
let engine: Store
let gateway: Store

/** While a person looks at the quote, the market is asked for another. */
const desk: WorkflowDefinition = {
  name: 'quote-desk',
  version: 1,
  title: 'Quote desk',
  semantics: 1,
  input: { type: 'object' },
  deadlineMs: null,
  initial: 'sides',
  states: [
    {
      kind: 'parallel',
      name: 'sides',
      join: { policy: 'all' },
      onBranchFailure: 'fail-fast',
      branches: [
        {
          name: 'people',
          initial: 'review',
          states: [
            {
              kind: 'human',
              name: 'review',
              shows: { quote: 'data.quote' },
              deadlineMs: 3_600_000,
              transitions: ['approve', 'reject', 'adjust', 'timeout'].map((on) => ({ on, to: 'reviewed' })),
            },
            { kind: 'end', name: 'reviewed', status: 'completed' },
          ],
        },
        {
          name: 'market',
          initial: 'ask',
          states: [
            {
              kind: 'agent',
              name: 'ask',
              agent: 'ask',
              input: {},
              inputContract: { type: 'object' },
              outputContract: { type: 'object' },
              deadlineMs: 60_000,
              transitions: [{ on: 'done', to: 'asked', assign: [{ to: 'quote', from: 'output.quote' }] }],
            },
            { kind: 'end', name: 'asked', status: 'completed' },
          ],
        },
      ],
      transitions: [{ on: 'done', to: 'end' }],
    },
    { kind: 'end', name: 'end', status: 'completed' },
  ],
}
const hash = hashOf(desk as unknown as Json) // a definition is JSON

beforeAll(async () => {
  database = await aDatabase()
  owner = openStore({ sealing: aRing, url: database.ownerUrl, max: 2, applicationName: 'spec-owner' })
  engine = openStore({ sealing: aRing, url: database.engineUrl, max: 4, applicationName: 'spec-engine' })
  gateway = openStore({ sealing: aRing, url: database.gatewayUrl, max: 2, applicationName: 'spec-gateway' })
  await asTenant(engine.pool, shippedTenant, (tx) =>
    registerDefinition(tx, { name: desk.name, version: 1, hash, definition: desk, createdBy: 'spec' }),
  )
})
afterAll(async () => {
  await Promise.all([owner.close(), engine.close(), gateway.close()])
  await database.drop()
})

/** One tick; `meanwhile` happens after the run and its events were read, and before they are folded. */
const ticking = (replies: readonly ReceivedReply[] = [], meanwhile: () => Promise<unknown> = async () => null) =>
  tick(
    {
      store: engine,
      definitions: { byHash: async () => (await meanwhile(), desk) },
      limits: { runsMax: 50, admissionsMax: 50, inFlightMax: 500, eventsMax: 500, bytesMax: 1_000_000 },
      markClaim: async () => undefined,
      restoreCheckpoint,
      known: makeKnownStates(),
      onParked: (_run, reason) => {
        throw new Error(reason)
      },
    },
    { replies, repliesUpToDate: true, fromTenant: '', lookForSuspects: false },
  )
const submit = async (): Promise<string> => {
  const runId = uuidv7()
  const row = { runId, tenant: 'acme', workflow: desk.name, version: 1, definitionHash: hash, input: {} }
  const rest = { traceId: 'a'.repeat(32), traceparent: null, idempotencyKey: null, fingerprint: null }
  await submitRuns(owner.pool, [{ ...row, ...rest, priority: 1, tags: [], submittedBy: 'clerk' }])
  await ticking()
  return runId
}
const quoteFor = (runId: string): ReceivedReply => ({
  entryId: randomUUID(),
  runId,
  toEvent: (at) =>
    ({
      type: 'StepSucceeded',
      at,
      step: 'ask',
      dispatch: 1,
      attempt: 1,
      output: { quote: 7 },
      usage: null,
    }) satisfies RunEvent,
})
const decide = (runId: string, gate: string | null = null) =>
  asTenant(gateway.pool, 'acme', (tx) =>
    decideGate(tx, {
      runId,
      gate,
      decision: 'approve',
      values: null,
      comment: null,
      shownHash: null,
      decidedBy: 'judge',
      holds: () => true,
      tenant: 'acme',
      traceparent: null,
    }),
  )
const gatesOf = async (runId: string) =>
  (await asTenant(gateway.pool, 'acme', (tx) => listRunGates(tx, runId))).map(({ status, shown }) => [status, shown])
const statusOf = async (runId: string) =>
  (await owner.pool.query('select status from run where id = $1', [runId])).rows[0].status

test('a gate that shows something else closes, another opens, and a decision on the first says so', async () => {
  const runId = await submit()
  await ticking([quoteFor(runId)])
  expect(await gatesOf(runId)).toEqual([
    ['changed', { quote: null }],
    ['open', { quote: 7 }],
  ])
  expect(await decide(runId, `${runId}.review.1`)).toEqual({ outcome: 'changed' })
  expect(await decide(runId)).toMatchObject({ outcome: 'decided' })
  await ticking()
  expect(await statusOf(runId)).toBe('completed')
})

test('T7: a decision that wins the gate while the change is folded came first, and counts', async () => {
  const runId = await submit()
  let decided: unknown = null
  const ticked = await ticking([quoteFor(runId)], async () => (decided ??= await decide(runId)))
  expect(decided).toMatchObject({ outcome: 'decided' })
  expect(ticked.runs).toEqual([])
  expect(ticked.entryIds).toHaveLength(1)
  await ticking()
  expect(await gatesOf(runId)).toEqual([['decided', { quote: null }]])
  expect(await statusOf(runId)).toBe('completed')
  const { rows } = await owner.pool.query(
    `select event ->> 'type' as type, ignored from history where run_id = $1 order by position`,
    [runId],
  )
  expect(rows.map(({ type }) => type)).toEqual(['RunStarted', 'GateDecided', 'StepSucceeded'])
  expect(rows.every(({ ignored }) => ignored === null)).toBe(true)
})
