import 'reflect-metadata'
import { randomBytes } from 'node:crypto'
import {
  checkEviction,
  makeAgentQueues,
  makeQueueDesk,
  makeReplyReader,
  makeSealer,
  makeSignalSender,
  redisPlace,
  runsWorkerModule,
  shardOf,
} from '@flotilla/queues'
import { endWhenBlocked, installShutdown, makeLoop, runMain, startHealthServer } from '@flotilla/runtime'
import {
  grantSlots,
  keepCouriers,
  openStore,
  ping,
  readDefinitionsByHash,
  readPayloads,
  type SlotCursor,
} from '@flotilla/store'
import { makeLogger, metrics, metricsText, shutdownTelemetry, startProcessMetrics } from '@flotilla/telemetry'
import { makeResolveName } from '@flotilla/webhooks'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { admissionsBeside } from './admissions-beside.js'
import { afterTick } from './after-tick.js'
import { makeClaimMarker } from './claim-marker.js'
import { makeDefinitions } from './definitions.js'
import { fireSchedules } from './fire-schedules.js'
import { makeKnownStates } from './known-states.js'
import { makeQueueRooms } from './queue-rooms.js'
import { readConfig } from './read-config.js'
import { makeReadReplies } from './read-replies.js'
import { relay } from './relay.js'
import { makeRepliesInbox } from './replies-inbox.js'
import { restoreCheckpoint } from './restore-checkpoint.js'
import { seedShipped } from './seed-shipped.js'
import { makeWebhookSender } from './send-webhooks.js'
import { sweep, sweepCheckpoints, sweepDaily, sweepRetention } from './sweep.js'
import { tellTriggered } from './tell-triggered.js'
import { tick } from './tick.js'

const shutdownMs = 25_000
/** Longer than any tick: a run in which the engine never ends is parked after three such ends (claim marker). */
const blockedMs = 60_000
const suspectsEveryMs = 250
/** While Postgres is away nothing that is held can be applied. */
const heldRepliesMs = 5_000
const evictionMs = 15_000
const hourMs = 3_600_000
const dayMs = 24 * hourMs

await runMain(async () => {
  const config = readConfig(process.env)
  const log = makeLogger('orchestrator')
  const name = config.ORCHESTRATOR_NAME ?? `orchestrator-${process.pid}-${randomBytes(4).toString('hex')}`
  const place = redisPlace(config)
  startProcessMetrics()
  endWhenBlocked(blockedMs)

  const storeOptions = { url: config.DATABASE_URL, applicationName: name }
  const warn = (what: string) => (error: unknown) =>
    void log.warn({ what, code: (error as { code?: string }).code ?? null }, 'connection trouble')
  const known = makeKnownStates()
  const store = openStore({
    ...storeOptions,
    max: config.DATABASE_POOL_MAX,
    sealing: config.SEALING_KEYS,
    onError: (error) => {
      known.forget()
      warn('postgres')(error)
    },
  })
  const sealer = makeSealer(config.SEALING_KEYS, config.hashingKey)
  const queues = makeAgentQueues(place)
  const desk = makeQueueDesk(place)
  const signals = makeSignalSender(place)
  const reader = makeReplyReader(place, {
    consumer: name,
    onMalformed: (entry, code) => void log.error({ entry, code }, 'malformed reply set aside'),
  })
  const marker = makeClaimMarker(storeOptions, name)
  // Redis may be away at the start: the loops find it when it comes.
  await Promise.allSettled([queues.ready(), desk.ready(), signals.ready(), reader.ready()])
  const inbox = makeRepliesInbox()
  const definitions = makeDefinitions(async (hash) => (await readDefinitionsByHash(store.pool, [hash])).get(hash))

  const onError = (loop: string) => (error: unknown) => {
    metrics.loopFailures.inc({ loop })
    const code = (error as { code?: string }).code ?? (error instanceof Error ? error.name : 'unknown')
    log.warn({ loop, code, stack: error instanceof Error ? error.stack : undefined }, 'loop failed and backs off')
  }

  const onLost = (lost: number): void => void log.warn({ lost }, 'redis has lost jobs; they are owed again')
  const shards = config.REDIS_SHARDS
  let couriers: Promise<void> | null = null
  const makeCouriers = async (): Promise<void> => {
    const owed = await keepCouriers(store.pool, shards)
    if (owed > 0) log.warn({ shards, owed }, 'queues lie elsewhere in redis now; what was sent is owed again')
  }
  /** Once for all relays, and again after a Postgres that was away. */
  const couriersAreMade = (): Promise<void> =>
    (couriers ??= makeCouriers().catch((error: unknown) => {
      couriers = null
      throw error
    }))
  const relays = Array.from({ length: shards }, (_, shard) => {
    const rooms = makeQueueRooms({ depths: queues.depths, nowMs: () => performance.now() })
    const loop = makeLoop({
      name: 'relay',
      idleMs: config.TICK_IDLE_MS,
      run: async () => {
        await couriersAreMade()
        return relay({
          store,
          queues,
          sealer,
          windowMax: config.RELAY_WINDOW,
          shard: { shards, shard },
          rooms,
          onLost,
          onUnreadable: ({ runId, step, dispatch, unreadable: code }) =>
            void log.error({ run_id: runId, step, dispatch, code }, 'a debt cannot be read and is not sent'),
        })
      },
      onError: onError('relay'),
    })
    return { rooms, loop }
  })
  /** Wakes the relays of these queues; without any, all of them. */
  const nudgeRelays = (names?: ReadonlySet<string>): void => {
    const told = names && new Set([...names].map((queue) => shardOf(place, queue)))
    for (const [shard, { loop }] of relays.entries()) if (told === undefined || told.has(shard)) loop.nudge()
  }

  let fromTenant = ''
  let suspectsSoughtAt = 0
  const tickLoop = makeLoop({
    name: 'tick',
    idleMs: config.TICK_IDLE_MS,
    onError: onError('tick'),
    run: async () => {
      const upToDate = inbox.upToDate()
      const replies = inbox.take(config.TICK_EVENTS_MAX)
      const startedAt = performance.now()
      const lookForSuspects = startedAt - suspectsSoughtAt > suspectsEveryMs
      if (lookForSuspects) suspectsSoughtAt = startedAt
      try {
        const ticked = await tick(
          {
            store,
            definitions,
            limits: {
              runsMax: config.TICK_RUNS_MAX,
              admissionsMax: admissionsBeside(new Set(replies.map(({ runId }) => runId)).size, {
                admissionsMax: config.TICK_ADMISSIONS_MAX,
                busyRuns: config.TICK_BUSY_RUNS,
              }),
              inFlightMax: config.RUNS_IN_FLIGHT_MAX,
              eventsMax: config.TICK_EVENTS_MAX,
              bytesMax: config.TICK_BYTES_MAX,
            },
            policies: { branchFailure: config.FAN_OUT_FAILURE },
            markClaim: marker.mark,
            restoreCheckpoint,
            known,
            onParked: (run, reason, error) => {
              metrics.runsParked.inc({ reason: /^[A-Z_]+$/.test(reason) ? reason : 'APPLY_FAILED' })
              const stack = error instanceof Error ? error.stack?.split('\n').slice(1, 6).join('\n') : undefined
              log.error({ run_id: run.runId, trace_id: run.traceId, reason, stack }, 'run parked')
            },
          },
          { replies, repliesUpToDate: upToDate, fromTenant, lookForSuspects },
        )
        fromTenant = ticked.nextTenant
        if (ticked.runs.length > 0) {
          metrics.tickSeconds.observe({ lane: 'all' }, (performance.now() - startedAt) / 1000)
          metrics.tickRuns.observe({ lane: 'all' }, ticked.runs.length)
          metrics.tickEvents.observe(
            { lane: 'all' },
            ticked.runs.reduce((sum, one) => sum + one.folded.history.length, 0),
          )
        }
        afterTick(
          {
            reader,
            signals,
            queues,
            log,
            onOwed: nudgeRelays,
            onRoom: () => slotLoop.nudge(),
            onTold: () => webhookLoop.nudge(),
          },
          ticked,
        )
        if (ticked.runs.length > 0) for (const { rooms, loop } of relays) if (rooms.isCut()) loop.nudge()
        const more = ticked.more || inbox.size() > 0
        // Between two ticks the next marker replaces it; what it names meanwhile has moved on.
        if (!more && ticked.runs.length === 0) await marker.clear()
        return more ? 'more' : 'idle'
      } catch (error) {
        inbox.putBack(replies)
        throw error
      }
    },
  })

  const readLoop = makeLoop({
    name: 'replies',
    idleMs: 20,
    onError: onError('replies'),
    run: makeReadReplies({
      reader,
      inbox,
      sealer,
      readPayloads: (refs) => readPayloads(store.pool, refs),
      onUnreadable: (entry, reply, code) =>
        void log.error(
          { entry, run_id: reply.runId, step: reply.step, dispatch: reply.dispatch, code },
          'unreadable reply',
        ),
      onReplies: () => tickLoop.nudge(),
      heldMax: config.TICK_EVENTS_MAX,
      claimEveryMs: 1_000,
    }),
    // Silent for longer, it would be taken for dead.
    backoff: { firstMs: 100, mostMs: 1_000 },
  })

  const scheduleLoop = makeLoop({
    name: 'schedules',
    idleMs: config.SCHEDULES_MS,
    onError: onError('schedules'),
    run: async () => {
      const { fired, more } = await fireSchedules({ store, definitions })
      tellTriggered(log, fired)
      if (fired.length > 0) tickLoop.nudge()
      return more ? 'more' : 'idle'
    },
  })

  let slotsFrom: SlotCursor = { nextTenant: null, nextKey: null }
  const slotLoop = makeLoop({
    name: 'slots',
    idleMs: config.TICK_IDLE_MS,
    onError: onError('slots'),
    run: async () => {
      const { granted, ...next } = await grantSlots(store.pool, slotsFrom)
      slotsFrom = next
      if (granted > 0) tickLoop.nudge()
      return next.nextKey === null ? 'idle' : 'more'
    },
  })

  const webhooks = makeWebhookSender({
    store,
    sealer,
    log,
    post: {
      policy: { ports: config.WEBHOOK_PORTS.map(Number), hostsAllowed: config.WEBHOOK_HOSTS_ALLOWED },
      resolve: makeResolveName(),
      timeoutMs: config.WEBHOOK_TIMEOUT_MS,
    },
    limits: {
      sendsMax: config.WEBHOOK_SENDS_MAX,
      perTenantMax: config.WEBHOOK_PER_TENANT_MAX,
      perEndpointMax: config.WEBHOOK_PER_ENDPOINT_MAX,
    },
    onRoom: () => webhookLoop.nudge(),
  })
  const webhookLoop = makeLoop({
    name: 'webhooks',
    idleMs: config.WEBHOOK_IDLE_MS,
    onError: onError('webhooks'),
    run: webhooks.send,
  })

  let caredAt = 0
  let retainedAt = Number.NEGATIVE_INFINITY
  let agedAt = Number.NEGATIVE_INFINITY
  const sweepLoop = makeLoop({
    name: 'sweep',
    idleMs: config.SWEEP_MS,
    onError: onError('sweep'),
    run: async () => {
      if (performance.now() - caredAt > dayMs || caredAt === 0) {
        const different = await seedShipped(store)
        if (different.length > 0)
          log.error(
            { different },
            'a shipped definition differs from the stored one of its version; the stored one counts',
          )
        await sweepDaily(store, { webhookDays: config.WEBHOOK_RETENTION_DAYS })
        caredAt = performance.now()
      }
      if (performance.now() - retainedAt > hourMs) {
        await sweepCheckpoints(store, config.CHECKPOINT_RETENTION_DAYS)
        retainedAt = performance.now()
      }
      if (performance.now() - agedAt > config.RETENTION_MS) {
        const erased = await sweepRetention(store, config.RETENTION_DAYS, (run_id, error) =>
          log.warn({ run_id, code: (error as { code?: string }).code ?? null }, 'a run is due and could not be erased'),
        )
        if (erased > 0) log.info({ erased }, 'runs that are no longer kept were erased')
        agedAt = performance.now()
      }
      await sweep({
        store,
        queues,
        desk,
        orchestrator: name,
        onBlamed: (blamed) => void log.error({ blamed }, 'an orchestrator died with runs in hand'),
        onWork: () => {
          tickLoop.nudge()
          nudgeRelays()
        },
      })
      return 'idle'
    },
  })

  @Module({ imports: [runsWorkerModule(place, { onNudge: () => tickLoop.nudge() })] })
  class OrchestratorModule {}
  const app = await NestFactory.createApplicationContext(OrchestratorModule, { logger: ['error', 'warn'] })

  // Again and again: the policy can be changed while the server runs.
  let evicts = false
  const evictionLoop = makeLoop({
    name: 'eviction',
    idleMs: evictionMs,
    onError: (error) => {
      // Redis that is away is told of by the loops that need it.
      if ((error as { code?: string }).code !== 'REDIS_EVICTS') return
      evicts = true
      metrics.loopFailures.inc({ loop: 'eviction' })
      log.error({ code: 'REDIS_EVICTS' }, 'redis may evict jobs: set maxmemory-policy noeviction')
    },
    run: async () => {
      if (config.REDIS_EVICTION_CHECK !== 'off') await checkEviction(place)
      if (evicts) log.info('redis evicts nothing any more')
      evicts = false
      return 'idle'
    },
  })
  const loops = [
    tickLoop,
    ...relays.map(({ loop }) => loop),
    readLoop,
    scheduleLoop,
    slotLoop,
    webhookLoop,
    sweepLoop,
    evictionLoop,
  ]
  const health = await startHealthServer({
    port: config.PORT,
    host: config.HEALTH_HOST,
    checks: {
      postgres: () => ping(store.pool),
      definitions: async () => {
        if (caredAt === 0) throw new Error('shipped definitions are not registered yet')
      },
    },
    metrics: metricsText,
  })
  log.info({ orchestrator: name, port: health.port }, 'orchestrator ready')

  installShutdown({
    timeoutMs: shutdownMs,
    phases: [
      { name: 'intake', run: async () => void health.drain() },
      { name: 'nudges', run: () => app.close() },
      { name: 'replies', run: () => readLoop.stop() },
      // What it has read and leaves behind, another takes over seconds later: after what the same agents said since.
      { name: 'held replies', run: () => inbox.emptied(heldRepliesMs) },
      { name: 'loops', run: () => Promise.all(loops.map((loop) => loop.stop())) },
      { name: 'webhooks', run: () => webhooks.stop() },
      { name: 'marker', run: () => marker.close() },
      {
        name: 'connections',
        run: () =>
          Promise.all([queues.close(), desk.close(), signals.close(), reader.close(), store.close(), health.close()]),
      },
      { name: 'telemetry', run: () => shutdownTelemetry() },
    ],
  })
})
