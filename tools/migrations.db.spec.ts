import { expect, inject, test } from 'vitest'
import { migrationNames, prisma } from './fleet/migrate.mjs'
import type {} from './test-servers.js'

test('the migrations make the database that schema.prisma describes', async () => {
  expect(migrationNames().length).toBeGreaterThan(0)
  const { templateUrl } = inject('servers')
  const args = ['--from-config-datasource', '--to-schema', 'prisma/schema.prisma', '--exit-code']
  const { code, output } = await prisma(['migrate', 'diff', ...args], templateUrl)
  expect(output).toContain('No difference detected')
  expect(code).toBe(0)
})
