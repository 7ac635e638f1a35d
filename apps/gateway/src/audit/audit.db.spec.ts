import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { seeded } from '@flotilla/engine/testing'
import { appendAudit, asTenant } from '@flotilla/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { whatIsWrongWithAudit, writeAuditFile } from '../../../../tools/fleet/audit-file.mjs'
import { readAudit } from '../../../../tools/fleet/audit.mjs'
import { aDatabase, aRedis, type TestDatabase } from '../../../../tools/test-database.js'
import { keyOf } from '../testing/a-gateway.js'
import { aWorld, type World } from '../testing/a-world.js'

const pair = generateKeyPairSync('ed25519')
const publicKey = pair.publicKey.export({ format: 'der', type: 'spki' }).toString('hex')
let database: TestDatabase
let world: World
let file: string
beforeAll(async () => {
  database = await aDatabase()
  const key = pair.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
  world = await aWorld(database, aRedis(), { AUDIT_SIGNING_KEY: key })
  for (let n = 0; n < 60; n += 1)
    await asTenant(world.store.pool, 'acme', (tx) =>
      appendAudit(tx, {
        tenant: 'acme',
        actor: 'zoë',
        action: 'run.cancelled',
        subject: `s${n}`,
        detail: { n, half: n / 2, 'a"b': null },
      }),
    )
  file = await readAudit({ gatewayUrl: world.origin, key: keyOf('both') })
})
afterAll(async () => {
  await world.close()
  await database.drop()
})

test('an export of several pages is whole, by the key that is expected and by no other', async () => {
  expect(file.split('\n')).toHaveLength(62)
  expect(whatIsWrongWithAudit(file, publicKey)).toBeNull()
  expect(whatIsWrongWithAudit(file, null)).toBeNull()
  const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).toString('hex')
  expect(whatIsWrongWithAudit(file, other)).toMatch(/signed/)
  expect(JSON.parse(file.split('\n')[0] ?? '').publicKey).toBe(publicKey)
})

test('each of a thousand flips, deletions, swaps and cuts is found', () => {
  const chance = seeded(4)
  const bytes = Buffer.from(file)
  const lines = file.split('\n').slice(0, -1)
  const corruptions: Readonly<Record<string, () => Buffer | string>> = {
    flip: () => {
      const copy = Buffer.from(bytes)
      const at = chance.below(copy.length)
      copy[at] = (copy[at] ?? 0) ^ (1 << chance.below(8))
      return copy
    },
    byte: () => {
      const at = chance.below(bytes.length)
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])
    },
    line: () => `${lines.toSpliced(chance.below(lines.length), 1).join('\n')}\n`,
    twice: () => `${lines.toSpliced(chance.below(lines.length), 0, chance.pick(lines)).join('\n')}\n`,
    swap: () => {
      const at = 1 + chance.below(lines.length - 2)
      return `${lines
        .with(at, lines[at + 1] ?? '')
        .with(at + 1, lines[at] ?? '')
        .join('\n')}\n`
    },
    cut: () => bytes.subarray(0, chance.below(bytes.length)),
    tail: () => `${lines.slice(0, 1 + chance.below(lines.length - 1)).join('\n')}\n`,
  }
  const missed: string[] = []
  for (let n = 0; n < 1_000; n += 1) {
    const kind = chance.pick(Object.keys(corruptions))
    const corrupted = corruptions[kind]?.() ?? ''
    if (Buffer.compare(Buffer.from(corrupted), bytes) === 0) continue
    if (whatIsWrongWithAudit(corrupted, publicKey) === null) missed.push(`${n} ${kind}`)
  }
  expect(missed).toEqual([])
})

test('a chain that was made anew throughout is not signed, or by another key', () => {
  const [head = '', ...rest] = file
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
  const stranger = generateKeyPairSync('ed25519')
  const shorter = { ...head, seq: 1, hash: rest[0].hash }
  expect(whatIsWrongWithAudit(writeAuditFile(shorter, rest.slice(0, 1)), publicKey)).toMatch(/signed/)
  const text = ['flotilla.audit-head.v1', head.tenant, 1, rest[0].hash, head.signedAt].join('\n')
  const resigned = {
    ...shorter,
    signature: sign(null, Buffer.from(text), stranger.privateKey).toString('hex'),
    publicKey: createPublicKey(stranger.privateKey).export({ format: 'der', type: 'spki' }).toString('hex'),
  }
  expect(whatIsWrongWithAudit(writeAuditFile(resigned, rest.slice(0, 1)), publicKey)).toMatch(/signed/)
})

test('the audit is read page by page, by its scope alone, and is the tenant’s', async () => {
  const first = await world.ask('both', 'GET', '/audit?limit=2')
  expect(first.body.items.map(({ seq }: { seq: number }) => seq)).toEqual([1, 2])
  const second = await world.ask('both', 'GET', `/audit?limit=2&cursor=${first.body.nextCursor}`)
  expect(second.body.items.map(({ seq }: { seq: number }) => seq)).toEqual([3, 4])
  expect((await world.ask('operator', 'GET', '/audit')).status).toBe(403)
  expect((await world.ask('foreign', 'GET', '/audit')).body).toEqual({ items: [], nextCursor: null })
  expect((await world.ask('foreign', 'GET', '/audit/heads')).body).toMatchObject({ tenant: 'rival', seq: 0, hash: '' })
})

test('no role of the product can change or delete an entry, or append one past the chain', async () => {
  for (const sql of [
    `update audit set actor = 'x'`,
    'delete from audit',
    'truncate audit',
    `update audit_head set seq = 0`,
    `insert into audit (tenant_id, seq, at, actor, action, subject, detail, previous_hash, hash) values ('acme', 99, now(), 'x', 'x', 'x', '{}', '', '')`,
  ])
    for (const store of [world.store, world.engine])
      await expect(
        asTenant(store.pool, 'acme', (tx) => tx.query(sql)),
        sql,
      ).rejects.toMatchObject({ code: '42501' })
})
