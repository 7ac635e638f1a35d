/**
 * Layer B: the built product as processes on real Postgres and Redis, with one fault at a time at each of its points.
 *
 * L1 Whatever point fails in whatever way, every run comes to its own end.
 * L2 No result counts twice, no effect has two keys, no number of a stream is missing (`desk-laws.ts`).
 *
 * `FAULT_CASES=all` tries every point with every action; a number (8 unless told) that many of them, drawn by `SEED`.
 * `FAULT_ONLY='orchestrator relay.send:crash@2,...'` tries these; one that is not passed so often is no fault then.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase, aRedis, type TestDatabase } from '../../tools/test-database.js'
import { brokenLaws } from './desk-laws.js'
import { makeDeskClient } from './desk-workload.js'
import { deskWorkflow } from './desk-workflow.js'
import { drawCases, faultCases, namedCases } from './fault-cases.js'
import { startDesk, type Desk } from './start-desk.js'

const seed = Number(process.env['SEED'] ?? 1)
const size = process.env['FAULT_CASES'] ?? '8'
const only = process.env['FAULT_ONLY']
const cases = only ? namedCases(only) : size === 'all' ? faultCases : drawCases(Number(size), seed)

let database: TestDatabase
let desk: Desk
let client: ReturnType<typeof makeDeskClient>

beforeAll(async () => {
  database = await aDatabase()
  desk = await startDesk({ database, redis: aRedis() })
  client = makeDeskClient(desk)
  const { status, body } = await client.register(deskWorkflow)
  if (status !== 201) throw new Error(JSON.stringify(body))
}, 120_000)
afterAll(async () => {
  await desk?.stop()
  await database?.drop()
})

test.each(cases)('$role $failPoint', { timeout: 120_000 }, async ({ role, failPoint, mark }) => {
  await desk.ready()
  await desk.arm(role, failPoint)
  const worked = await client.workload(60_000)
  // What is swept is passed after the runs have ended.
  const wentOff = () => only !== undefined || desk.wentOff().includes(mark)
  await expect.poll(wentOff, { timeout: 15_000, message: `${mark} is passed` }).toBe(true)
  // L1
  expect(
    worked.map(({ mode, status, runId }) => ({ mode, status, runId })),
    desk.lastLines('orchestrator'),
  ).toEqual(worked.map(({ mode, wanted, runId }) => ({ mode, status: wanted, runId })))
  // L2
  await desk.ready()
  const runIds = worked.map(({ runId }) => runId)
  expect(await brokenLaws(database.superuserUrl, runIds)).toEqual([])
  const keys = desk.provided().filter(({ runId }) => runIds.includes(runId))
  expect(new Set(keys.map(({ key }) => key)).size, 'each run has its effect under one key').toBe(runIds.length)
})
