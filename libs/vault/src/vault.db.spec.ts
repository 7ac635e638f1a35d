import { randomUUID } from 'node:crypto'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aDatabase, type TestDatabase } from '../../../tools/test-database.js'
import type { EffectIntent } from './effects.js'
import { makePool } from './pool.js'
import { openVault, type Vault } from './vault.js'

let database: TestDatabase
let vault: Vault
beforeAll(async () => {
  database = await aDatabase()
  vault = openVault(database.vaultUrl, { sealing: 'open' })
})
afterAll(async () => {
  await vault.close()
  await database.drop()
})

const anIntent = (over: Partial<EffectIntent> = {}): EffectIntent => ({
  rootRunId: randomUUID(),
  step: 'letter',
  visit: 1,
  name: 'send',
  key: 'first',
  tenantId: 't',
  reversible: false,
  idempotencyKey: 'key-1',
  dispatch: 1,
  attempt: 1,
  ...over,
})

describe('the ledger of effects', () => {
  test('E2 an intent stands open until its outcome is recorded, which is then final', async () => {
    const intent = anIntent()
    expect(await vault.effects.begin(intent)).toEqual({ status: 'open', idempotencyKey: 'key-1' })
    expect(await vault.effects.finish(intent, { sent: true })).toEqual({ sent: true })
    expect(await vault.effects.finish(intent, { sent: false })).toEqual({ sent: true })
    await vault.effects.fail(intent)
    expect(await vault.effects.begin({ ...intent, dispatch: 2 })).toEqual({ status: 'done', outcome: { sent: true } })
  })
  test('E4 whoever begins again calls with the first idempotency key', async () => {
    const intent = anIntent()
    await vault.effects.begin(intent)
    await vault.effects.fail(intent)
    const again = await vault.effects.begin({ ...intent, attempt: 2, idempotencyKey: 'key-2' })
    expect(again).toEqual({ status: 'open', idempotencyKey: 'key-1' })
  })
  test('E1 another visit, name or key is another effect', async () => {
    const intent = anIntent()
    await vault.effects.begin(intent)
    await vault.effects.finish(intent, 1)
    for (const other of [{ visit: 2 }, { name: 'print' }, { key: 'second' }, { step: 'other' }])
      expect((await vault.effects.begin({ ...intent, ...other })).status).toBe('open')
  })
  test('two that begin at once share one row and one key', async () => {
    const intent = anIntent()
    const standings = await Promise.all(
      ['a', 'b', 'c', 'd'].map((idempotencyKey) => vault.effects.begin({ ...intent, idempotencyKey })),
    )
    expect(new Set(standings.map((standing) => JSON.stringify(standing))).size).toBe(1)
  })
  test('E5 what was begun and never heard of is in doubt where keys are not honoured, until somebody says', async () => {
    const intent = anIntent({ honoursKeys: false })
    expect((await vault.effects.begin(intent)).status).toBe('open')
    const again = { ...intent, dispatch: 2, attempt: 3 }
    const doubt = { status: 'unknown', at: expect.any(Number), dispatch: 1, attempt: 1 }
    expect(await vault.effects.begin(again)).toEqual(doubt)
    expect(await vault.effects.begin(again)).toEqual(doubt)
    expect(await vault.effects.retake(intent, again)).toBe('key-1')
    await expect(vault.effects.retake(intent, again)).rejects.toThrow('EFFECT_NOT_IN_DOUBT')
    expect(await vault.effects.begin({ ...intent, dispatch: 4 })).toMatchObject({ dispatch: 2, attempt: 3 })
    expect(await vault.effects.finish(intent, 'it happened')).toBe('it happened')
    expect(await vault.effects.begin(again)).toEqual({ status: 'done', outcome: 'it happened' })
  })
  test('E5 a call that failed for certain is made again also where keys are not honoured', async () => {
    const intent = anIntent({ honoursKeys: false })
    await vault.effects.begin(intent)
    await vault.effects.fail(intent)
    expect((await vault.effects.begin(intent)).status).toBe('open')
    await vault.effects.doubt(intent)
    expect((await vault.effects.begin(intent)).status).toBe('unknown')
  })
  test('E6 what was undone is begun again under a key of its own, and the earlier outcome is kept', async () => {
    const intent = anIntent({ compensate: { agent: 'undo', input: { id: 7 } } })
    const where = [intent.rootRunId]
    await vault.effects.begin(intent)
    await vault.effects.finish(intent, { id: 7 })
    const owner = new Pool({ connectionString: database.ownerUrl })
    await owner.query(`update vault.effect set status = 'compensated', undone_at = now() where root_run_id = $1`, where)
    // A zombie's word on what was undone counts for nothing.
    expect(await vault.effects.finish(intent, { id: 8 })).toEqual({ id: 7 })
    expect(await vault.effects.begin(intent)).toEqual({ status: 'open', idempotencyKey: 'key-1/2' })
    await vault.effects.finish(intent, { id: 9 })
    const { rows } = await owner.query(
      'select status, outcome, generation, compensated_by, undone_at, earlier from vault.effect where root_run_id = $1',
      where,
    )
    await owner.end()
    expect(rows).toEqual([
      {
        status: 'done',
        outcome: { id: 9 },
        generation: 2,
        compensated_by: 'undo',
        undone_at: null,
        earlier: [expect.objectContaining({ idempotencyKey: 'key-1', outcome: { id: 7 } })],
      },
    ])
  })
  test('an outcome may be null', async () => {
    const intent = anIntent()
    await vault.effects.begin(intent)
    expect(await vault.effects.finish(intent, undefined)).toBeNull()
    expect(await vault.effects.begin(intent)).toEqual({ status: 'done', outcome: null })
  })
})

describe('facts', () => {
  test('count different subjects of one tenant within the window', async () => {
    const hash = new Uint8Array([1, 2, 3])
    const fact = { tenantId: 't', kind: 'phone', hash, subject: 'a', at: 1_000 }
    await vault.facts.record(fact)
    await vault.facts.record({ ...fact, at: 2_000 })
    await vault.facts.record({ ...fact, subject: 'b', at: 2_000 })
    await vault.facts.record({ ...fact, subject: 'c', tenantId: 'other' })
    await vault.facts.record({ ...fact, subject: 'd', kind: 'email' })
    const query = { tenantId: 't', kind: 'phone', hash, since: 1_000, until: 2_001 }
    expect(await vault.facts.count(query)).toBe(2)
    expect(await vault.facts.count({ ...query, until: 2_000 })).toBe(1)
    expect(await vault.facts.count({ ...query, excludingSubject: 'b' })).toBe(1)
    expect(await vault.facts.count({ ...query, hash: new Uint8Array([9]) })).toBe(0)
  })
  test('may lie in the last century', async () => {
    const fact = { tenantId: 't', kind: 'old', hash: new Uint8Array([1]), subject: 'a', at: Date.UTC(1963, 0, 1) }
    await vault.facts.record(fact)
    expect(await vault.facts.count({ ...fact, since: fact.at, until: fact.at + 1 })).toBe(1)
  })
})

test('a checkpoint is read by its id, or the latest but those kept by the SDK', async () => {
  const scope = { runId: randomUUID(), step: 'kyc', visit: 1 }
  await vault.checkpoints.save(scope, { id: 'a', label: 'A', data: { at: 1 } })
  await vault.checkpoints.save(scope, { id: 'b', label: 'B', data: [2] })
  await vault.checkpoints.save(scope, { id: 'hitl.1', label: 'decision', data: 3 })
  await vault.checkpoints.save(scope, { id: 'a', label: 'A', data: { at: 4 } })
  expect(await vault.checkpoints.read(scope, null, 'hitl.')).toEqual({ at: 4 })
  expect(await vault.checkpoints.read(scope, 'hitl.1', 'hitl.')).toBe(3)
  expect(await vault.checkpoints.read(scope, 'none', 'hitl.')).toBeNull()
  expect(await vault.checkpoints.read({ ...scope, visit: 2 }, null, 'hitl.')).toBeNull()
})

test('a payload is read back within its run only', async () => {
  const runId = randomUUID()
  const ref = await vault.payloads.save({ tenantId: 't', runId, body: Buffer.from('sealed') })
  expect(Buffer.from((await vault.payloads.read(runId, ref)) ?? []).toString()).toBe('sealed')
  expect(await vault.payloads.read(randomUUID(), ref)).toBeNull()
  expect(await vault.payloads.readInput(runId, 'kyc', 1)).toBeNull()
})

test('a connection that is lost in somebody’s hand does not end the process', async () => {
  const pool = makePool(database.vaultUrl)
  try {
    const client = await pool.connect()
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    const ended = new Promise((resolve) => client.once('end', resolve))
    await pool.query('select pg_terminate_backend($1)', [rows[0]?.pid])
    await ended
    await expect(client.query('select 1')).rejects.toThrow(/not queryable|terminat/)
    client.release()
    await pool.query('select 1')
  } finally {
    await pool.end()
  }
})

test('the role of the vault reads none of the product’s tables', async () => {
  const pool = new Pool({ connectionString: database.vaultUrl, max: 1 })
  try {
    for (const table of ['run', 'outbox', 'history', 'api_key'])
      await expect(pool.query(`select 1 from public.${table}`)).rejects.toMatchObject({ code: '42501' })
    const { rows } = await pool.query<{ rolsuper: boolean; rolbypassrls: boolean }>(
      'select rolsuper, rolbypassrls from pg_roles where rolname = current_user',
    )
    expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false }])
  } finally {
    await pool.end()
  }
})
