import { CodedError, type StepJob } from '@flotilla/contracts'
import type { AgentQueues, OwedJob, Sealer } from '@flotilla/queues'
import {
  inTransaction,
  lockCourier,
  loseBeats,
  markSent,
  takeOwed,
  type Db,
  type OwedRow,
  type Store,
} from '@flotilla/store'
import { ensureTraceparent, metrics } from '@flotilla/telemetry'

/**
 * Sends what is owed.
 *
 * R1 a row is marked as sent only after its job is in Redis; a crash in between sends it again under the same job id.
 * R2 a send over a Redis whose beat is behind Postgres' does not count; what was sent after that beat is owed again. A pass
 *    with nothing to send compares the beats itself.
 * R3 a beat that comes twice in one pass says that Redis lost data between two queues of it: nothing of the pass counts as
 *    sent (found by simulation).
 */
export interface RelayDependencies {
  readonly store: Store
  readonly queues: AgentQueues
  readonly sealer: Sealer
  readonly windowMax: number
  /** Told when Redis turned out to have lost jobs: how many are owed again. */
  readonly onLost: (lost: number) => void
}

/** Above this many bytes of JSON the input stays in Postgres and the agent reads it there. */
const inputBytesMax = 64 * 1024

const priorities = [1, 2, 3] as const

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** Makes the job of an owed row: ids in clear, input and decision sealed. */
export const toJob = (row: OwedRow, sealer: Sealer): OwedJob => {
  const { input, decision, inputContract, outputContract, workflow, version } = row.payload
  const body = JSON.stringify(input)
  const travels = Buffer.byteLength(body) <= inputBytesMax
  const beside = `"decision":${JSON.stringify(decision ?? null)},"snapshot":null}`
  const retry = row.retry as unknown as OwedJob['retry'] // written from a RetryPolicy by the tick
  const job: StepJob = {
    v: 1,
    runId: row.runId,
    rootRunId: row.rootRunId ?? row.runId,
    tenantId: row.tenantId,
    workflow: text(workflow) ?? '',
    workflowVersion: Number(version),
    step: row.step,
    visit: row.visit,
    dispatch: row.dispatch,
    agent: row.agent,
    inputContract: text(inputContract),
    outputContract: text(outputContract),
    deadlineMs: row.deadlineMs,
    attemptsMax: retry.attempts,
    sealed: sealer.sealText(travels ? `{"input":${body},${beside}` : `{${beside}`, {
      runId: row.runId,
      step: row.step,
      dispatch: row.dispatch,
      contract: text(inputContract),
      direction: 'job',
    }),
    ref: travels ? null : `outbox:${row.runId}.${row.step}.${row.dispatch}`,
    hash: sealer.hash('job', body),
    traceparent: row.traceparent ?? ensureTraceparent(),
    tracestate: null,
  }
  return { job, priority: priorities[row.priority], retry }
}

const byQueue = (rows: readonly OwedRow[]): Map<string, OwedRow[]> => {
  const queues = new Map<string, OwedRow[]>()
  for (const row of rows) queues.set(row.queue, [...(queues.get(row.queue) ?? []), row])
  return queues
}

/** Compares the beats (R2); resolves with whether Redis had lost data. Rejects when Redis is away. */
export const recoverLostJobs = async (
  db: Db,
  { queues, onLost }: Pick<RelayDependencies, 'queues' | 'onLost'>,
  expected: number,
): Promise<boolean> => {
  const beat = await queues.readBeat()
  if (beat >= expected) return false
  onLost(await loseBeats(db, beat))
  return true
}

const isBeatFallen = (error: unknown): boolean => error instanceof CodedError && error.code === 'COURIER_BEAT_FELL'

/** One pass over every queue: sends as much as each window takes. Rejects when Postgres or Redis is away. */
export const relay = (dependencies: RelayDependencies): Promise<'more' | 'idle'> => {
  const { store, queues, sealer, windowMax } = dependencies
  return inTransaction(store.pool, async (tx, closing) => {
    const [knownBeat, rows] = await Promise.all([lockCourier(tx), takeOwed(tx, { windowMax })])
    const recovered = (): Promise<boolean> => recoverLostJobs(tx, dependencies, knownBeat)
    if (rows.length === 0) return (await recovered()) ? 'more' : 'idle'
    const sending = [...byQueue(rows)].map(([queue, owed]) =>
      queues.sendOwed(
        queue,
        owed.map((row) => toJob(row, sealer)),
        knownBeat,
      ),
    )
    const sent = await Promise.allSettled(sending)
    const beats = sent.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const failed = sent.find((one) => one.status === 'rejected')
    if (failed !== undefined) {
      if (isBeatFallen(failed.reason) && (await recovered())) return 'more' // R2
      throw failed.reason
    }
    if (new Set(beats).size < beats.length) throw new CodedError('COURIER_BEAT_FELL') // R3
    // R1. The highest beat of the pass for all of its rows: at worst a row is taken for lost that is not.
    closing(markSent(tx, rows, Math.max(...beats)))
    const sentAt = Date.now()
    for (const row of rows)
      metrics.relayLagSeconds.observe({ queue: row.queue }, Math.max(0, sentAt - row.owedAt.getTime()) / 1000)
    return rows.length >= windowMax ? 'more' : 'idle'
  })
}
