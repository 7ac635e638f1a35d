/** What a started fleet says of itself, and connections to its servers beside it. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'

/** @param {string} home of the fleet */
export const openServers = async (home) => {
  /** @type {import('../tools/fleet/fleet-file.mjs').Fleet} */
  const file = JSON.parse(readFileSync(path.join(home, 'fleet.json'), 'utf8'))
  const secrets = JSON.parse(readFileSync(path.join(home, 'secrets.json'), 'utf8'))
  const superuserUrl = new URL(file.databaseUrl)
  superuserUrl.username = 'postgres'
  superuserUrl.password = secrets.passwords.superuser
  const database = new pg.Client({ connectionString: superuserUrl.href })
  await database.connect()
  const redis = new Redis(file.redisUrl)
  const close = async () => {
    redis.disconnect()
    await database.end()
  }
  return { file, database, superuserUrl, redis, close }
}
