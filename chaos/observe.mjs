/**
 * Watches a campaign from a connection of its own, which no fault of the network touches: how many runs are under way,
 * whether anything moves, and when what a fault met has been done.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { isoNow } from './record.mjs'

const everyMs = 200
/** Work that is done late on purpose. */
const apart = `queue <> 'agent.poison'`

/** Over so long the rate of finished runs is taken. */
const rateMs = 5_000
/** Of the rate before a fault that must be reached again. */
const rateShare = 0.8

/** @param {string} url the superuser's */
export const startObserver = (url) => {
  let going = true
  let seen = { open: 0, waiting: 0, moved: 0, runs: 0, finished: 0, at: 0 }
  /** @type {{ at: number, finished: number }[]} */
  const past = []
  /** Runs finished a second, of late; 0 while too little is known. */
  const rate = () => {
    const [first] = past
    return first === undefined || seen.at - first.at < rateMs / 2
      ? 0
      : ((seen.finished - first.finished) / (seen.at - first.at)) * 1_000
  }
  /** @type {Set<{ healedAt: number, from: number | null, owed: object[] | null, before: number | null, line: any, done: (line: any) => void }>} */
  const pending = new Set()
  /** @type {pg.Client | null} */
  let client = null

  const connect = async () => {
    const fresh = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000, query_timeout: 5_000 })
    fresh.on('error', () => (client = null))
    await fresh.connect()
    return fresh
  }
  /** @param {string} sql @param {unknown[]} [values] @returns {Promise<any[]>} rejects while Postgres is away */
  const query = async (sql, values) => {
    client ??= await connect()
    try {
      return (await client.query(sql, values)).rows
    } catch (error) {
      const broken = /** @type {pg.Client | null} */ (client)
      client = null
      void broken?.end().catch(() => {})
      throw error
    }
  }

  /** @param {any} one */
  const look = async (one) => {
    if (one.owed === null) {
      one.from = seen.moved
      one.owed = await query(`select run_id, step, visit from outbox where ${apart}`)
      return
    }
    if (one.line.firstProgressAt === null && seen.moved > one.from && (await one.isUp()))
      one.line.firstProgressAt = isoNow()
    if (one.line.backlogAt === null) {
      const [{ left }] = await query(
        `select count(*)::int as left from jsonb_to_recordset($1::jsonb) as was(run_id uuid, step text, visit int)
         join outbox using (run_id, step, visit)`,
        [JSON.stringify(one.owed)],
      )
      if (left === 0) one.line.backlogAt = isoNow()
    }
    if (one.line.throughputAt === null && rate() >= rateShare * one.before) one.line.throughputAt = isoNow()
    if (['firstProgressAt', 'backlogAt', 'throughputAt'].every((what) => one.line[what] !== null)) {
      pending.delete(one)
      one.done(one.line)
    }
  }

  const watching = (async () => {
    while (going) {
      try {
        const [row] = await query(
          `select count(*)::int as runs, coalesce(sum(position), 0)::float as moved,
                  count(*) filter (where status in ('created', 'running'))::int as open,
                  count(*) filter (where status = 'waiting')::int as waiting,
                  count(*) filter (where finished_at is not null)::int as finished from run`,
        )
        seen = { ...row, at: Date.now() }
        past.push({ at: seen.at, finished: seen.finished })
        while ((past[0]?.at ?? 0) < seen.at - rateMs) past.shift()
        for (const one of [...pending]) await look(one)
      } catch {
        // Postgres is away, or was.
      }
      await sleep(everyMs)
    }
    const last = /** @type {pg.Client | null} */ (client)
    await last?.end().catch(() => {})
  })()

  return {
    seen: () => seen,
    rate,
    query,
    /**
     * Follows the recovery from a fault: resolves with the line when something moved (and `isUp`) and everything that was
     * owed when it healed is done, or when told to give up.
     * @param {object} line of `faults.ndjson`, without the moments
     * @param {{ isUp?: (() => Promise<boolean>) | undefined, before: number | null }} more `before`: the rate before the fault, where it
     * is to be reached again
     */
    recover: (line, { isUp = async () => true, before }) =>
      new Promise((resolve) => {
        pending.add(
          /** @type {any} */ ({
            ...{ healedAt: Date.now(), from: null, owed: null, isUp, before, done: resolve },
            line: {
              ...line,
              firstProgressAt: null,
              backlogAt: null,
              ...(before === null ? {} : { throughputAt: null }),
            },
          }),
        )
      }),
    /** What has not recovered yet is given up: its line says null. */
    giveUp: () => {
      for (const one of pending) one.done(one.line)
      pending.clear()
    },
    stop: async () => {
      going = false
      await watching
    },
  }
}
