import type { Json, JsonObject } from '@flotilla/engine'
import type { ClaimedRun, OwedEvent, PublishedEvent } from '@flotilla/store'
import type { FoldedRun } from './fold-run.js'

const statusOf: Readonly<Record<string, string>> = {
  'run.completed': 'completed',
  'run.failed': 'failed',
  'run.cancelled': 'cancelled',
  'hitl.requested': 'waiting',
  'hitl.reminded': 'waiting',
  'hitl.escalated': 'waiting',
}

const textOf = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null)
const timeOf = (value: Json | undefined): string | null =>
  typeof value === 'number' ? new Date(value).toISOString() : null

const codeOf = (error: Json | undefined): string | null =>
  typeof error === 'object' && error !== null && !Array.isArray(error) ? textOf((error as JsonObject)['code']) : null

const toEvent = (run: ClaimedRun, { type, seq, meta }: PublishedEvent, at: number): OwedEvent => ({
  tenantId: run.tenantId,
  eventId: `evt_${run.runId}_${seq}`,
  type,
  runId: run.runId,
  workflow: run.workflow,
  // Ids, codes and links: what a gate shows, what a run came to and what was said of it is to be asked for with a key.
  data: {
    runId: run.runId,
    rootRunId: run.rootRunId ?? run.runId,
    workflow: run.workflow,
    version: run.version,
    status: statusOf[type] ?? null,
    errorCode: codeOf(meta['error']),
    gate: textOf(meta['gate']),
    gateId: textOf(meta['gateId']),
    dueAt: timeOf(meta['dueAt']),
    channel: textOf(meta['channel']),
    traceId: run.traceId,
    links: { self: `/runs/${run.runId}`, events: `/runs/${run.runId}/events` },
  },
  occurredAt: at,
})

/**
 * What endpoints outside may want to know of what happened to a run: its end, and its gates. The end of a child run is its
 * parent's affair, its gates are a person's. An event's id follows from its number in the run's stream.
 */
export const toldOf = (run: ClaimedRun, { history }: FoldedRun): readonly OwedEvent[] => {
  const isChild = run.rootRunId !== null && run.rootRunId !== run.runId
  return history.flatMap(({ published, at }) =>
    published.flatMap((event) => {
      if (statusOf[event.type] === undefined || (isChild && event.type.startsWith('run.'))) return []
      return [toEvent(run, event, at)]
    }),
  )
}
