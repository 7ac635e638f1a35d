import { deadQueueOf } from '@flotilla/contracts'
import type { AgentQueues, QueueDesk } from '@flotilla/queues'
import {
  blameDeadOrchestrators,
  countDeliveriesDue,
  countOpenGates,
  ensureHistoryPartitions,
  eraseAged,
  insertInbox,
  listDebts,
  listParked,
  listQueueDepths,
  listUnmirrored,
  markMirrored,
  purgeCalls,
  purgeDeliveries,
  purgeFirings,
  purgeCheckpoints,
  purgeIdempotency,
  purgePayloads,
  purgeSignals,
  readDefinitionsByHash,
  settleStrayEvents,
  unparkRuns,
  type Blamed,
  type Store,
} from '@flotilla/store'
import { metrics } from '@flotilla/telemetry'

/** How long it is known on what a trigger went off: as long, it goes off once for a run that is reopened and ends again. */
const firingDays = 90
const purgeBatch = 5_000
/** How long an answer too large to travel outlives its run: a reply that comes twice may still name it. */
const payloadHours = 24
const familiesMax = 200

/** What the slow sweep needs. */
export interface SweepDependencies {
  readonly store: Store
  readonly queues: AgentQueues
  readonly desk: QueueDesk
  readonly orchestrator: string
  readonly onBlamed: (blamed: readonly Blamed[]) => void
  /** Something was found to do: wake tick and relay. */
  readonly onWork: () => void
}

/** Runs parked for want of a definition go on once it is there. */
const unparkArrived = async (store: Store): Promise<number> => {
  const parked = (await listParked(store.pool, 500)).filter(({ reason }) => reason === 'DEFINITION_MISSING')
  if (parked.length === 0) return 0
  const known = await readDefinitionsByHash(
    store.pool,
    parked.map((run) => run.definitionHash),
  )
  return unparkRuns(
    store.pool,
    parked.filter((run) => known.has(run.definitionHash)).map((run) => run.runId),
  )
}

/** Jobs that BullMQ failed without any agent code having said so become events; resolves with their number. */
const tellSilentFailures = async ({ store, desk }: SweepDependencies, queue: string): Promise<number> => {
  const silent = await desk.failedWithoutReply(queue)
  if (silent.length === 0) return 0
  const owed = await listDebts(store.pool, silent)
  const owedKeys = new Set(owed.map((row) => `${row.runId}.${row.step}.${row.dispatch}`))
  await insertInbox(
    store.pool,
    silent
      .filter((job) => owedKeys.has(job.jobId))
      .map((job) => ({
        runId: job.runId,
        event: {
          type: 'StepFailed' as const,
          step: job.step,
          dispatch: job.dispatch,
          attempt: 0,
          error: { code: job.code, message: 'the job failed without a reply', step: job.step },
          attempts: 0,
        },
        dedupKey: `silent:${job.jobId}`,
        traceparent: null,
      })),
  )
  await desk.removeJobs(
    queue,
    silent.map((job) => job.jobId),
  )
  return owed.length
}

const mirrorDeadLetters = async ({ store, desk }: SweepDependencies): Promise<void> => {
  const letters = await listUnmirrored(store.pool, 500)
  const queues = new Set(letters.map((letter) => letter.queue))
  for (const queue of queues) {
    const ofQueue = letters.filter((letter) => letter.queue === queue)
    await desk.mirrorDeadLetters(deadQueueOf(queue), ofQueue)
    await markMirrored(
      store.pool,
      ofQueue.map((letter) => letter.id),
    )
  }
}

/** Measures what dashboards show; Redis' side is left out where Redis is away. */
const measure = async ({ store, desk }: SweepDependencies, redisUp: boolean): Promise<readonly string[]> => {
  const gates = await countOpenGates(store.pool)
  metrics.gatesOpen.set(gates.open)
  metrics.gatesOverdue.set(gates.overdue)
  metrics.gateOldestSeconds.set(gates.oldestSeconds)
  const deliveries = await countDeliveriesDue(store.pool)
  metrics.webhooksOwed.set(deliveries.pending)
  metrics.webhookOldestSeconds.set(deliveries.oldestSeconds)
  const depths = await listQueueDepths(store.pool)
  for (const depth of depths) {
    metrics.outboxDepth.set({ queue: depth.name, state: 'owed' }, depth.owed)
    metrics.outboxDepth.set({ queue: depth.name, state: 'sent' }, depth.sent)
    if (!redisUp) continue
    const counts = await desk.queueCounts(depth.name)
    for (const state of ['waiting', 'active', 'delayed', 'failed'] as const)
      metrics.queueDepth.set({ queue: depth.name, state }, counts[state])
  }
  return depths.map((depth) => depth.name)
}

/** The safety net: everything here is pushed elsewhere and found here when the push was lost. */
export const sweep = async (dependencies: SweepDependencies): Promise<void> => {
  const { store, queues, orchestrator, onBlamed, onWork } = dependencies
  const blamed = await blameDeadOrchestrators(store.pool, orchestrator)
  if (blamed.length > 0) onBlamed(blamed)
  const released = await settleStrayEvents(store.pool)
  const unparked = await unparkArrived(store)
  await purgeIdempotency(store.pool, 1_000)
  await purgeSignals(store.pool, 1_000)
  let found = blamed.length + released + unparked
  // Redis may be away: what needs only Postgres is done by then.
  const redisUp = await queues.readBeat().then(
    () => true,
    () => false,
  )
  const names = await measure(dependencies, redisUp)
  if (redisUp) {
    for (const name of names) found += await tellSilentFailures(dependencies, name)
    await mirrorDeadLetters(dependencies)
  }
  if (found > 0) onWork()
}

/** Checkpoints that are old enough go, in batches: it reads the table of runs, so not with every sweep. */
export const sweepCheckpoints = async (store: Store, days: number): Promise<void> => {
  const runs = 500
  while ((await purgeCheckpoints(store.pool, { days, runs })) > 0);
}

/** Erases what is older than it is kept, in batches, until nothing is due or nothing of it can be erased; resolves with how many. */
export const sweepRetention = async (
  store: Store,
  defaultDays: number | null,
  onFailed: (runId: string, error: unknown) => void,
): Promise<number> => {
  let erased = 0
  for (;;) {
    const batch = await eraseAged(store, { defaultDays, families: familiesMax }, onFailed)
    erased += batch.erased
    if (batch.erased === 0 || batch.due < familiesMax) return erased
  }
}

/** Daily care of the tables. */
export const sweepDaily = async (store: Store, { webhookDays }: { readonly webhookDays: number }): Promise<void> => {
  await ensureHistoryPartitions(store.pool)
  while ((await purgeFirings(store.pool, firingDays, purgeBatch)) === purgeBatch);
  while ((await purgeCalls(store.pool, purgeBatch)) === purgeBatch);
  while ((await purgePayloads(store, payloadHours, purgeBatch)) === purgeBatch);
  while ((await purgeDeliveries(store.pool, webhookDays, purgeBatch)) === purgeBatch);
}
