import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { seeded } from '@flotilla/engine/testing'
import { appendAudit, asTenant, listAuditHeads } from '@flotilla/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { whatHeadsSayAgainst, whatIsWrongWithAudit, writeAuditFile } from '../../../../tools/fleet/audit-file.mjs'
import { readAudit } from '../../../../tools/fleet/audit.mjs'
import { aDatabase, aRedis, type TestDatabase } from '../../../../tools/test-database.js'
import { keyOf } from '../testing/a-gateway.js'
import { aWorld, type World } from '../testing/a-world.js'
import { signHead } from './audit-desk.js'
import { appendHeads, makeKeepHeads } from './keep-heads.js'

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

test('H1 H2 heads are appended as audits grow, each once, and again after what failed', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'flotilla-heads-'))
  const kept = path.join(dir, 'heads.ndjson')
  let isFull = true
  const append = appendHeads(kept)
  const keepHeads = makeKeepHeads({
    list: () => listAuditHeads(world.store.pool),
    key: pair.privateKey,
    now: Date.now,
    tell: (heads) => (isFull ? Promise.reject(new Error('ENOSPC')) : append(heads)),
  })
  try {
    await expect(keepHeads()).rejects.toThrow('ENOSPC')
    isFull = false
    expect([await keepHeads(), await keepHeads()]).toEqual([1, 0])
    const entry = { tenant: 'rival', actor: 'a', action: 'run.cancelled', subject: 's', detail: {} }
    await asTenant(world.store.pool, 'rival', (tx) => appendAudit(tx, entry))
    expect(await keepHeads()).toBe(1)
    const text = await readFile(kept, 'utf8')
    const heads = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(heads).toMatchObject([
      { tenant: 'acme', seq: 60, publicKey },
      { tenant: 'rival', seq: 1, publicKey },
    ])
    expect((await stat(kept)).mode & 0o777).toBe(0o600)
    expect(whatHeadsSayAgainst(file, text, publicKey)).toBeNull()
    // A line that was cut off by a crash is no reason to doubt the rest.
    expect(whatHeadsSayAgainst(file, `${text}{"tenant":"ac`, publicKey)).toBeNull()
  } finally {
    await rm(dir, { recursive: true })
  }
})

test('a history that was made anew with the very signing key is found by heads that were kept elsewhere', () => {
  const [, ...entries] = file
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
  const kept = [20, 60].map((seq) => {
    const { hash } = entries[seq - 1]
    return `${JSON.stringify(signHead({ tenant: 'acme', seq, hash }, pair.privateKey, 1_000 * seq))}\n`
  })
  const madeAnew = (change: (n: number, content: string) => string | null): string => {
    let previousHash = ''
    const made = entries.flatMap(({ content }, n) => {
      const changed = change(n, content)
      return changed === null ? [] : [changed]
    })
    const chain = made.map((content, index) => {
      const hash = createHash('sha256').update(Buffer.from(previousHash, 'hex')).update(content).digest('hex')
      const entry = { seq: index + 1, content, previousHash, hash }
      previousHash = hash
      return entry
    })
    const head = signHead({ tenant: 'acme', seq: chain.length, hash: previousHash }, pair.privateKey, 99_000)
    return writeAuditFile(head, chain)
  }
  expect(
    whatHeadsSayAgainst(
      madeAnew((_, content) => content),
      kept.join(''),
      publicKey,
    ),
  ).toBeNull()
  const lie = madeAnew((n, content) => (n === 40 ? content.replace('run.cancelled', 'run.completed') : content))
  const cut = madeAnew((n, content) => (n < 50 ? content : null))
  for (const forged of [lie, cut]) expect(whatIsWrongWithAudit(forged, publicKey)).toBeNull()
  expect(whatHeadsSayAgainst(lie, kept.join(''), publicKey)).toMatch(/entry 60 is not/)
  expect(whatHeadsSayAgainst(cut, kept.join(''), publicKey)).toMatch(/ends before it/)
  // Heads are as good as their signatures.
  const stranger = generateKeyPairSync('ed25519').privateKey
  const { hash } = entries[59]
  const foreign = `${JSON.stringify(signHead({ tenant: 'acme', seq: 60, hash }, stranger, 1))}\n`
  expect(whatHeadsSayAgainst(file, foreign, publicKey)).toMatch(/not signed/)
  expect(whatHeadsSayAgainst(file, foreign, null)).toMatch(/not signed/)
  expect(whatHeadsSayAgainst(file, 'x\n', publicKey)).toMatch(/no head/)
})
