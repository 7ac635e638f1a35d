import pg from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { aDatabase } from './test-database.js'

const ask = async (url: string, sql: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

describe('the test servers', async () => {
  const [one, other] = await Promise.all([aDatabase(), aDatabase()])
  afterAll(() => Promise.all([one.drop(), other.drop()]))

  test('a database is its owner’s alone: what one test file writes no other sees', async () => {
    await ask(one.ownerUrl, 'create table mine (id int)')
    const tables = `select table_name from information_schema.tables where table_name = 'mine'`
    expect(await ask(one.ownerUrl, tables)).toHaveLength(1)
    expect(await ask(other.ownerUrl, tables)).toHaveLength(0)
  })

  test('the owner is no superuser and cannot by-pass row-level security', async () => {
    const role = 'select rolsuper, rolbypassrls from pg_roles where rolname = current_user'
    expect(await ask(one.ownerUrl, role)).toEqual([{ rolsuper: false, rolbypassrls: false }])
  })

  test('Postgres is version 18 with checksums', async () => {
    expect(await ask(one.ownerUrl, 'show data_checksums')).toEqual([{ data_checksums: 'on' }])
    expect(await ask(one.ownerUrl, 'show server_version')).toEqual([{ server_version: expect.stringMatching(/^18\./) }])
  })
})
