import 'reflect-metadata'
import { createRequire } from 'node:module'
import { ConfigError, installShutdown, makeLoop, runMain } from '@flotilla/runtime'
import { listAuditHeads, openStore } from '@flotilla/store'
import { loggedError, makeLogger, shutdownTelemetry, startProcessMetrics } from '@flotilla/telemetry'
import { redisPlace } from '@flotilla/queues'
import { toDot, toFallbackSvg } from '@flotilla/engine'
import { runsQueue } from '@flotilla/contracts'
import { appendHeads, makeKeepHeads } from './audit/keep-heads.js'
import { makeApp } from './make-app.js'
import { makeGateway } from './make-gateway.js'
import { openQueues } from './queue-ports.js'
import { readConfig } from './read-config.js'
import { makeStorePorts } from './store-ports.js'
import { makeDiagrams, makeGraphvizLayout } from './workflows/diagram.js'

const shutdownMs = 12_000
/** Requests under way may take this long once the process was told to stop. */
const graceMs = 5_000
const { version } = createRequire(import.meta.url)('../package.json') as { version: string } // our own file

/** A port that is taken is a wrong setting: starting again would not help. */
const asConfigError = (error: unknown, port: number): unknown => {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return code === 'EADDRINUSE' || code === 'EACCES' ? new ConfigError([`PORT ${port} cannot be used: ${code}`]) : error
}

await runMain(async () => {
  const config = readConfig(process.env)
  const log = makeLogger('gateway')
  startProcessMetrics()
  const trouble = (what: string) => (error: unknown) =>
    void log.warn({ what, err: loggedError(error) }, 'connection trouble')

  const store = openStore({
    url: config.DATABASE_URL,
    max: config.DATABASE_POOL_MAX,
    sealing: config.SEALING_KEYS,
    applicationName: 'gateway',
    // A client waits for the answer: half a minute is for batch work.
    connectTimeoutMs: 2_000,
    // Submissions wait for the commit before theirs: twice this is the longest until 503.
    answerTimeoutMs: 5_000,
    onError: trouble('postgres'),
  })
  const place = redisPlace(config)
  let redisToldAt = Number.NEGATIVE_INFINITY
  const queues = openQueues(place, (error) => {
    // ioredis tells of every attempt to reconnect; once in ten seconds is news enough.
    if (performance.now() - redisToldAt < 10_000) return
    redisToldAt = performance.now()
    trouble('redis')(error)
  })
  const stopping = new AbortController()
  const ports = makeStorePorts(store)
  const gateway = makeGateway({
    config,
    store: ports,
    onStreamError: (error) => void log.warn({ err: loggedError(error) }, 'a stream ended early'),
    queues: queues.ports,
    stopping: stopping.signal,
    diagrams: makeDiagrams({
      toDot,
      toFallbackSvg,
      layout: makeGraphvizLayout(),
      onFallback: (error) => void log.warn({ err: loggedError(error) }, 'Graphviz failed, the fallback draws'),
    }),
  })
  const { fastify, close } = await makeApp({
    gateway,
    bodyBytesMax: config.BODY_BYTES_MAX,
    trustProxy: config.TRUST_PROXY,
    metricsOpen: config.METRICS_OPEN,
    version,
    board: {
      queue: (name) => queues.desk.queue(name),
      names: async () => [runsQueue, ...(await ports.listQueues()).map(({ name }) => name)],
    },
    onAnswered: ({ traceId, ...answered }) => log.debug({ trace_id: traceId, ...answered }, 'answered'),
    onServerError: (error, code, traceId) =>
      void log.error({ code, trace_id: traceId, err: loggedError(error) }, 'a request failed'),
  })

  const keepHeads = makeKeepHeads({
    list: () => listAuditHeads(store.pool),
    key: config.AUDIT_SIGNING_KEY,
    now: Date.now,
    tell:
      config.AUDIT_HEADS_PATH === null
        ? async (heads) => heads.forEach((head) => log.info({ audit_head: head }, 'audit head'))
        : appendHeads(config.AUDIT_HEADS_PATH),
  })
  const headsLoop = makeLoop({
    name: 'audit-heads',
    idleMs: config.AUDIT_HEADS_MS,
    run: () => keepHeads().then(() => 'idle' as const),
    onError: (error) => void log.warn({ err: loggedError(error) }, 'heads of audits could not be kept'),
  })

  // SIGTERM: somebody else serves, or will. SIGINT: the whole fleet ends, and who waits for it does so in vain.
  let idleMs = config.DRAIN_IDLE_MS
  process.once('SIGINT', () => (idleMs = 0))
  installShutdown({
    timeoutMs: config.DRAIN_IDLE_MS + shutdownMs,
    onPhaseFailed: (phase, error) => void log.error({ phase, err: loggedError(error) }, 'shutdown phase failed'),
    phases: [
      { name: 'unready', run: async () => stopping.abort() },
      { name: 'intake', run: () => close({ graceMs: idleMs + graceMs, idleMs, onClosing: gateway.streams.endAll }) },
      { name: 'submissions', run: () => gateway.submissions.flush() },
      { name: 'queues', run: () => queues.close() },
      { name: 'audit-heads', run: () => headsLoop.stop() },
      { name: 'postgres', run: () => store.close() },
      { name: 'telemetry', run: () => shutdownTelemetry() },
    ],
  })
  try {
    const handed = config.LISTEN_FD === null ? {} : { fd: config.LISTEN_FD }
    await fastify.listen({ ...handed, port: config.PORT, host: config.HOST })
  } catch (error) {
    throw asConfigError(error, config.PORT)
  }
  log.info({ address: fastify.listeningOrigin }, 'gateway ready')
  if (config.LISTEN_FD !== null && process.send) {
    // Whoever handed the socket over cannot tell by a port that others serve as well.
    process.send('ready')
    process.disconnect()
  }
})
