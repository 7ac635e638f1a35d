import { expect, test } from 'vitest'
import { aDatabase } from '../../../tools/test-database.js'
import { migrate, prisma } from '../../../tools/fleet/migrate.mjs'
import { withClient } from '../../../tools/fleet/database.mjs'

test('the schema of the migrations is the one of schema.prisma, and a second deploy changes nothing', async () => {
  const database = await aDatabase()
  try {
    await migrate(database.ownerUrl)
    const diff = ['migrate', 'diff', '--from-config-datasource', '--to-schema', 'prisma/schema.prisma', '--exit-code']
    expect(await prisma(diff, database.ownerUrl)).toMatchObject({ code: 0 })
    await withClient(database.ownerUrl, (client) => client.query('alter table run add column stray text'))
    expect(await prisma(diff, database.ownerUrl)).toMatchObject({ code: 2 })
  } finally {
    await database.drop()
  }
})

test('a run lies in the partition of its month, and asking twice makes no second one', async () => {
  const database = await aDatabase()
  try {
    await withClient(database.ownerUrl, async (client) => {
      const partitionOf = async (at: string) => {
        const { rows } = await client.query<{ part: string }>(
          `insert into history (run_id, position, tenant_id, at, event)
           values ((lpad(to_hex((extract(epoch from $1::timestamptz) * 1000)::bigint), 12, '0')
             || '7000' || '8' || repeat('a', 15))::uuid, 1, 't', now(), '{}') returning tableoid::regclass::text as part`,
          [at],
        )
        return rows[0]?.part
      }
      const month = (
        await client.query<{ name: string }>(`select to_char(now() at time zone 'utc', 'YYYY_MM') as name`)
      ).rows[0]
      expect((await client.query<{ made: number }>('select ensure_history_partitions(3) as made')).rows[0]?.made).toBe(
        0,
      )
      expect(await partitionOf(new Date().toISOString())).toBe(`parts.history_${month?.name}`)
      expect(await partitionOf('2001-01-01')).toBe('parts.history_default')
      const lastMs = `select (date_trunc('month', now() at time zone 'utc') + interval '1 month') at time zone 'utc' - interval '1 ms' as at`
      const edge = (await client.query<{ at: Date }>(lastMs)).rows[0]?.at ?? new Date(0)
      expect(await partitionOf(edge.toISOString())).toBe(`parts.history_${month?.name}`)
      expect(await partitionOf(new Date(edge.getTime() + 1).toISOString())).not.toBe(`parts.history_${month?.name}`)
    })
  } finally {
    await database.drop()
  }
})
