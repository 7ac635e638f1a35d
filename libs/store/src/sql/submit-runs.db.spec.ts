import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase, aRing, type TestDatabase } from '../../../../tools/test-database.js'
import { openStore, type Store } from '../open-store.js'
import { aSubmission } from '../testing.js'
import { inTransaction } from '../transaction.js'
import { readInput } from './fork-run.js'
import { submitRuns } from './submit-runs.js'

let database: TestDatabase
let owner: Store
let gateway: Store

beforeAll(async () => {
  database = await aDatabase()
  owner = openStore({ sealing: aRing, url: database.ownerUrl, max: 1, applicationName: 'spec-owner' })
  gateway = openStore({ sealing: aRing, url: database.gatewayUrl, max: 16, applicationName: 'spec-gateway' })
})
afterAll(async () => {
  await Promise.all([owner.close(), gateway.close()])
  await database.drop()
})

const countOf = async (tenant: string) =>
  (await owner.pool.query<{ n: number }>('select count(*)::integer as n from run where tenant_id = $1', [tenant]))
    .rows[0]?.n
const outcomes = (results: readonly { readonly outcome: string }[]) => results.map(({ outcome }) => outcome)

test('a batch of several tenants is accepted in one call', async () => {
  const batch = ['t1', 't2', 't1'].map((tenant) => aSubmission({ tenant }))
  const results = await submitRuns(gateway.pool, batch)
  expect(results).toEqual(
    batch.map(({ runId, traceId }) => ({ outcome: 'accepted', runId, traceId, createdAt: expect.any(Date) })),
  )
  expect(await countOf('t1')).toBe(2)
})

test('of 64 concurrent submissions with one key exactly one is the run and all get its id', async () => {
  const batch = () => aSubmission({ tenant: 'race', idempotencyKey: 'k', fingerprint: 'f' })
  const results = (await Promise.all(Array.from({ length: 64 }, () => submitRuns(gateway.pool, [batch()])))).flat()
  expect(outcomes(results).filter((outcome) => outcome === 'accepted')).toHaveLength(1)
  expect(outcomes(results).filter((outcome) => outcome === 'replayed')).toHaveLength(63)
  expect(new Set(results.map((result) => ('runId' in result ? result.runId : ''))).size).toBe(1)
  expect(await countOf('race')).toBe(1)
})

test('batches that share keys in opposite order do not deadlock', async () => {
  const keys = Array.from({ length: 20 }, (_, n) => `k${n}`)
  const batch = (order: readonly string[]) =>
    order.map((key) => aSubmission({ tenant: 'cross', idempotencyKey: key, fingerprint: 'f' }))
  const rounds = Array.from({ length: 16 }, (_, n) =>
    submitRuns(gateway.pool, batch(n % 2 === 0 ? keys : keys.toReversed())),
  )
  const results = (await Promise.all(rounds)).flat()
  expect(outcomes(results).filter((outcome) => outcome === 'accepted')).toHaveLength(20)
  expect(await countOf('cross')).toBe(20)
})

test('one key with another body is a conflict, also within a batch, and in another tenant it is free', async () => {
  const key = { idempotencyKey: 'same', fingerprint: 'one' }
  const results = await submitRuns(gateway.pool, [
    aSubmission({ tenant: 'c1', ...key }),
    aSubmission({ tenant: 'c1', ...key }),
    aSubmission({ tenant: 'c1', ...key, fingerprint: 'two' }),
    aSubmission({ tenant: 'c2', ...key, fingerprint: 'two' }),
    aSubmission({ tenant: 'c1' }),
  ])
  expect(outcomes(results)).toEqual(['accepted', 'replayed', 'conflict', 'accepted', 'accepted'])
})

test('a key is free again when it has expired', async () => {
  const submission = () => aSubmission({ tenant: 'old', idempotencyKey: 'k', fingerprint: 'f' })
  await submitRuns(gateway.pool, [submission()])
  await owner.pool.query(`update idempotency set expires_at = now() - interval '1 s' where tenant_id = 'old'`)
  expect(outcomes(await submitRuns(gateway.pool, [submission()]))).toEqual(['accepted'])
})

test('a row that Postgres refuses does not refuse the others', async () => {
  const good = aSubmission({ tenant: 'bad-batch' })
  const bad = aSubmission({ tenant: 'bad-batch', priority: 7 as never })
  const results = await submitRuns(gateway.pool, [good, bad, aSubmission({ tenant: 'bad-batch' })])
  expect(outcomes(results)).toEqual(['accepted', 'refused', 'accepted'])
  expect(results[1]).toMatchObject({ code: '23514' })
  expect(await countOf('bad-batch')).toBe(2)
})

test('hostile strings are stored as text', async () => {
  const nasty = `'); drop table run; -- \0 \ud800 $1 \\u0000 \u202e 🚢 {"a":null}`
  const tenant = `te'nant"; --`
  const [result] = await submitRuns(gateway.pool, [
    aSubmission({
      tenant,
      input: { [nasty]: nasty },
      tags: [nasty, '{a,b}'],
      idempotencyKey: `k${nasty}`,
      fingerprint: 'f',
    }),
  ])
  expect(result?.outcome).toBe('accepted')
  const { rows } = await owner.pool.query<{ id: string; tags: string[] }>(
    'select id, tags from run where tenant_id = $1',
    [tenant],
  )
  const given = await inTransaction(owner.pool, (tx) => readInput(tx, rows[0]?.id ?? ''))
  const stored = nasty.replace('\0', '\ufffd').replace('\ud800', '\ufffd')
  expect(given).toEqual({ input: { [stored]: stored } })
  expect(rows[0]?.tags).toEqual([stored, '{a,b}'])
})
