import { jobIdOf } from '@flotilla/contracts'
import type { Json } from '@flotilla/engine'
import type { AgentQueues, QueueDesk, SilentFailure } from '@flotilla/queues'
import { openStore, readDefinitionsByHash, submitRuns, type Store } from '@flotilla/store'
import { benchDesk } from '@flotilla/workflows'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase, type TestDatabase } from '../../../tools/test-database.js'
import { makeDefinitions } from './definitions.js'
import { makeKnownStates } from './known-states.js'
import { restoreCheckpoint } from './restore-checkpoint.js'
import { seedShipped } from './seed-shipped.js'
import { sweep } from './sweep.js'
import { tick } from './tick.js'
import { hashOf } from './to-applied-run.js'

let database: TestDatabase
let engine: Store

beforeAll(async () => {
  database = await aDatabase()
  engine = openStore({ sealing: 'open', url: database.engineUrl, max: 4, applicationName: 'spec-engine' })
  await seedShipped(engine)
})
afterAll(async () => {
  await engine.close()
  await database.drop()
})

const aRunUnderWay = async (): Promise<string> => {
  const runId = uuidv7()
  await submitRuns(engine.pool, [
    {
      ...{ runId, tenant: 'default', workflow: 'bench-desk', version: 1, priority: 1, submittedBy: 'spec' },
      definitionHash: hashOf(benchDesk as unknown as Json), // a definition is JSON
      ...{ input: {}, tags: [], traceId: 'a'.repeat(32), traceparent: null, idempotencyKey: null, fingerprint: null },
    },
  ])
  await tick(
    {
      store: engine,
      definitions: makeDefinitions(async (hash) => (await readDefinitionsByHash(engine.pool, [hash])).get(hash)),
      limits: { runsMax: 50, admissionsMax: 50, inFlightMax: 500, eventsMax: 500, bytesMax: 1_000_000 },
      markClaim: async () => undefined,
      restoreCheckpoint,
      known: makeKnownStates(),
      onParked: () => undefined,
    },
    { replies: [], repliesUpToDate: true, fromTenant: '', lookForSuspects: true },
  )
  return runId
}

const failuresOf = async (runId: string) =>
  (
    await engine.pool.query(
      `select event ->> 'type' as type, event ->> 'step' as step, (event ->> 'dispatch')::int as dispatch,
              event -> 'error' ->> 'code' as code from inbox where run_id = $1`,
      [runId],
    )
  ).rows

test('a job that failed without a word is told to its run before it is removed, and only where it is owed', async () => {
  const runId = await aRunUnderWay()
  const [owed] = (
    await engine.pool.query('select step, dispatch, queue from outbox where run_id = $1 order by step', [runId])
  ).rows as { step: string; dispatch: number; queue: string }[] // as selected
  const silentOf = (step: string, dispatch: number): SilentFailure => {
    const key = { runId, step, dispatch }
    return { ...key, jobId: jobIdOf(key), code: 'STALLED_OUT' }
  }
  const silent = [silentOf(owed!.step, owed!.dispatch), silentOf(owed!.step, owed!.dispatch + 1)]
  const removed: string[] = []
  const desk: Partial<QueueDesk> = {
    queueCounts: async () => ({ waiting: 0, active: 0, delayed: 0, completed: 0, failed: 0, paused: false }),
    failedWithoutReply: async (queue) => (queue === owed!.queue ? silent : []),
    removeJobs: async (_queue, ids) => {
      // Were it removed first, a death in between would leave nobody who knows.
      expect(await failuresOf(runId)).toHaveLength(1)
      removed.push(...ids)
    },
    mirrorDeadLetters: async () => undefined,
  }
  let woken = 0
  await sweep({
    ...{ store: engine, orchestrator: 'spec', onBlamed: () => undefined, onWork: () => (woken += 1) },
    queues: { readBeat: async () => 0 } as unknown as AgentQueues, // what a sweep uses of them
    desk: desk as QueueDesk, // as above
  })
  expect(await failuresOf(runId)).toEqual([
    { type: 'StepFailed', step: owed!.step, dispatch: owed!.dispatch, code: 'STALLED_OUT' },
  ])
  expect(removed).toEqual(silent.map(({ jobId }) => jobId))
  expect(woken).toBe(1)
})
