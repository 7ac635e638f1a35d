import { CodedError, type StepJob } from '@flotilla/contracts'
import type { AgentQueues, OwedJob, Sealer } from '@flotilla/queues'
import { roomUnasked, type QueueRooms } from './queue-rooms.js'
import {
  inTransaction,
  lockCourier,
  loseBeats,
  markSent,
  takeOwed,
  type OwedRow,
  type Shard,
  type Store,
  type Tx,
} from '@flotilla/store'
import { ensureTraceparent, metrics } from '@flotilla/telemetry'

/**
 * Sends what is owed.
 *
 * R1 a row is marked as sent only after its job is in Redis; a crash in between sends it again under the same job id.
 * R2 a send over a Redis whose beat is behind Postgres' does not count; what was sent after that beat is owed again, and that
 *    is committed before Redis takes another beat. A pass with nothing to send compares the beats itself.
 */
export interface RelayDependencies {
  readonly store: Store
  readonly queues: AgentQueues
  readonly sealer: Sealer
  readonly windowMax: number
  /** Tighter bounds on what is sent now; default none. */
  readonly rooms?: QueueRooms
  /** The shard of the queues that it sends to; absent: there is one. */
  readonly shard?: Shard
  /** Told when Redis turned out to have lost jobs: how many are owed again. */
  readonly onLost: (lost: number) => void
  /** Told of a row that is not sent because it cannot be read; its deadline, and the run's next tick, deal with it. */
  readonly onUnreadable?: (row: OwedRow) => void
}

/** Above this many bytes of JSON the input stays in Postgres and the agent reads it there. */
const inputBytesMax = 64 * 1024

const priorities = [1, 2, 3] as const

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** Makes the job of an owed row: ids in clear, input and decision sealed. */
export const toJob = (row: OwedRow, sealer: Sealer): OwedJob => {
  const { input, decision, inputContract, outputContract, workflow, version, undoable } = row.payload
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
    ...(undoable === true ? { undoable } : {}),
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

const countOf = (rows: readonly OwedRow[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const { queue } of rows) counts.set(queue, (counts.get(queue) ?? 0) + 1)
  return counts
}

const byQueue = (rows: readonly OwedRow[]): Map<string, OwedRow[]> => {
  const queues = new Map<string, OwedRow[]>()
  for (const row of rows) queues.set(row.queue, [...(queues.get(row.queue) ?? []), row])
  return queues
}

/** R2: Redis' beat, and whether jobs are owed again. Throws while a tick holds some of them: nothing is sent before that. */
const recoverLostJobs = async (
  tx: Tx,
  { queues, onLost, shard }: Pick<RelayDependencies, 'queues' | 'onLost' | 'shard'>,
  lastBeat: number,
): Promise<{ readonly beat: number; readonly lost: boolean }> => {
  const beat = await queues.readBeat(shard?.shard)
  if (beat >= lastBeat) return { beat, lost: false }
  const { lost, left } = await loseBeats(tx, beat, shard)
  if (lost > 0) onLost(lost)
  else if (left > 0) throw new CodedError('COURIER_BEAT_FELL')
  return { beat, lost: lost > 0 }
}

const isBeatFallen = (error: unknown): boolean => error instanceof CodedError && error.code === 'COURIER_BEAT_FELL'

/** One pass over every queue of its shard: sends as much as each window takes. Rejects when Postgres or Redis is away. */
export const relay = async (dependencies: RelayDependencies): Promise<'more' | 'idle'> => {
  const { store, queues, sealer, windowMax, shard } = dependencies
  const bounds = dependencies.rooms ? { rooms: await dependencies.rooms.ask(), roomMax: roomUnasked } : {}
  return inTransaction(store.pool, async (tx, closing) => {
    const [{ lastBeat, nextBeat }, taken] = await Promise.all([
      lockCourier(tx, shard?.shard),
      takeOwed(tx, { windowMax, ...bounds }, shard),
    ])
    const rows = taken.filter((row) => !row.unreadable)
    for (const row of taken) if (row.unreadable) dependencies.onUnreadable?.(row)
    dependencies.rooms?.sent(countOf(taken))
    const recover = () => recoverLostJobs(tx, dependencies, lastBeat)
    if (rows.length === 0) return (await recover()).lost ? 'more' : 'idle'
    const owed = new Map([...byQueue(rows)].map(([queue, of]) => [queue, of.map((row) => toJob(row, sealer))]))
    const send = (known: number) => queues.sendOwed(owed, { known, next: nextBeat }, shard?.shard)
    try {
      await send(lastBeat)
    } catch (error) {
      if (!isBeatFallen(error)) throw error
      const { beat, lost } = await recover()
      if (lost) return 'more' // R2
      if (beat >= lastBeat) throw error
      await send(beat) // Redis lost data, and nothing that is still owed was in it.
    }
    closing(markSent(tx, rows, nextBeat, shard?.shard)) // R1
    const sentAt = Date.now()
    for (const row of rows)
      metrics.relayLagSeconds.observe({ queue: row.queue }, Math.max(0, sentAt - row.owedAt.getTime()) / 1000)
    return rows.length >= windowMax ? 'more' : 'idle'
  })
}
