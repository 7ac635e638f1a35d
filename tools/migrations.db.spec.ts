import { expect, inject, test } from 'vitest'
import { withClient } from './fleet/database.mjs'
import { isUpToDate, migrationNames, prisma } from './fleet/migrate.mjs'
import { aDatabase } from './test-database.js'
import type {} from './test-servers.js'

test('the migrations make the database that schema.prisma describes', async () => {
  expect(migrationNames().length).toBeGreaterThan(0)
  const { templateUrl } = inject('servers')
  const args = ['--from-config-datasource', '--to-schema', 'prisma/schema.prisma', '--exit-code']
  const { code, output } = await prisma(['migrate', 'diff', ...args], templateUrl)
  expect(output).toContain('No difference detected')
  expect(code).toBe(0)
})

test('a database that has them all is told apart from one whose migration was another', async () => {
  const { ownerUrl, drop } = await aDatabase()
  try {
    expect(await isUpToDate(ownerUrl)).toBe(true)
    await withClient(ownerUrl, (client) => client.query(`update _prisma_migrations set checksum = 'another'`))
    expect(await isUpToDate(ownerUrl)).toBe(false)
    await withClient(ownerUrl, (client) => client.query('drop table _prisma_migrations'))
    expect(await isUpToDate(ownerUrl)).toBe(false)
  } finally {
    await drop()
  }
})
