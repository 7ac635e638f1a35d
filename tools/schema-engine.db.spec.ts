import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { urlWith, withClient } from './fleet/database.mjs'
import { prisma } from './fleet/migrate.mjs'
import { repoDir } from './fleet/paths.mjs'
import type {} from './test-servers.js'

const table = `-- a comment; with a semicolon
create function nothing() returns void language plpgsql as $$ begin perform 1; perform 2; end $$;
${'CREATE TABLE "thing" ("id" UUID NOT NULL, "tags" TEXT[], CONSTRAINT "thing_pkey" PRIMARY KEY ("id"));'}
`
const schema = (column = '') => `
datasource db {
  provider = "postgresql"
}

model thing {
  id   String   @id @db.Uuid
  tags String[]
${column}
}
`

describe('the schema engine', () => {
  // Inside the clone, where the configuration file finds the prisma package.
  const dir = mkdtempSync(path.join(repoDir, 'node_modules/.schema-engine-'))
  const migrations = path.join(dir, 'migrations')
  const config = path.join(dir, 'prisma.config.ts')
  const run = (databaseUrl: string, ...args: string[]) => prisma([...args, '--config', config], databaseUrl)
  const aName = (() => {
    let count = 0
    return () => `engine_${process.pid}_${(count += 1)}`
  })()
  const urlOfNew = () => urlWith(inject('servers').templateUrl, { database: aName() })
  const urls: string[] = []

  beforeAll(() => {
    mkdirSync(path.join(migrations, '20260101000000_init'), { recursive: true })
    writeFileSync(path.join(migrations, 'migration_lock.toml'), 'provider = "postgresql"\n')
    writeFileSync(path.join(migrations, '20260101000000_init/migration.sql'), table)
    writeFileSync(path.join(dir, 'schema.prisma'), schema())
    writeFileSync(
      config,
      `import { defineConfig } from 'prisma/config'
export default defineConfig({
  schema: 'schema.prisma',
  migrations: { path: 'migrations' },
  datasource: { url: process.env.DATABASE_URL ?? '' },
})
`,
    )
  })
  afterAll(async () => {
    rmSync(dir, { recursive: true, force: true })
    await withClient(urlWith(inject('servers').superuserUrl, { database: 'postgres' }), async (client) => {
      for (const url of urls)
        await client.query(`drop database if exists ${new URL(url).pathname.slice(1)} with (force)`)
    })
  })

  const aUrl = (): string => {
    const url = urlOfNew()
    urls.push(url)
    return url
  }

  test('creates the database, applies migrations, writes Prisma’s own table, and does nothing the second time', async () => {
    const url = aUrl()
    const first = await run(url, 'migrate', 'deploy')
    expect(first.output).toContain('20260101000000_init')
    expect(first.code).toBe(0)
    const { rows } = await withClient(url, (client) =>
      client.query('select migration_name, finished_at is not null as finished from _prisma_migrations'),
    )
    expect(rows).toEqual([{ migration_name: '20260101000000_init', finished: true }])
    const second = await run(url, 'migrate', 'deploy')
    expect(second).toMatchObject({ code: 0, output: expect.stringContaining('No pending migrations') })
    expect((await run(url, 'migrate', 'status')).output).toContain('Database schema is up to date')
  })

  test('tells drift between migrations and database by exit code: 0 none, 2 some', async () => {
    const url = aUrl()
    await run(url, 'migrate', 'deploy')
    const diff = () =>
      run(
        url,
        'migrate',
        'diff',
        '--from-config-datasource',
        '--to-schema',
        path.join(dir, 'schema.prisma'),
        '--exit-code',
      )
    expect(await diff()).toMatchObject({ code: 0 })
    await withClient(url, (client) => client.query('alter table thing add column surprise text'))
    const drifted = await diff()
    expect(drifted.output).toContain('surprise')
    expect(drifted.code).toBe(2)
  })

  test('reads constraints from the catalogue, whose one-byte type the driver adapter does not know', async () => {
    const url = aUrl()
    await run(url, 'migrate', 'deploy')
    await withClient(url, (client) =>
      client.query('create table part (id uuid primary key, thing uuid references thing, check (id is not null))'),
    )
    const { code, output } = await run(url, 'migrate', 'diff', '--from-empty', '--to-config-datasource', '--script')
    expect(output).toMatch(/FOREIGN KEY \("thing"\) REFERENCES "public"."thing"\("id"\)/)
    expect(code).toBe(0)
  })

  test('a migration that fails is an error with the database’s words, never a silent success', async () => {
    const broken = path.join(migrations, '20260102000000_broken')
    mkdirSync(broken)
    writeFileSync(path.join(broken, 'migration.sql'), 'alter table nowhere add column x int;\n')
    try {
      const { code, output } = await run(aUrl(), 'migrate', 'deploy')
      expect(output).toContain('No such table: nowhere')
      expect(code).toBe(1)
    } finally {
      rmSync(broken, { recursive: true })
    }
  })

  test('a database that cannot be reached is an error', async () => {
    const { code, output } = await run('postgresql://nobody:x@127.0.0.1:1/none', 'migrate', 'deploy')
    expect(output).toMatch(/P1001|ECONNREFUSED/)
    expect(code).toBe(1)
  })
})
