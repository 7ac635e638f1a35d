/** Memory of a fleet over time: of each process, and of Redis; and what waits where. */
import { readFileSync } from 'node:fs'

/** @param {number} pid MiB */
const rssOf = (pid) => {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return null
  }
}

/** @typedef {{ s: number, rssMiB: Record<string, number>, redisMiB: number, redisKeys: number, waiting: number, running: number, owed: number, sent: number }} Sample */

/**
 * Looks every second until told to stop.
 * @param {import('./fleet.mjs').Flooded} fleet
 */
export const startSampling = ({ services, database, redis }) => {
  /** @type {Sample[]} */
  const samples = []
  const from = performance.now()
  let stopped = false
  const look = async () => {
    const info = await redis.info('memory')
    const { rows } = await database.query(
      `select (select count(*) from run where status = 'created')::integer as waiting,
        (select count(*) from run where status = 'running')::integer as running,
        count(*) filter (where sent_at is null)::integer as owed, count(sent_at)::integer as sent from outbox`,
    )
    samples.push({
      s: Math.round((performance.now() - from) / 100) / 10,
      rssMiB: Object.fromEntries(services.flatMap(({ name, pid }) => [[name, rssOf(pid) ?? 0]])),
      redisMiB: Number(/used_memory:(\d+)/.exec(info)?.[1] ?? 0) / 2 ** 20,
      redisKeys: await redis.dbsize(),
      ...rows[0],
    })
  }
  const loop = (async () => {
    while (!stopped) {
      await look()
      await new Promise((resolve) => setTimeout(resolve, 1_000))
    }
  })()
  return {
    stop: async () => {
      stopped = true
      await loop
      return samples
    },
  }
}

const mean = (/** @type {readonly number[]} */ values) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

/**
 * How much more the last third held than the middle one, MiB: what has grown all along, not what a warm process takes.
 * @param {readonly Sample[]} samples
 */
export const growthOf = (samples) => {
  const third = Math.floor(samples.length / 3)
  const [middle, last] = [samples.slice(third, 2 * third), samples.slice(2 * third)]
  /** @param {(sample: Sample) => number} of */
  const grown = (of) => {
    const [before, after] = [mean(middle.map(of)), mean(last.map(of))]
    return { MiB: Math.round(after * 10) / 10, grewBy: Math.round((after - before) * 10) / 10 }
  }
  const names = Object.keys(samples[0]?.rssMiB ?? {})
  return {
    ...Object.fromEntries(names.map((name) => [name, grown(({ rssMiB }) => rssMiB[name] ?? 0)])),
    redis: grown(({ redisMiB }) => redisMiB),
  }
}
