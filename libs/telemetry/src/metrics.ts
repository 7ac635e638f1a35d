import { monitorEventLoopDelay } from 'node:perf_hooks'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** Every metric of the product in one list. Labels are few and bounded: never a run, a tenant or anything personal. */
const registry = new Registry()
const registers = [registry]

const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
  new Counter<L>({ name: `flotilla_${name}`, help, labelNames: [...labelNames], registers })
const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
  new Gauge<L>({ name: `flotilla_${name}`, help, labelNames: [...labelNames], registers })
const histogram = <L extends string>(name: string, help: string, buckets: number[], labelNames: readonly L[] = []) =>
  new Histogram<L>({ name: `flotilla_${name}`, help, buckets, labelNames: [...labelNames], registers })

const secondsFast = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
const secondsSlow = [0.01, 0.04, 0.16, 0.64, 2.56, 10.24, 40.96, 163.84]
const secondsHuman = [1, 60, 600, 3_600, 14_400, 86_400, 172_800]
const sizes = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000]

export const metrics = {
  submissions: counter('submissions_total', 'Submissions by outcome (accepted, replayed, refused)', [
    'workflow',
    'outcome',
  ]),
  admissionsRefused: counter('admissions_refused_total', 'Submissions refused because too much waits', ['code']),
  runsWaiting: gauge('runs_waiting', 'Runs that were accepted and not begun, as the gateway last read it'),
  runsFinished: counter('runs_finished_total', 'Runs finished', ['workflow', 'status']),
  runSeconds: histogram('run_duration_seconds', 'Submission to end', secondsSlow, ['workflow', 'status']),
  triggersFired: counter('triggers_fired_total', 'Triggers that went off: started, or why not', [
    'workflow',
    'outcome',
  ]),
  webhookAttempts: counter('webhook_attempts_total', 'Attempts at endpoints outside: delivered, or why not', [
    'type',
    'outcome',
  ]),
  webhookSeconds: histogram(
    'webhook_attempt_seconds',
    'One attempt, from looking up the name to the answer',
    secondsSlow,
  ),
  webhooksOwed: gauge('webhooks_owed', 'Deliveries that are still owed'),
  webhookOldestSeconds: gauge('webhook_oldest_seconds', 'For how long the longest due delivery has been due'),
  webhooksReceived: counter('webhooks_received_total', 'Calls of incoming hooks: accepted, replayed, or why not', [
    'outcome',
  ]),
  runsParked: counter('runs_parked_total', 'Runs parked', ['reason']),
  stepsFinished: counter('steps_finished_total', 'Steps settled', ['workflow', 'step', 'status']),
  dispatches: counter('dispatches_total', 'Jobs sent to agents', ['queue']),
  redispatches: counter('redispatches_total', 'Jobs sent again', ['queue', 'reason']),
  replies: counter('replies_total', 'Replies read, accepted or ignored with the reason', ['kind', 'outcome']),
  repliesMalformed: counter('replies_malformed_total', 'Entries of the replies stream that break the contract'),
  tickSeconds: histogram('tick_duration_seconds', 'One tick of the orchestrator', secondsFast, ['lane']),
  tickRuns: histogram('tick_runs', 'Runs in one tick', sizes, ['lane']),
  tickEvents: histogram('tick_events', 'Events in one tick', sizes, ['lane']),
  eventsApplied: counter('events_applied_total', 'Events applied, by type', ['type']),
  eventsIgnored: counter('events_ignored_total', 'Events ignored, by reason', ['type', 'reason']),
  relayLagSeconds: histogram('relay_lag_seconds', 'From owing a job to sending it', secondsSlow, ['queue']),
  outboxDepth: gauge('outbox_depth', 'Owed jobs', ['queue', 'state']),
  queueDepth: gauge('queue_depth', 'Jobs in Redis', ['queue', 'state']),
  inboxDepth: gauge('inbox_depth', 'Events that wait to be applied'),
  deadLetters: counter('dead_letters_total', 'Dead letters by code', ['queue', 'code']),
  deadLettersOpen: gauge('dead_letters_open', 'Dead letters that nobody has dealt with', ['queue']),
  gatesOpen: gauge('gates_open', 'Open gates'),
  gatesOverdue: gauge('gates_overdue', 'Open gates whose time is up'),
  gateOldestSeconds: gauge('gate_oldest_seconds', 'How long the oldest open gate has waited'),
  gateVotes: counter('gate_votes_total', 'Votes that did not decide a gate yet'),
  gateReminders: counter('gate_reminders_total', 'Reminders and escalations of open gates', ['kind']),
  gateWaitSeconds: histogram('gate_wait_seconds', 'From opening a gate to its decision', secondsHuman, ['decision']),
  loopFailures: counter('loop_failures_total', 'Failed turns of a loop', ['loop']),
  stalledJobs: counter('stalled_jobs_total', 'Jobs found stalled', ['queue']),
  lockRenewalFailures: counter('lock_renewal_failures_total', 'Locks lost by a worker', ['queue']),
  httpSeconds: histogram('http_request_duration_seconds', 'HTTP requests by route', secondsFast, [
    'method',
    'route',
    'status',
  ]),
  sseConnections: gauge('sse_connections', 'Open event streams'),
  agentSeconds: histogram('agent_duration_seconds', 'One attempt of an agent', secondsSlow, ['agent', 'outcome']),
  toolSeconds: histogram('tool_duration_seconds', 'One call of a tool', secondsSlow, ['agent', 'tool', 'outcome']),
  effects: counter('effects_total', 'Effects by outcome (done, replayed, failed)', ['agent', 'effect', 'outcome']),
  genAiTokens: counter('gen_ai_tokens_total', 'Tokens used', ['agent', 'model', 'type']),
  genAiCacheHits: counter('gen_ai_cache_hits_total', 'Model calls answered from a cache', ['agent', 'model']),
  eventLoopDelaySeconds: gauge('event_loop_delay_seconds', 'How late timers were since the last scrape', ['stat']),
} as const

let started: ReturnType<typeof monitorEventLoopDelay> | null = null
// Each look wakes the process: prom-client's hundred a second were most of what an idle agent did. Ten find any delay that
// is worth an alert.
const resolutionMs = 100
const neverMs = 3_600_000
const sampledElsewhere = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99']

/** Begins to watch the process itself (memory, event loop, garbage collection). Call it once, from `main.ts`. */
export const startProcessMetrics = (): void => {
  if (started) return
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: neverMs })
  for (const figure of sampledElsewhere) registry.removeSingleMetric(`nodejs_eventloop_lag_${figure}_seconds`)
  started = monitorEventLoopDelay({ resolution: resolutionMs })
  started.enable()
}

/** All metrics in Prometheus' text format, for `/metrics`. */
export const metricsText = (): Promise<string> => {
  if (started && started.count > 0) {
    const late = (ns: number): number => Math.max(0, ns / 1e9 - resolutionMs / 1e3)
    metrics.eventLoopDelaySeconds.set({ stat: 'mean' }, late(started.mean))
    metrics.eventLoopDelaySeconds.set({ stat: 'p99' }, late(started.percentile(99)))
    metrics.eventLoopDelaySeconds.set({ stat: 'max' }, late(started.max))
    started.reset()
  }
  return registry.metrics()
}
