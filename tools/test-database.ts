import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { inject } from 'vitest'
import { urlWith, withClient } from './fleet/database.mjs'
// Only for the type of what is injected.
import type {} from './test-servers.js'

/** Addresses of one database, by who connects. */
export type TestDatabase = {
  readonly name: string
  /** Owner of the schema: no superuser, but not subject to privileges either. */
  readonly ownerUrl: string
  /** `flotilla_gateway`: row-level security applies. */
  readonly gatewayUrl: string
  /** `flotilla_engine` */
  readonly engineUrl: string
  /** `flotilla_vault` */
  readonly vaultUrl: string
  /** For asserting things about roles; the product never has it. */
  readonly superuserUrl: string
  /** Ends open connections too. */
  readonly drop: () => Promise<void>
}

/** A database of its own, copied from the migrated template: one per test file, dropped in `afterAll`. */
export const aDatabase = async (): Promise<TestDatabase> => {
  const { templateUrl, superuserUrl, passwords } = inject('servers')
  const name = `test_${randomBytes(8).toString('hex')}`
  const maintenanceUrl = urlWith(superuserUrl, { database: 'postgres' })
  const owner = new URL(templateUrl).username
  await withClient(maintenanceUrl, (client) =>
    client.query(`create database ${name} template flotilla_template owner ${client.escapeIdentifier(owner)}`),
  )
  const urlFor = (user: string): string =>
    urlWith(templateUrl, { user, password: passwords[user] ?? '', database: name })
  return {
    name,
    ownerUrl: urlWith(templateUrl, { database: name }),
    gatewayUrl: urlFor('flotilla_gateway'),
    engineUrl: urlFor('flotilla_engine'),
    vaultUrl: urlFor('flotilla_vault'),
    superuserUrl: urlWith(superuserUrl, { database: name }),
    drop: async () => {
      await withClient(maintenanceUrl, async (client) => {
        // A pool that has ended may still have a backend for a moment; ending that by force would be an error on its
        // way out, which nobody listens for any more.
        for (let polls = 0; polls < 100; polls += 1) {
          const { rows } = await client.query('select count(*)::int as open from pg_stat_activity where datname = $1', [
            name,
          ])
          if (rows[0].open === 0) break
          await setTimeout(10)
        }
        await client.query(`drop database if exists ${name} with (force)`)
      })
    },
  }
}

/** A key ring for stores and vaults of specs: the same in all of them. */
export const aRing = { current: 'spec', keys: { spec: new Uint8Array(32).fill(7) } }

/** Where a spec's keys are. */
export type TestRedis = {
  readonly url: string
  readonly prefix: string
  readonly clusterNodes?: readonly string[]
  readonly shards?: number
}

/** The test run's Redis and a key prefix that nobody else uses: one per test file. With `TEST_REDIS=cluster` it is a cluster. */
export const aRedis = (): TestRedis => {
  const { redisNodes } = inject('servers')
  const prefix = `test-${randomBytes(8).toString('hex')}`
  return { url: inject('redisUrl'), prefix, ...(redisNodes.length > 0 ? { clusterNodes: redisNodes, shards: 4 } : {}) }
}
