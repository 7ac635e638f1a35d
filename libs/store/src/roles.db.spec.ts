import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase, aRing, type TestDatabase } from '../../../tools/test-database.js'
import { openStore, type Store } from './open-store.js'
import { appendAudit, findBrokenAudit } from './sql/audit.js'
import { readRun } from './sql/read-runs.js'
import { submitRuns } from './sql/submit-runs.js'
import { aSubmission } from './testing.js'
import { asTenant } from './transaction.js'

let database: TestDatabase
let owner: Store
let gateway: Store
let engine: Store
let vault: Store
const mine = aSubmission({ tenant: 'mine' })
const theirs = aSubmission({ tenant: 'theirs' })

beforeAll(async () => {
  database = await aDatabase()
  const open = (url: string) => openStore({ sealing: aRing, url, max: 4, applicationName: 'spec' })
  owner = open(database.ownerUrl)
  gateway = open(database.gatewayUrl)
  engine = open(database.engineUrl)
  vault = open(database.vaultUrl)
  await submitRuns(gateway.pool, [mine, theirs])
  await owner.pool.query(
    `insert into history (run_id, position, tenant_id, at, event) select id, 1, tenant_id, now(), '{}' from run`,
  )
})
afterAll(async () => {
  await Promise.all([owner, gateway, engine, vault].map((store) => store.close()))
  await database.drop()
})

const denied = { code: '42501' }

test("the product's roles are no superusers, bypass no policy and own nothing", async () => {
  const { rows } = await owner.pool.query<Record<string, unknown>>(`
    select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
      (select count(*)::integer from pg_class where relowner = r.oid) as owned
    from pg_roles r where rolname like 'flotilla\\_%' order by 1`)
  const plain = { rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcreatedb: false, owned: 0 }
  expect(rows).toEqual(
    ['flotilla_engine', 'flotilla_gateway', 'flotilla_vault'].map((rolname) => ({ rolname, ...plain })),
  )
})

test('row-level security is on for every table with a tenant, and for those that hang on a run', async () => {
  const { rows } = await owner.pool.query<{ name: string; secured: boolean }>(`
    select format('%s.%s', n.nspname, c.relname) as name, c.relrowsecurity as secured
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'vault') and c.relkind in ('r', 'p') and exists (
      select from pg_attribute a where a.attrelid = c.oid and a.attname in ('tenant_id', 'run_id') and not attisdropped)
    order by 1`)
  expect(rows.length).toBeGreaterThanOrEqual(14)
  expect(rows.filter(({ secured }) => !secured)).toEqual([])
})

test('a tenant sees its own runs only, and without a tenant nothing is seen', async () => {
  expect(await asTenant(gateway.pool, 'mine', (tx) => readRun(tx, mine.runId))).not.toBeNull()
  expect(await asTenant(gateway.pool, 'mine', (tx) => readRun(tx, theirs.runId))).toBeNull()
  expect((await gateway.pool.query('select from run')).rowCount).toBe(0)
  for (const table of ['run', 'history'])
    expect((await asTenant(gateway.pool, 'mine', (tx) => tx.query(`select from ${table}`))).rowCount).toBe(1)
  expect((await engine.pool.query('select from run')).rowCount).toBe(2)
})

test("the tenant's name is data, and is gone with the transaction", async () => {
  const name = `mine' or 'x'='x`
  expect(await asTenant(gateway.pool, name, (tx) => readRun(tx, mine.runId))).toBeNull()
  const left = await gateway.pool.query<{ tenant: string }>(`select current_setting('flotilla.tenant', true) as tenant`)
  expect(left.rows[0]?.tenant ?? '').toBe('')
})

test('the gateway cannot put an event into the inbox of a foreign run', async () => {
  const insert = (runId: string) =>
    asTenant(gateway.pool, 'mine', (tx) => tx.query(`insert into inbox (run_id, event) values ($1, '{}')`, [runId]))
  await expect(insert(theirs.runId)).rejects.toMatchObject(denied)
  expect((await insert(mine.runId)).rowCount).toBe(1)
})

test.each([
  ['read keys', 'select from api_key'],
  ['write runs', `insert into run select * from run`],
  ['rewrite a result', `update run set result = '{}'`],
  ['write history', `update history set event = '{}'`],
  ['delete history', `delete from history`],
  ['name a partition', `select from parts.history_default`],
  ['read the vault', `select from vault.payload`],
  ['make partitions', `select ensure_history_partitions(1)`],
])('the gateway may not %s', async (_what, sql) => {
  await expect(asTenant(gateway.pool, 'mine', (tx) => tx.query(sql))).rejects.toMatchObject(denied)
})

test.each([
  ['change history', `update history set event = '{}'`],
  ['delete history', `delete from history`],
  ['read keys', 'select from api_key'],
  ['delete runs', 'delete from run'],
  ['write audit', `insert into audit_head values ('x', 1, '')`],
  ['write effects', `delete from vault.effect`],
])('the engine may not %s', async (_what, sql) => {
  await expect(engine.pool.query(sql)).rejects.toMatchObject(denied)
})

test.each([
  ['read runs', 'select from public.run'],
  ['read debts', 'select from public.outbox'],
  ['submit', `select public.submit_runs('[]')`],
])('the vault may not %s', async (_what, sql) => {
  await expect(vault.pool.query(sql)).rejects.toMatchObject(denied)
})

test('history refuses even its owner, unless retention is switched on', async () => {
  await expect(owner.pool.query(`update history set ignored = 'x'`)).rejects.toMatchObject(denied)
  await expect(owner.pool.query('delete from history')).rejects.toMatchObject(denied)
  const client = await owner.pool.connect()
  try {
    await client.query(`begin; set local flotilla.retention = on`)
    expect((await client.query('delete from history')).rowCount).toBe(2)
    await client.query('rollback')
  } finally {
    client.release()
  }
})

test('the audit chains concurrent entries, and a change is found', async () => {
  const entry = (n: number) => ({ tenant: 'mine', actor: 'a', action: 'x.done', subject: `s${n}`, detail: { n } })
  const numbers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => asTenant(gateway.pool, 'mine', (tx) => appendAudit(tx, entry(n)))),
  )
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1))
  const broken = () => asTenant(gateway.pool, 'mine', (tx) => findBrokenAudit(tx, 'mine'))
  expect(await broken()).toBeNull()
  await expect(asTenant(gateway.pool, 'theirs', (tx) => appendAudit(tx, entry(0)))).rejects.toMatchObject(denied)
  await expect(owner.pool.query(`update audit set actor = 'b'`)).rejects.toMatchObject(denied)
  const tamper = async (sql: string) => {
    await owner.pool.query(`begin; set local flotilla.retention = on; ${sql}; commit`)
    return broken()
  }
  expect(await tamper(`update audit set actor = 'b' where seq = 7`)).toBe(7)
  expect(await tamper(`update audit set actor = 'a' where seq = 7`)).toBeNull()
  expect(await tamper(`delete from audit where seq = 12`)).toBe(13)
})

test('the vault reads the input of an owed job by its key, and nothing once it is paid', async () => {
  await owner.pool.query(
    `insert into outbox (run_id, step, dispatch, tenant_id, queue, agent, visit, payload, retry, deadline_ms, priority, order_key)
     values ($1, 'kyc', 1, 'mine', 'agent.kyc', 'kyc', 1, '{"input": {"a": 1}}', '{}', 1, 1, 1)`,
    [mine.runId],
  )
  const read = async () =>
    (await vault.pool.query<{ input: unknown }>('select vault.read_input($1, $2, 1) as input', [mine.runId, 'kyc']))
      .rows[0]
  expect(await read()).toEqual({ input: { a: 1 } })
  await owner.pool.query('delete from outbox')
  expect(await read()).toEqual({ input: null })
})
