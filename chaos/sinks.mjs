/** What a campaign leaves for the search for planted tokens, and what is measured of its processes meanwhile. */
import fs from 'node:fs'
import path from 'node:path'
import { isoNow } from './record.mjs'

/** @param {number} pid */
const processValues = (pid) => {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8')
  return {
    rssBytes: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024,
    fds: fs.readdirSync(`/proc/${pid}/fd`).length,
  }
}

/**
 * Measures every process, Redis and Postgres once; what is away is left out.
 * @param {any} fleet @param {ReturnType<typeof import('./observe.mjs').startObserver>} observer @param {(line: object) => void} write
 */
export const sample = async (fleet, observer, write) => {
  const at = isoNow()
  for (const { name, service } of fleet.instances) {
    const pid = service.pid()
    try {
      if (pid !== null) write({ at, source: `${name}:${pid}`, values: processValues(pid) })
    } catch {
      // It has just ended.
    }
  }
  try {
    const client = fleet.redis.client()
    const memory = await client.info('memory')
    const values = { redisKeys: await client.dbsize(), redisBytes: Number(/used_memory:(\d+)/.exec(memory)?.[1]) }
    write({ at, source: 'redis', values })
  } catch {
    // Redis is away.
  }
  try {
    const [{ connections, lag }] = await observer.query(
      `select (select count(*)::int from pg_stat_activity where usename like 'flotilla%') as connections,
              (select coalesce(extract(epoch from max(clock_timestamp() - owed_at)) * 1000, 0)::float from outbox
                where sent_at is null) as lag`,
    )
    write({ at, source: 'postgres', values: { connections, outboxLagMs: Math.round(lag) } })
  } catch {
    // Postgres is away.
  }
}

/** @type {Record<string, (client: any, key: string) => Promise<unknown>>} */
const readers = {
  string: (client, key) => client.get(key),
  list: (client, key) => client.lrange(key, 0, -1),
  set: (client, key) => client.smembers(key),
  zset: (client, key) => client.zrange(key, 0, -1),
  hash: (client, key) => client.hgetall(key),
  stream: (client, key) => client.xrange(key, '-', '+'),
}

/** Every key of Redis with its value, a line each. @param {any} client @param {string} file */
export const dumpRedis = async (client, file) => {
  const out = fs.createWriteStream(file)
  let cursor = '0'
  do {
    const [next, keys] = await client.scan(cursor, 'COUNT', 1_000)
    cursor = next
    for (const key of keys) {
      const reader = readers[await client.type(key)]
      if (reader !== undefined) out.write(`${key} ${JSON.stringify(await reader(client, key))}\n`)
    }
  } while (cursor !== '0')
  await new Promise((resolve) => out.end(() => resolve(null)))
}

/**
 * Fills `sinks/`: Redis, logs, metrics.
 * @param {any} fleet @param {string} dir @param {string} adminKey
 */
export const writeSinks = async (fleet, dir, adminKey) => {
  fs.mkdirSync(dir, { recursive: true })
  await dumpRedis(fleet.redis.client(), path.join(dir, 'redis.txt'))
  fs.cpSync(path.join(fleet.home, 'logs'), path.join(dir, 'logs'), { recursive: true })
  for (const { name, url } of fleet.instances) {
    const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } }).catch(
      () => null,
    )
    if (response !== null) fs.writeFileSync(path.join(dir, `metrics-${name}.txt`), await response.text())
  }
}
