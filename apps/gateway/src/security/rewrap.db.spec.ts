import { randomBytes } from 'node:crypto'
import { parseSealingKeys } from '@flotilla/contracts/sealing'
import { openWebhookSecret } from '@flotilla/queues'
import { openStore, rewrapDataKeys } from '@flotilla/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeRewrap, rewrapAll } from '../../../../tools/fleet/rewrap.mjs'
import { aDatabase, aRedis, type TestDatabase } from '../../../../tools/test-database.js'
import { testKeys } from '../testing/a-gateway.js'
import { aWorld } from '../testing/a-world.js'

const [k1, k2] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')]
const rings = {
  before: { current: 'k1', keys: { k1 } },
  between: { current: 'k2', keys: { k1, k2 } },
  after: { current: 'k2', keys: { k2 } },
}
const settingsOf = (ring: object) => ({ SEALING_KEYS: JSON.stringify(ring), WEBHOOK_HOSTS_ALLOWED: '127.0.0.1' })

let database: TestDatabase
const redis = aRedis()
beforeAll(async () => void (database = await aDatabase()))
afterAll(() => database.drop())

test('after everything is wrapped anew, also by a hand that was interrupted, the old key can be taken away', async () => {
  const before = await aWorld(database, redis, settingsOf(rings.before))
  const runIds: string[] = []
  for (let amount = 1; amount <= 7; amount += 1) {
    const { body } = await before.ask('submitter', 'POST', '/runs', { workflow: 'gated', input: { amount } })
    await before.settle(body.runId)
    runIds.push(body.runId)
  }
  const hook = (await before.ask('operator', 'POST', '/webhooks', { url: 'http://127.0.0.1:1/hook' })).body
  expect((await before.ask('submitter', 'POST', '/signals/paid', { key: 'INV', payload: { sum: 5 } })).body.kept).toBe(
    true,
  )
  await before.close()

  // Interrupted after its first batch: what was wrapped stays, the rest is found again.
  const between = parseSealingKeys(rings.between)
  const store = openStore({ sealing: between, url: database.ownerUrl, max: 2, applicationName: 'spec-rewrap' })
  const interrupt = () => {
    throw new Error('interrupted')
  }
  await expect(rewrapDataKeys(store, { batch: 3, onBatch: interrupt })).rejects.toThrow('interrupted')
  const byKey = async () =>
    (await store.pool.query('select key_id as id, count(*)::integer as n from run_key group by 1 order by 1')).rows
  expect(await byKey()).toEqual([
    { id: 'k1', n: 4 },
    { id: 'k2', n: 3 },
  ])
  const done = await rewrapAll({
    databaseUrl: database.ownerUrl,
    sealingKeys: rings.between,
    hashingKey: testKeys.HASHING_KEY,
    batch: 3,
  })
  expect(done).toMatchObject({ current: 'k2', dataKeys: 4, waiting: 1, secrets: 1, unreadable: 0, remaining: [] })
  expect(describeRewrap(done, ['k1'])).toContain('no row needs k1')
  expect(await byKey()).toEqual([{ id: 'k2', n: 7 }])
  await store.close()

  const after = await aWorld(database, redis, settingsOf(rings.after))
  for (const [index, runId] of runIds.entries()) {
    expect((await after.ask('both', 'GET', `/runs/${runId}/state`)).body.data).toMatchObject({ amount: index + 1 })
    expect((await after.ask('reviewer', 'POST', `/runs/${runId}/hitl`, { decision: 'approve' })).status).toBe(200)
    await after.settle(runId)
    expect((await after.ask('both', 'GET', `/runs/${runId}`)).body.result).toEqual({ decision: 'approve' })
  }
  const { rows } = await after.owner.pool.query('select secret from webhook_endpoint where id = $1', [hook.id])
  expect(openWebhookSecret(after.gateway.sealer, hook.id, rows[0].secret)).toBe(hook.secret)
  await after.close()
})

test('what another ring sealed is left as it is, counted and named', async () => {
  const lost = { current: 'k9', keys: { k9: randomBytes(32).toString('base64') } }
  const stranger = await aWorld(database, redis, settingsOf(lost))
  await stranger.ask('submitter', 'POST', '/runs', { workflow: 'gated', input: { amount: 1 } })
  await stranger.close()
  const done = await rewrapAll({
    databaseUrl: database.ownerUrl,
    sealingKeys: rings.between,
    hashingKey: testKeys.HASHING_KEY,
  })
  expect(done).toMatchObject({ dataKeys: 0, unreadable: 1, remaining: [{ place: 'data keys', keyId: 'k9', rows: 1 }] })
  expect(describeRewrap(done, ['k1', 'k9'])).toContain('no row needs k1:')
})
