/** One campaign: a fleet of its own, load, faults by seed, and a directory of records for the checker. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { insertKeys, keyId, makeKey, secretHash } from '../tools/fleet/api-keys.mjs'
import { repoDir } from '../tools/fleet/paths.mjs'
import { waitFor } from '../tools/fleet/processes.mjs'
import { makeClient } from './client.mjs'
import { dumpTables } from './dump-tables.mjs'
import { echoed, lanes as denseLanes, lullMs, shares as denseShares, stormMs } from './dense.mjs'
import { drawFault, faults as allFaults } from './faults/index.mjs'
import { startReplyEcho } from './faults/replies.mjs'
import { startFleet } from './fleet.mjs'
import { canaryOf, startLoad } from './load.mjs'
import { startObserver } from './observe.mjs'
import { makeRandom } from './random.mjs'
import { isoNow, openRecords } from './record.mjs'
import { sample, writeSinks } from './sinks.mjs'
import { makeStreamRecorder } from './streams.mjs'
import { summarise } from './summarise.mjs'
import { makeTurns } from './turns.mjs'
import { startWebhookReceiver } from './webhooks.mjs'
import { definitions } from './workflows.mjs'

const tenantNames = ['north', 'south', 'west']
const warmMs = 6_000
const sampleMs = 5_000
/** The contract's longest: after a total loss of Redis. */
const settleMs = 120_000
/** After that what is owed to endpoints outside: a refused delivery is tried again after seconds. */
const tellMs = 20_000
/** No fault begins while so many have not healed. */
const overlapMax = 4
const overlapDenseMax = 24

/**
 * @typedef {object} CampaignOptions
 * @property {number} seed
 * @property {number} minutes of faults
 * @property {readonly string[]} faults names that chance draws from
 * @property {readonly string[]} [plan] faults to inject in this order first; chance follows while there is time
 * @property {number} rate runs a second
 * @property {number} everyMs from one fault to the next, on average
 * @property {boolean} single one fault at a time, each recovered from before the next
 * @property {boolean} soak what is measured of processes and servers must not grow
 * @property {boolean} dense faults of every room at once (`dense.mjs`); `faults`, `plan` and `everyMs` do not count
 * @property {readonly string[]} lanes of the dense mode
 * @property {string} dir records
 * @property {string} home of the fleet
 * @property {Record<string, number>} [services]
 * @property {(text: string) => void} say
 */

/** Tenants with a key for submitting and one for deciding, which must not be the same. @param {any} fleet */
const makeTenants = async (fleet) => {
  const tenants = tenantNames.map((name) => ({ name, submitter: makeKey(), reviewer: makeKey(), admin: makeKey() }))
  await insertKeys(
    fleet.postgres.ownerUrl,
    tenants.flatMap(({ name, submitter, reviewer, admin }) =>
      [
        { principal: 'client', key: submitter, scopes: ['runs:write', 'runs:read'] },
        { principal: 'person', key: reviewer, scopes: ['hitl:decide', 'runs:read', 'pii:read'] },
        { principal: 'admin', key: admin, scopes: ['*'] },
      ].map(({ principal, key, scopes }) => ({
        ...{ id: keyId(key), tenantId: name, principal, secretHash: secretHash(key), scopes, expiresAt: null },
      })),
    ),
  )
  for (const { admin } of tenants)
    for (const definition of definitions) {
      const response = await fetch(new URL(`/workflows/${definition.name}/versions/1`, fleet.gateways()[0]), {
        method: 'PUT',
        headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
        body: JSON.stringify(definition),
      })
      if (!response.ok) throw new Error(`${definition.name}: ${response.status} ${await response.text()}`)
    }
  return tenants
}

/** Resolves when there is a storm. @param {number} startedAt of the faults, monotonic */
const storm = async (startedAt) => {
  const into = (performance.now() - startedAt) % (stormMs + lullMs)
  if (into > stormMs) await sleep(stormMs + lullMs - into)
}

/** Injects faults until the time is up; resolves when all have healed. @param {CampaignOptions} options @param {any} context */
const injectFaults = async (options, context) => {
  const { seed, minutes, faults, plan = [], everyMs, single, dense } = options
  const { observer, records } = context
  const startedAt = performance.now()
  const until = startedAt + minutes * 60_000
  const leftMs = () => until - performance.now()
  /** @type {Map<Promise<unknown>, string | undefined>} */
  const active = new Map()
  /** @type {Promise<any>[]} */
  const recovered = []

  /** @param {string} name @param {any} ours */
  const begin = async (name, ours) => {
    const inject = allFaults[name]
    if (inject === undefined) throw new Error(`${name} is no fault`)
    const word = name.startsWith('redis') ? 'redis' : name.startsWith('pg') ? 'postgres' : undefined
    while (word !== undefined && [...active.values()].includes(word)) await Promise.race(active.keys())
    const at = isoNow()
    const before = observer.rate()
    const { target, healed, isUp, alone, kills = [], count = 1 } = inject(ours)
    for (const { kind } of kills) context.kills[kind] = (context.kills[kind] ?? 0) + 1
    const ended = Promise.resolve(healed).then(
      () => null,
      (error) => `${error}`,
    )
    const whole = ended
      .then(async (problem) => {
        active.delete(ended)
        const line = { at, healedAt: isoNow(), fault: name, target, count, seed, ...(problem ? { problem } : {}) }
        return observer.recover(line, { isUp, before: single ? before : null })
      })
      .then((line) => (records.write('faults', line), line))
    active.set(ended, alone)
    recovered.push(whole)
    return { ended, whole }
  }

  /** @param {any} ours @param {() => string} draw @param {{ everyMs: number, waits: boolean, queue: string[] }} how */
  const lane = async (ours, draw, { everyMs: gapMs, waits, queue }) => {
    while (queue.length > 0 || leftMs() > 0) {
      if (dense) await storm(startedAt)
      if (queue.length === 0 && leftMs() <= 0) return
      while (active.size >= (single ? 1 : dense ? overlapDenseMax : overlapMax)) await Promise.race(active.keys())
      const name = queue.shift() ?? draw()
      try {
        const { ended, whole } = await begin(name, ours)
        if (single) await whole
        else if (waits) await ended
      } catch (error) {
        options.say(`${name}: ${error}`)
      }
      if (single) await sleep(everyMs)
      else await sleep(gapMs * (0.5 + ours.random.next()))
    }
  }

  const queue = [...plan]
  if (dense)
    await Promise.all(
      Object.entries(denseLanes).map(([name, one], index) => {
        if (!options.lanes.includes(name)) return
        const random = makeRandom(seed + 10 + index)
        const ours = { ...context, random, turns: makeTurns(random), leftMs }
        return lane(ours, () => drawFault(Object.keys(one.faults), random, one.faults), { ...one, queue: [] })
      }),
    )
  else {
    const draw = () => drawFault(faults, context.random)
    await lane({ ...context, leftMs }, draw, { everyMs, waits: false, queue })
  }
  await Promise.all(active.keys())
  return recovered
}

/** @param {CampaignOptions} options */
export const runCampaign = async (options) => {
  const { seed, dir, home, say, rate, minutes, single, dense } = options
  const random = makeRandom(seed)
  // The client's draws must not depend on how fast the fleet is.
  const chance = { load: makeRandom(seed + 1), net: makeRandom(seed + 2) }
  const records = openRecords(dir)
  say(`seed ${seed}: starting the fleet`)
  const receiver = await startWebhookReceiver({ random: makeRandom(seed + 4).next })
  const fleet = await startFleet({
    ...{ home, dir, seed, random: chance.net.next, log: say },
    env: { WEBHOOK_HOSTS_ALLOWED: receiver.host },
    ...(options.services === undefined ? {} : { services: options.services }),
  })
  const startedAt = isoNow()
  /** @type {Promise<void> | undefined} */
  let stopped
  const stop = () => (stopped ??= fleet.stop().finally(receiver.stop))
  try {
    const tenants = await makeTenants(fleet)
    const gateway = fleet.gateways()[0] ?? ''
    const webhookSecret = await receiver.register(
      gateway,
      tenants.map(({ admin }) => admin),
      records,
    )
    const observer = startObserver(fleet.postgres.superuserUrl)
    const client = makeClient({ gateways: fleet.gateways, random: chance.load.next, records })
    const streams = makeStreamRecorder({ gateways: fleet.gateways, random: chance.load.next, records })
    const echo = startReplyEcho(fleet, { share: dense ? echoed : 0, random: makeRandom(seed + 3).next })
    const load = startLoad({
      ...{ client, tenants, random: chance.load, seed, rate, openMax: rate * 40 },
      openRuns: () => observer.seen().open,
      ...(dense ? { shares: denseShares } : {}),
      onRun: ({ runId, tenant }) => {
        if (chance.load.next() < (dense ? 0.08 : 0.15)) streams.follow(runId, tenant.submitter, tenant.name)
      },
    })
    let sampling = true
    const sampled = (async () => {
      while (sampling) {
        await sample(fleet, observer, (line) => records.write('samples', line))
        await sleep(sampleMs)
      }
    })()
    await sleep(warmMs)
    const before = observer.seen()
    say(`${before.finished} of ${before.runs} runs finished while nothing is broken; faults for ${minutes} min`)
    /** @type {Record<string, number>} */
    const kills = {}
    const context = { fleet, load, echo, observer, records, random, kills, turns: makeTurns(random) }
    const tell = setInterval(() => {
      const { runs, open, waiting, finished } = observer.seen()
      say(`runs ${runs}, finished ${finished}, open ${open}, at gates ${waiting}`)
    }, 20_000)
    const recovered = await injectFaults(options, context)
    fleet.healAll()
    const noMoreFaultsAt = isoNow()
    say('no more faults: waiting until everything has settled')
    await load.stopSubmitting()
    const settledFrom = performance.now()
    const settled = await waitFor(
      async () => {
        const { open, waiting, at } = observer.seen()
        return open === 0 && waiting === 0 && Date.now() - at < 1_000 && Date.parse(noMoreFaultsAt) < at
      },
      { timeoutMs: settleMs, everyMs: 200 },
    )
    const told = await waitFor(
      async () => (await observer.query(`select from webhook_delivery where status = 'pending' limit 1`)).length === 0,
      { timeoutMs: tellMs, everyMs: 200 },
    )
    const settleSeconds = (performance.now() - settledFrom) / 1_000
    clearInterval(tell)
    await load.stopDeciding()
    const openStreams = await streams.settle(15_000)
    observer.giveUp()
    const lines = await Promise.all(recovered)
    sampling = false
    // A connection to a Redis that was taken away may never answer again.
    for (const [what, ending] of /** @type {const} */ ([
      ['sampling', sampled],
      ['the echo', echo.stop()],
    ]))
      if ((await Promise.race([ending, sleep(10_000, 'late')])) === 'late')
        say(`${what} does not end; going on without`)
    await records.close()
    say('reading what is left')
    const left = await observer.query(
      `select id, workflow, status from run where finished_at is null and status <> 'parked' order by created_at limit 50`,
    )
    await observer.stop()
    // Whoever serves poison may be dead at any moment.
    const notReady = (await fleet.isReady()).filter((name) => !name.startsWith('agent-poison'))
    await dumpTables(fleet.postgres.ownerUrl, path.join(dir, 'dump'))
    fs.writeFileSync(path.join(dir, 'sealing-keys.json'), JSON.stringify(fleet.secrets.sealingKeys))
    const canaries = Array.from({ length: load.totals.submitted }, (_, n) => canaryOf(seed, n)).filter(
      (_, n) => n % 25 === 0,
    )
    fs.writeFileSync(path.join(dir, 'canaries.json'), JSON.stringify(canaries))
    await writeSinks(fleet, path.join(dir, 'sinks'), tenants[0]?.admin ?? '')
    const meta = { seed, startedAt, noMoreFaultsAt, dumpedAt: isoNow(), livenessMs: settleMs, settleMs, webhookSecret }
    fs.writeFileSync(path.join(dir, 'meta.json'), JSON.stringify(meta))
    const harness = [
      ...(settled ? [] : left.map((run) => `not settled: ${run.id} ${run.workflow} ${run.status}`)),
      ...notReady.map((name) => `not ready at the end: ${name}`),
      ...(told ? [] : ['webhooks are still owed']),
      ...(openStreams > 0 ? [`${openStreams} event streams did not end`] : []),
    ]
    await stop()
    const mode = options.soak ? 'soak' : single ? 'single' : dense ? 'dense' : 'mixed'
    return await summarise({
      ...{ dir, seed, mode, minutes, lines, kills, harness, totals: load.totals, injectedReplies: echo.injected() },
      ...{ settleSeconds, commit: commitOf() },
    })
  } finally {
    await stop()
  }
}

/** The published commit that was tested, or that what was tested stands on. */
const commitOf = () => {
  const git = (/** @type {string[]} */ ...args) =>
    spawnSync('git', args, { cwd: repoDir, encoding: 'utf8' }).stdout.trim()
  return (git('merge-base', 'HEAD', 'origin/main') || git('rev-parse', 'HEAD')).slice(0, 10)
}
