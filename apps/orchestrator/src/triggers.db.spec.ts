import type { Json, Trigger, WorkflowDefinition } from '@flotilla/engine'
import {
  activateTriggers,
  asTenant,
  grantSlots,
  inTransaction,
  listTriggers,
  openStore,
  publishSignal,
  readDefinitionsByHash,
  registerDefinition,
  submitRuns,
  type DueTrigger,
  type Store,
  readInput,
  readRun,
} from '@flotilla/store'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aDatabase, aRing, type TestDatabase } from '../../../tools/test-database.js'
import { makeDefinitions } from './definitions.js'
import { fireCompletions } from './fire-completions.js'
import { fireSchedules, planFiring } from './fire-schedules.js'
import { makeKnownStates } from './known-states.js'
import { restoreCheckpoint } from './restore-checkpoint.js'
import { tick } from './tick.js'
import { hashOf } from './to-applied-run.js'

let database: TestDatabase
let owner: Store
let engine: Store

beforeAll(async () => {
  database = await aDatabase()
  owner = openStore({ sealing: aRing, url: database.ownerUrl, max: 2, applicationName: 'spec-owner' })
  engine = openStore({ sealing: aRing, url: database.engineUrl, max: 8, applicationName: 'spec-engine' })
})
afterAll(async () => {
  await Promise.all([owner.close(), engine.close()])
  await database.drop()
})
beforeEach(async () => {
  await owner.pool.query(
    'truncate run, idempotency, outbox, kept_signal, trigger, trigger_firing, workflow_definition, definition_content cascade',
  )
})

const definitions = makeDefinitions(async (hash) => (await readDefinitionsByHash(engine.pool, [hash])).get(hash))

/** Gives back `topic` and its sources, or fails where the topic is `bad`. */
const aWorkflow = (name: string, triggers: readonly Trigger[] = [], given: Partial<WorkflowDefinition> = {}) => ({
  name,
  version: 1,
  title: name,
  semantics: 1 as const,
  input: { type: 'object', required: ['topic'], properties: { topic: { type: 'string' } } },
  deadlineMs: null,
  initial: 'look',
  triggers,
  states: [
    {
      kind: 'choice' as const,
      name: 'look',
      transitions: [{ when: 'input.topic == "bad"', to: 'failed' }, { to: 'done' }],
    },
    {
      kind: 'end' as const,
      name: 'done',
      status: 'completed' as const,
      result: { topic: 'input.topic', sources: '["a"]' },
    },
    { kind: 'end' as const, name: 'failed', status: 'failed' as const, error: { code: 'BAD', message: 'bad' } },
  ],
  ...given,
})
const register = async (definition: WorkflowDefinition, nextAt = new Date('2030-01-01T00:00:00Z')): Promise<string> => {
  const hash = hashOf(definition as unknown as Json) // a definition is JSON
  const { name, version, triggers = [] } = definition
  await asTenant(engine.pool, 'acme', async (tx) => {
    await registerDefinition(tx, { name, version, hash, definition, createdBy: 'spec' })
    await activateTriggers(tx, { name, version, hash, triggers }, () => nextAt)
  })
  return hash
}
const submit = async (workflow: string, definitionHash: string, input: Json, chainDepth = 0): Promise<string> => {
  const runId = uuidv7()
  await submitRuns(engine.pool, [
    {
      runId,
      tenant: 'acme',
      workflow,
      version: 1,
      definitionHash,
      priority: 0,
      input,
      tags: [],
      submittedBy: 'spec',
      traceId: 'a'.repeat(32),
      traceparent: null,
      idempotencyKey: null,
      fingerprint: null,
      chainDepth,
    },
  ])
  return runId
}
const ticking = () =>
  tick(
    {
      store: engine,
      definitions,
      limits: { runsMax: 50, admissionsMax: 50, inFlightMax: 500, eventsMax: 500, bytesMax: 1_000_000 },
      markClaim: async () => undefined,
      restoreCheckpoint,
      known: makeKnownStates(),
      onParked: (_run, _reason, error) => {
        throw error
      },
    },
    { replies: [], repliesUpToDate: true, fromTenant: '', lookForSuspects: false },
  )
/** Ticks until nothing is left to do. */
const settle = async (): Promise<void> => {
  for (let turns = 0; turns < 50 && (await ticking()).runs.length > 0; turns += 1);
}
interface RunRow {
  id: string
  workflow: string
  status: string
  input: Json
  submitted_by: string
  trace_id: string
  traceparent: string
  priority: number
  chain_depth: number
}
const runs = async (workflow: string): Promise<RunRow[]> =>
  inTransaction(owner.pool, async (tx) => {
    const { rows } = await tx.query<RunRow>('select * from run where workflow = $1 order by id', [workflow])
    const opened: RunRow[] = []
    for (const row of rows) opened.push({ ...row, input: (await readInput(tx, row.id))?.input ?? null })
    return opened
  })
const triggers = () => asTenant(engine.pool, 'acme', listTriggers)

const daily = (given: Partial<DueTrigger['spec']> = {}): DueTrigger['spec'] => ({
  kind: 'schedule',
  name: 'daily',
  cron: '0 8 * * *',
  input: { topic: 'rules' },
  ...given,
})

describe('schedules', () => {
  test('F1: four orchestrators that race on a due schedule start one run, and set its next moment', async () => {
    const minutesAgo = new Date(Date.now() - 5_000)
    await register(aWorkflow('check', [daily({ cron: '* * * * *' })]), minutesAgo)
    const fired = await Promise.all(Array.from({ length: 4 }, () => fireSchedules({ store: engine, definitions })))
    expect(fired.flatMap((one) => one.fired)).toMatchObject([{ workflow: 'check', name: 'daily', error: null }])
    const [run, ...others] = await runs('check')
    expect(others).toEqual([])
    expect(run).toMatchObject({
      status: 'created',
      input: { topic: 'rules' },
      submitted_by: 'trigger:daily',
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    expect(run?.traceparent).toContain(run?.trace_id)
    const [trigger] = await triggers()
    expect(trigger?.nextAt?.getTime()).toBeGreaterThan(Date.now())
    expect(trigger?.lastRunId).toBe(run?.id)
    await settle()
    expect((await runs('check'))[0]?.status).toBe('completed')
  })

  test('F1: a moment that was fired before is not fired again, even where its next moment was lost', async () => {
    const moment = new Date(Date.now() - 5_000)
    await register(aWorkflow('check', [daily({ cron: '0 0 1 1 *' })]), moment)
    await fireSchedules({ store: engine, definitions })
    await owner.pool.query('update trigger set next_at = $1', [moment])
    expect((await fireSchedules({ store: engine, definitions })).fired).toEqual([])
    expect(await runs('check')).toHaveLength(1)
  })

  test('F2: of moments missed during an outage the last one is made up for, or none', () => {
    const now = new Date('2026-11-25T09:30:00Z')
    const plan = (missed?: 'once' | 'skip', nextAt = '2026-11-22T08:00:00Z') => {
      const planned = planFiring({ spec: daily(missed ? { missed } : {}), nextAt: new Date(nextAt) }, now)
      return [planned.moment?.toISOString() ?? null, planned.nextAt?.toISOString()]
    }
    expect(plan()).toEqual(['2026-11-25T08:00:00.000Z', '2026-11-26T08:00:00.000Z'])
    expect(plan('once')).toEqual(['2026-11-25T08:00:00.000Z', '2026-11-26T08:00:00.000Z'])
    expect(plan('skip')).toEqual([null, '2026-11-26T08:00:00.000Z'])
    const inTime = planFiring(
      { spec: daily({ missed: 'skip' }), nextAt: new Date('2026-11-25T08:00:00Z') },
      new Date('2026-11-25T08:00:02Z'),
    )
    expect(inTime.moment?.toISOString()).toBe('2026-11-25T08:00:00.000Z')
  })

  test('what cannot start is told with the trigger, and its next moment comes', async () => {
    const past = new Date(Date.now() - 5_000)
    await register(aWorkflow('check', [daily({ input: { nothing: 1 } })]), past)
    expect((await fireSchedules({ store: engine, definitions })).fired).toMatchObject([{ error: 'INPUT_REFUSED' }])
    expect(await runs('check')).toEqual([])
    const [trigger] = await triggers()
    expect(trigger?.lastError).toMatchObject({ code: 'INPUT_REFUSED' })
    expect(trigger?.nextAt?.getTime()).toBeGreaterThan(Date.now())
  })
})

const afterResearch = (given: Partial<Extract<Trigger, { kind: 'completion' }>> = {}): Trigger => ({
  kind: 'completion',
  name: 'after-research',
  workflow: 'research',
  status: 'completed',
  input: { topic: 'previous.outputs.topic' },
  ...given,
})

describe('completions', () => {
  test('T6: the end of a run starts the run that follows, with what it brought, once', async () => {
    const hash = await register(aWorkflow('research'))
    await register(aWorkflow('drafting', [afterResearch()]))
    await submit('research', hash, { topic: 'fish' })
    await ticking()
    const [drafting, ...others] = await runs('drafting')
    expect(others).toEqual([])
    expect(drafting).toMatchObject({
      status: 'created',
      input: { topic: 'fish' },
      submitted_by: 'trigger:after-research',
      priority: 0,
      chain_depth: 1,
    })
    await settle()
    expect((await runs('drafting')).map(({ status }) => status)).toEqual(['completed'])
  })

  test('T6: when the transaction of the end is rolled back nothing has followed', async () => {
    const hash = await register(aWorkflow('research'))
    await register(aWorkflow('drafting', [afterResearch()]))
    const id = await submit('research', hash, { topic: 'fish' })
    await owner.pool.query(
      `insert into history (run_id, position, tenant_id, at, event) values ($1, 1, 'acme', now(), '{}')`,
      [id],
    )
    await expect(ticking()).rejects.toMatchObject({ code: '23505' })
    expect(await runs('drafting')).toEqual([])
    expect((await owner.pool.query('select from trigger_firing')).rowCount).toBe(0)
  })

  test('T6: the same end seen twice starts nothing more', async () => {
    const hash = await register(aWorkflow('research'))
    await register(aWorkflow('drafting', [afterResearch()]))
    await submit('research', hash, { topic: 'fish' })
    const { runs: ticked } = await ticking()
    expect(await inTransaction(engine.pool, (tx) => fireCompletions(tx, definitions, ticked))).toEqual([])
    expect(await runs('drafting')).toHaveLength(1)
  })

  test('only the end that is waited for, and only where the guard holds', async () => {
    const hash = await register(aWorkflow('research'))
    await register(aWorkflow('drafting', [afterResearch({ when: 'previous.input.topic != "birds"' })]))
    await register(aWorkflow('apology', [afterResearch({ status: 'failed', input: { topic: 'previous.error.code' } })]))
    for (const topic of ['fish', 'birds', 'bad']) await submit('research', hash, { topic })
    await settle()
    expect((await runs('drafting')).map(({ input }) => input)).toEqual([{ topic: 'fish' }])
    expect((await runs('apology')).map(({ input }) => input)).toEqual([{ topic: 'BAD' }])
    // Neither was the one tried on the other's end, where its mapping fails.
    expect((await triggers()).map(({ lastError }) => lastError)).toEqual([null, null])
  })

  test.each([
    ['a mapping that the contract refuses', { input: { topic: 'previous.version' } }, 'INPUT_REFUSED'],
    ['a guard that is no boolean', { when: 'previous.version' }, 'EXPRESSION_FAILED'],
  ])(
    '%s starts nothing, is told with the trigger, and the run before it has ended all the same',
    async (_, given, code) => {
      const hash = await register(aWorkflow('research'))
      await register(aWorkflow('drafting', [afterResearch(given)]))
      const id = await submit('research', hash, { topic: 'fish' })
      expect((await ticking()).triggered).toMatchObject([{ error: code, runId: null, occasion: id }])
      expect((await runs('research'))[0]?.status).toBe('completed')
      expect(await runs('drafting')).toEqual([])
      expect((await triggers())[0]?.lastError).toMatchObject({ code, occasion: id })
    },
  )

  test('a singleton that follows from others runs one at a time', async () => {
    const hash = await register(aWorkflow('research'))
    const one = { max: 1, behaviour: 'reject' as const }
    await register(aWorkflow('drafting', [afterResearch()], { concurrency: one }))
    for (const topic of ['a', 'b', 'c']) await submit('research', hash, { topic })
    await ticking()
    const statuses = async () => (await runs('drafting')).map(({ status }) => status)
    expect(await statuses()).toEqual(['created', 'created', 'created'])
    await settle()
    expect((await statuses()).toSorted()).toEqual(['completed', 'created', 'created'])
    await grantSlots(engine.pool, { nextTenant: null, nextKey: null })
    await settle()
    expect((await statuses()).toSorted()).toEqual(['completed', 'completed', 'created'])
  })

  test('a child run waits for its slot like any other', async () => {
    const work = aWorkflow('work', [], { concurrency: { max: 1, behaviour: 'queue' } })
    await register(work)
    const step = { kind: 'workflow' as const, workflow: 'work', version: 1, detached: true, deadlineMs: 60_000 }
    const hash = await register(
      aWorkflow('parent', [], {
        initial: 'child',
        states: [
          { ...step, name: 'child', input: { topic: 'input.topic' }, transitions: [{ on: 'done', to: 'end' }] },
          { kind: 'end', name: 'end', status: 'completed' },
        ],
      }),
    )
    await submit('parent', hash, { topic: 'a' })
    await submit('parent', hash, { topic: 'b' })
    await settle()
    expect(await runs('work')).toMatchObject([{ slot_waits: true }, { slot_waits: true }])
    expect((await grantSlots(engine.pool, { nextTenant: null, nextKey: null })).granted).toBe(1)
    await settle()
    expect((await runs('work')).map(({ status }) => status).toSorted()).toEqual(['completed', 'created'])
  })

  test('a circle of triggers comes to its end', async () => {
    const hash = await register(aWorkflow('ping', [afterResearch({ name: 'again', workflow: 'pong' })]))
    await register(aWorkflow('pong', [afterResearch({ name: 'back', workflow: 'ping' })]))
    await submit('ping', hash, { topic: 'fish' }, 28)
    await settle()
    expect((await runs('ping')).map((run) => run.chain_depth)).toEqual([28, 30, 32])
    expect((await runs('pong')).map((run) => run.chain_depth)).toEqual([29, 31])
    expect((await triggers()).find(({ name }) => name === 'back')?.lastError).toMatchObject({ code: 'CHAIN_TOO_DEEP' })
  })
})

describe('correlated events', () => {
  const waits = aWorkflow('waits', [], {
    initial: 'pay',
    states: [
      {
        kind: 'wait',
        name: 'pay',
        signal: 'paid',
        correlate: 'input.topic',
        deadlineMs: 60_000,
        transitions: [
          { on: 'paid', when: 'event.amount > 0', to: 'end', assign: [{ to: 'amount', from: 'event.amount' }] },
          { on: 'waived', to: 'end' },
          { on: 'timeout', to: 'end' },
        ],
      },
      { kind: 'end', name: 'end', status: 'completed', result: { amount: 'data.amount' } },
    ],
  })
  const publish = (key: string, amount: number, name = 'paid') =>
    asTenant(owner.pool, 'acme', (tx) =>
      publishSignal(tx, { name, key, payload: { amount }, by: 'bank', keepForMs: 60_000 }),
    )
  const results = async () =>
    inTransaction(owner.pool, async (tx) => {
      const { rows } = await tx.query(`select id from run where workflow = 'waits' order by id`)
      const given: unknown[] = []
      for (const { id } of rows) given.push((await readRun(tx, id))?.result)
      return given
    })

  test('an event ends the waits of every run under its key, and one that came before them does as well', async () => {
    const hash = await register(waits)
    for (const topic of ['a', 'a', 'b', 'c']) await submit('waits', hash, { topic })
    expect(await publish('b', 2)).toMatchObject({ delivered: 0, kept: true })
    await settle()
    expect(await results()).toEqual([null, null, { amount: 2 }, null])
    expect(await publish('a', 1)).toMatchObject({ delivered: 2 })
    await settle()
    expect(await results()).toEqual([{ amount: 1 }, { amount: 1 }, { amount: 2 }, null])
    // One run waits still, for either of two events.
    expect((await owner.pool.query('select distinct run_id from subscription')).rowCount).toBe(1)
    expect((await owner.pool.query('select from kept_signal')).rowCount).toBe(0)
  })

  test('a wait whose guards refuse an event goes on waiting for the next, also one that was published meanwhile', async () => {
    const hash = await register(waits)
    await submit('waits', hash, { topic: 'a' })
    await submit('waits', hash, { topic: 'b' })
    await settle()
    for (const key of ['a', 'b']) expect(await publish(key, 0)).toMatchObject({ delivered: 1 })
    expect(await publish('b', 3)).toMatchObject({ delivered: 0, kept: true })
    await settle()
    expect(await results()).toEqual([null, { amount: 3 }])
    expect(await publish('a', 4)).toMatchObject({ delivered: 1 })
    await settle()
    expect(await results()).toEqual([{ amount: 4 }, { amount: 3 }])
  })

  test('every event that the wait answers to comes under its key', async () => {
    const hash = await register(waits)
    await submit('waits', hash, { topic: 'a' })
    await settle()
    expect(await publish('a', 0, 'waived')).toMatchObject({ delivered: 1 })
    await settle()
    expect((await runs('waits')).map(({ status }) => status)).toEqual(['completed'])
    expect((await owner.pool.query('select from subscription')).rowCount).toBe(0)
  })
})
