/** The measurement: quiet, calibration, flood, and the end of what was accepted. */
import { makeDoor } from './door.mjs'
import { judge } from './judge.mjs'
import { growthOf, startSampling } from './samples.mjs'
import { chooseWorkflow } from './workflow.mjs'

/** @typedef {import('./door.mjs').Submitted} Submitted */
/** @typedef {{ seconds: number, times: number, calibrationS: number, quietS: number, workMs: number, warmS?: number }} Wanted */

/** Of the quiet tenant, and of urgent runs among the flood. */
const otherPerSecond = 2
const inFlight = 200

/** @param {readonly number[]} values @param {number} q 0 to 1 */
const quantile = (values, q) => {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN)
}

/**
 * When runs came to their end: wall clock in ms by run, as stored; the clients are on the same machine.
 * @param {import('./fleet.mjs').Flooded} fleet @param {readonly Submitted[]} submitted
 * @returns {Promise<Map<string, number>>}
 */
const endsOf = async ({ database }, submitted) => {
  const ids = submitted.flatMap(({ runId }) => (runId === null ? [] : [runId]))
  const { rows } = await database.query(
    `select id, extract(epoch from finished_at)::float8 * 1000 as ended from run
     where id = any($1::uuid[]) and status = 'completed'`,
    [ids],
  )
  return new Map(rows.map(({ id, ended }) => [id, ended]))
}

/** Waits until nothing is under way. @param {import('./fleet.mjs').Flooded} fleet @param {number} seconds at most */
const settle = async ({ database }, seconds) => {
  const until = Date.now() + seconds * 1000
  for (;;) {
    const { rows } = await database.query(
      `select count(*)::integer as open from run where status not in ('completed', 'failed', 'cancelled')`,
    )
    if (rows[0].open === 0 || Date.now() > until) return rows[0].open
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** Runs that ended per second between two moments. @param {import('./fleet.mjs').Flooded} fleet @param {number} from @param {number} to */
const goodput = async ({ database }, from, to) => {
  const { rows } = await database.query(
    `select count(*)::integer as runs from run
     where status = 'completed' and finished_at between to_timestamp($1) and to_timestamp($2)`,
    [from / 1000, to / 1000],
  )
  return rows[0].runs / ((to - from) / 1000)
}

/** From the request to the stored end, ms. @param {readonly Submitted[]} submitted @param {Map<string, number>} ends */
const latencies = (submitted, ends) => {
  const took = submitted.flatMap(({ runId, at }) => {
    const ended = ends.get(runId ?? '')
    return ended === undefined ? [] : [ended - at]
  })
  return { runs: took.length, p50: quantile(took, 0.5), p95: quantile(took, 0.95), max: quantile(took, 1) }
}

/** As many runs as go, a bounded number at once, for so long. @param {import('./fleet.mjs').Flooded} fleet @param {ReturnType<typeof makeDoor>} door @param {number} seconds */
const calibrate = async (fleet, door, seconds) => {
  const from = Date.now()
  const until = from + seconds * 1000
  let open = 0
  const count = async () => {
    const { rows } = await fleet.database.query(
      `select count(*)::integer as open from run where status not in ('completed', 'failed', 'cancelled')`,
    )
    open = rows[0].open
  }
  while (Date.now() < until) {
    await count()
    await Promise.all(Array.from({ length: Math.max(0, inFlight - open) }, () => door.submit()))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const peak = await goodput(fleet, from + seconds * 250, until)
  await settle(fleet, 60)
  return peak
}

/**
 * @param {import('./fleet.mjs').Flooded} fleet
 * @param {Wanted} wanted
 */
export const measureOverload = async (fleet, { seconds, times, calibrationS, quietS, workMs, warmS = 5 }) => {
  const url = () => fleet.gatewayUrl
  const { workflow, input, register } = chooseWorkflow(workMs)
  const doorOf = async (/** @type {string} */ tenant) => {
    const key = await fleet.makeKey(tenant)
    await register(fleet.gatewayUrl, key)
    return makeDoor({ url, key, workflow, input: (n) => input(tenant, n) })
  }
  const doors = { warm: await doorOf('warm'), flood: await doorOf('flood'), quiet: await doorOf('quiet') }
  await calibrate(fleet, doors.warm, warmS) // JIT, pools, prepared statements
  const alone = await doors.quiet.atRate({ perSecond: otherPerSecond, seconds: quietS })
  await settle(fleet, 60)
  const quietAlone = latencies(alone, await endsOf(fleet, alone))
  const peak = await calibrate(fleet, doors.warm, calibrationS)

  const sampling = startSampling(fleet)
  const from = Date.now()
  const [flood, urgent, quiet] = await Promise.all([
    doors.flood.atRate({ perSecond: peak * times, seconds }),
    doors.flood.atRate({ perSecond: otherPerSecond, seconds, priority: 'urgent' }),
    doors.quiet.atRate({ perSecond: otherPerSecond, seconds }),
  ])
  const to = from + seconds * 1000
  const samples = await sampling.stop()
  const during = await goodput(fleet, from + (to - from) * 0.1, to)
  const drainFrom = Date.now()
  const stillOpen = await settle(fleet, 120 + (flood.length / peak) * 3)
  for (const door of Object.values(doors)) door.close()

  const all = [...flood, ...urgent, ...quiet]
  const accepted = all.filter(({ status }) => status === 202)
  const ends = await endsOf(fleet, accepted)
  const answers = /** @type {Record<string, number>} */ ({})
  for (const { status } of all) answers[status] = (answers[status] ?? 0) + 1
  const retryAfter = all.flatMap(({ retryAfterS }) => (retryAfterS === null ? [] : [retryAfterS]))
  const most = (/** @type {(sample: import('./samples.mjs').Sample) => number} */ of) => Math.max(...samples.map(of))
  const result = {
    seconds,
    times,
    peakPerSecond: Math.round(peak * 10) / 10,
    submittedPerSecond: Math.round(all.length / seconds),
    answers,
    refusedWithoutProblemOrRetryAfter: all.filter(
      ({ status, isProblem, retryAfterS }) => status !== 202 && (!isProblem || retryAfterS === null),
    ).length,
    retryAfterS: { least: Math.min(...retryAfter), p50: quantile(retryAfter, 0.5), most: Math.max(...retryAfter) },
    accepted: accepted.length,
    completed: ends.size,
    stillOpen,
    goodputPerSecond: Math.round(during * 10) / 10,
    goodputOfPeak: Math.round((during / peak) * 100) / 100,
    drainedAfterS: Math.round((Date.now() - drainFrom) / 100) / 10,
    latencyMs: {
      quietAlone,
      quietBesideTheFlood: latencies(quiet, ends),
      urgent: latencies(urgent, ends),
      flood: latencies(flood, ends),
    },
    doorMs: {
      p50: quantile(
        all.map(({ tookMs }) => tookMs),
        0.5,
      ),
      p95: quantile(
        all.map(({ tookMs }) => tookMs),
        0.95,
      ),
    },
    waitingMax: most(({ waiting }) => waiting),
    runningMax: most(({ running }) => running),
    owedMax: most(({ owed }) => owed),
    sentMax: most(({ sent }) => sent),
    redisKeysMax: most(({ redisKeys }) => redisKeys),
    memory: growthOf(samples),
  }
  return { ...result, violations: judge(result) }
}
