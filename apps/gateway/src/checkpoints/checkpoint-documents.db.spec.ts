import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exportCheckpoint, importCheckpoint } from '../../../../tools/fleet/checkpoint.mjs'
import { aDatabase, aRedis, type TestDatabase } from '../../../../tools/test-database.js'
import { keyOf } from '../testing/a-gateway.js'
import { aWorld, type World } from '../testing/a-world.js'

let database: TestDatabase
let world: World
const redis = aRedis()
beforeAll(async () => {
  database = await aDatabase()
  world = await aWorld(database, redis)
})
afterAll(async () => {
  await world.close()
  await database.drop()
})

const aRunAtItsGate = async (): Promise<string> => {
  const { body } = await world.ask('submitter', 'POST', '/runs', { workflow: 'gated', input: { amount: 5 } })
  await world.settle(body.runId)
  return body.runId
}
const documentOf = async (runId: string, checkpoint: number | string = 1, key = 'both') =>
  world.ask(key, 'GET', `/runs/${runId}/checkpoints/${checkpoint}`)
const importOf = (document: object, key = 'operator') => world.ask(key, 'POST', '/runs/import', document)
const view = async (runId: string) => (await world.ask('reviewer', 'GET', `/runs/${runId}`)).body

test('a checkpoint is a document that says what was done, for whom, and whether it can be gone on from', async () => {
  const runId = await aRunAtItsGate()
  const { status, body } = await documentOf(runId)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    format: 'flotilla.checkpoint.v1',
    runId,
    workflow: { name: 'gated', version: 1 },
    number: 1,
    label: 'note',
    step: 'note',
    state: { status: 'waiting', currentSteps: ['review'], completedSteps: ['note'], data: { amount: 5 } },
    context: { userId: 'submitter', request: { amount: 5 } },
    recoverable: true,
  })
  expect((await documentOf(runId, 'note')).body).toEqual(body)
  expect((await documentOf(runId, 9)).body.code).toBe('CHECKPOINT_UNKNOWN')
  expect((await documentOf(runId, 1, 'foreign')).body.code).toBe('RUN_UNKNOWN')
})

test('a new run begins from the document where the other stood, whatever became of it, and ends on its own', async () => {
  const runId = await aRunAtItsGate()
  const { body: document } = await documentOf(runId)
  await world.ask('reviewer', 'POST', `/runs/${runId}/hitl`, { decision: 'reject' })
  await world.settle(runId)
  const { status, body, headers } = await importOf(JSON.parse(JSON.stringify(document)))
  expect([status, headers.get('location')]).toEqual([202, `/runs/${body.runId}`])
  await world.settle(body.runId)
  expect(await view(body.runId)).toMatchObject({
    status: 'waiting',
    waitingFor: { gate: 'review', shown: { proposed: 5 } },
  })
  expect((await world.ask('reviewer', 'POST', `/runs/${body.runId}/hitl`, { decision: 'approve' })).status).toBe(200)
  await world.settle(body.runId)
  expect([(await view(body.runId)).status, (await view(runId)).status]).toEqual(['completed', 'failed'])
  const { rows } = await world.owner.pool.query(`select actor, action from audit where subject = $1`, [body.runId])
  expect(rows).toContainEqual({ actor: 'operator', action: 'run.imported' })
})

test('a document that was changed, belongs to no known definition or to another, or has ended is refused', async () => {
  const runId = await aRunAtItsGate()
  const { body: document } = await documentOf(runId)
  const rehashed = async (change: object) => {
    const { hash: _, ...rest } = { ...document, ...change }
    const { fingerprintOf } = await import('../runs/idempotency.js')
    return { ...rest, hash: fingerprintOf(rest) }
  }
  const other = { ...document.workflow, definitionHash: '0'.repeat(64) }
  const refusals = [
    [await importOf(document, 'submitter'), 403, 'SCOPE_MISSING'],
    [await importOf({ ...document, number: 2 }), 422, 'CHECKPOINT_REFUSED'],
    [await importOf(await rehashed({ recoverable: false })), 422, 'CHECKPOINT_REFUSED'],
    [await importOf(await rehashed({ engine: { status: 'running' } })), 422, 'CHECKPOINT_REFUSED'],
    [await importOf(await rehashed({ workflow: { ...document.workflow, name: 'nobody' } })), 404, 'WORKFLOW_UNKNOWN'],
    [await importOf(await rehashed({ workflow: other })), 409, 'CHECKPOINT_OTHER_DEFINITION'],
    [await importOf({ ...document, format: 'other' }), 400, 'CONTRACT_VIOLATED'],
  ] as const
  for (const [{ status, body }, ...expected] of refusals) expect([status, body.code]).toEqual(expected)
})

test('the command writes a file for its owner alone, which it can make a run from', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'checkpoint-'))
  const file = join(directory, 'note.json')
  try {
    const runId = await aRunAtItsGate()
    const fleet = { gatewayUrl: world.origin, key: keyOf('both') }
    await exportCheckpoint(fleet, { runId, checkpoint: 'note', file })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ runId, label: 'note' })
    const imported = await importCheckpoint(fleet, file)
    await world.settle(imported)
    expect((await view(imported)).status).toBe('waiting')
    await expect(exportCheckpoint(fleet, { runId, checkpoint: 'nope', file })).rejects.toThrow('404 CHECKPOINT_UNKNOWN')
  } finally {
    await rm(directory, { recursive: true })
  }
})
