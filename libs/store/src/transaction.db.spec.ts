import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase, aRing, type TestDatabase } from '../../../tools/test-database.js'
import { openStore, ping, type Store } from './open-store.js'
import { asTenant, askAsTenant, inTransaction } from './transaction.js'

let database: TestDatabase
let store: Store

beforeAll(async () => {
  database = await aDatabase()
  store = openStore({ sealing: aRing, url: database.gatewayUrl, max: 2, applicationName: 'spec', answerTimeoutMs: 300 })
})
afterAll(async () => {
  await store.close()
  await database.drop()
})

test('an answer that does not come is waited for no longer than told, and costs only its connection', async () => {
  await ping(store.pool)
  expect(store.pool.totalCount).toBe(1)
  const startedAt = performance.now()
  await expect(asTenant(store.pool, 'spec', (tx) => tx.query('select pg_sleep(5)'))).rejects.toThrow(
    'Query read timeout',
  )
  expect(performance.now() - startedAt).toBeLessThan(4_500)
  // Neither a rollback was waited for nor is the connection, on which the statement still runs, given to the next one.
  expect(store.pool.totalCount).toBe(0)
  await ping(store.pool)
})

test('a statement outside of a transaction is bounded as well', async () => {
  await expect(store.pool.query('select pg_sleep(5)')).rejects.toThrow('Query read timeout')
  expect(store.pool.totalCount).toBe(0)
})

test('a failed transaction is rolled back and its connection used again', async () => {
  await ping(store.pool)
  await expect(inTransaction(store.pool, (tx) => tx.query('select 1 / 0'))).rejects.toMatchObject({ code: '22012' })
  expect([store.pool.totalCount, store.pool.idleCount]).toEqual([1, 1])
  await ping(store.pool)
})

test('a connection that is lost between two statements fails its transaction and not the process', async () => {
  const lost = inTransaction(store.pool, async (tx) => {
    const { rows } = await tx.query<{ pid: number }>('select pg_backend_pid() as pid')
    const ended = new Promise((resolve) => tx.once('end', resolve))
    await store.pool.query('select pg_terminate_backend($1)', [rows[0]?.pid])
    await ended
    await tx.query('select 1')
  })
  await expect(lost).rejects.toThrow(/not queryable|terminat/)
  await ping(store.pool)
})

test('a closing statement that fails takes the whole transaction with it, and says why', async () => {
  const made = inTransaction(store.pool, async (tx, closing) => {
    await tx.query('create temp table kept (n integer)')
    closing(tx.query('insert into kept select 1 / 0'))
    closing(tx.query('insert into kept values (1)'))
  })
  await expect(made).rejects.toMatchObject({ code: '22012' })
  await expect(store.pool.query('select from kept')).rejects.toMatchObject({ code: '42P01' })
})

test('what a statement sees of tenants is the same in one round trip', async () => {
  const seen = await askAsTenant(
    store.pool,
    'spec',
    async (tx) => (await tx.query(`select current_setting('flotilla.tenant') as tenant`)).rows,
  )
  expect(seen).toEqual([{ tenant: 'spec' }])
  await expect(askAsTenant(store.pool, 'spec', (tx) => tx.query('select 1 / 0'))).rejects.toMatchObject({
    code: '22012',
  })
  const { rows } = await store.pool.query(`select current_setting('flotilla.tenant', true) as tenant`)
  expect(rows).not.toEqual([{ tenant: 'spec' }])
})

test('a closing statement that fails before it is sent takes the whole transaction with it', async () => {
  const made = inTransaction(store.pool, async (tx, closing) => {
    await tx.query('create temp table unsent (n integer)')
    closing(Promise.reject(new RangeError('too long to be sent')))
  })
  await expect(made).rejects.toThrow('too long to be sent')
  await expect(store.pool.query('select from unsent')).rejects.toMatchObject({ code: '42P01' })
})

test.each(['40001', '40P01'])('a transaction that Postgres breaks off with %s is not taken for done', async (code) => {
  const raise = `do $$ begin raise exception using errcode = '${code}'; end $$`
  await expect(inTransaction(store.pool, (tx) => tx.query(raise))).rejects.toMatchObject({ code })
})

test('a commit that fails is not taken for one that succeeded', async () => {
  const made = inTransaction(store.pool, async (tx) => {
    await tx.query('create temp table twice (n integer unique deferrable initially deferred)')
    await tx.query('insert into twice values (1), (1)')
  })
  await expect(made).rejects.toMatchObject({ code: '23505' })
})
