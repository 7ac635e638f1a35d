import { CodedError } from '@flotilla/contracts'
import type { Json, JsonObject, RunEvent, RunState } from '@flotilla/engine'
import type { Tx } from '../open-store.js'
import { codeOf, runKeys } from '../sealing/run-keys.js'
import { openEvent } from '../sealing/sealed-event.js'
import { inputPlace, openState } from '../sealing/sealed-run.js'
import { rowsOf } from './statement.js'

/** A locked run as the engine's shell needs it. */
export interface ClaimedRun {
  readonly runId: string
  readonly tenantId: string
  readonly workflow: string
  readonly version: number
  readonly definitionHash: string
  readonly semantics: number
  readonly status: string
  readonly priority: 0 | 1 | 2
  readonly orderKey: number
  /** Null until it is started: apply `RunStarted` with `input` at `createdAt` first. */
  readonly state: RunState | null
  /** The submitted input while `state` is null, else null. */
  readonly input: Json
  /** Last position in the history; 0 before the first. */
  readonly position: number
  readonly submittedBy: string
  readonly traceId: string
  readonly traceparent: string | null
  readonly createdAt: Date
  readonly crashes: number
  readonly rootRunId: string | null
  /** The step of another run that waits for this one, else null. */
  readonly childOf: { readonly runId: string; readonly step: string; readonly dispatch: number } | null
  /** Whether a limit on runs at once holds for it: its end makes room. */
  readonly limited: boolean
  /** How many completions of other runs led to this one. */
  readonly chainDepth: number
  /** Where a forked run comes from; null for any other. */
  readonly forkedFrom: string | null
  readonly forkedCheckpoint: number | null
  readonly forkedBy: string | null
  readonly forkedMapping: JsonObject | null
  /** Code of why state and input could not be read: both are null then; else null. */
  readonly unreadable: string | null
}

/** An event that waits in the inbox; `event.at` is the inbox's time. */
export interface WaitingEvent {
  readonly inboxId: number
  readonly runId: string
  readonly event: RunEvent
  readonly traceparent: string | null
  /** Code of why it could not be read, so that `event` lacks what is sealed; else null. */
  readonly unreadable: string | null
}

const runs = {
  name: 'read-claimed-runs',
  text: `
select id as "runId", tenant_id as "tenantId", workflow, version, definition_hash as "definitionHash", semantics, status,
  priority, order_key as "orderKey", case when id <> all($2::uuid[]) then state end as state, case when state is null then input end as input, position,
  submitted_by as "submittedBy", trace_id as "traceId", traceparent, created_at as "createdAt", crashes,
  root_run_id as "rootRunId", case when parent_run_id is not null then (
    select jsonb_build_object('runId', c.parent_run_id, 'step', c.step, 'dispatch', c.dispatch)
    from child_run c where c.run_id = run.id
  ) end as "childOf", chain_depth as "chainDepth",
  forked_from as "forkedFrom", forked_checkpoint as "forkedCheckpoint", forked_by as "forkedBy",
  forked_mapping as "forkedMapping",
  slot_key is not null as limited
from run where id = any($1::uuid[]) order by id`,
}

/** A state that the caller has from when it saved it. */
export interface KnownState {
  readonly position: number
  readonly state: RunState
}

/**
 * The rows of runs that the transaction has locked, in order of id. `known`: states that need not be read, by run; rejects with
 * `CodedError` STATE_MOVED when one is not of the run's position.
 */
export const readClaimedRuns = async (
  tx: Tx,
  runIds: readonly string[],
  known: ReadonlyMap<string, KnownState> = new Map(),
): Promise<ClaimedRun[]> => {
  // One round trip: both statements are sent before either is answered.
  const [rows, keys] = await Promise.all([
    rowsOf<Omit<ClaimedRun, 'unreadable'>>(tx, runs, [runIds, [...known.keys()]]),
    runKeys(tx, runIds),
  ])
  return rows.map((row): ClaimedRun => {
    const had = known.get(row.runId)
    if (had && had.position !== row.position) throw new CodedError('STATE_MOVED')
    try {
      if (had) return { ...row, state: had.state, input: null, unreadable: null }
      const state = openState(keys, row.runId, row.state)
      return { ...row, state, input: keys.open(row.runId, inputPlace, row.input), unreadable: null }
    } catch (error) {
      return { ...row, state: null, input: null, unreadable: codeOf(error) }
    }
  })
}

const events = {
  name: 'read-events',
  text: `
select id, run_id, event, at, traceparent, number <= $2 and (bytes <= $3 or number = 1) as fits from (
  select i.id, i.run_id, i.event, i.at, i.traceparent, row_number() over earlier as number,
    sum(pg_column_size(i.event)) over earlier as bytes
  from inbox i where i.run_id = any($1::uuid[]) and not i.held
  window earlier as (order by i.id)
) e where number <= $2 + 1 order by id`,
}

/**
 * Events that wait for locked runs, oldest first, at most `eventsMax` of them and `bytesMax` of stored bytes (one always
 * fits). `more`: runs of which events were left; their deadlines must wait, since what is left may be the answer.
 */
export const readEvents = async (
  tx: Tx,
  runIds: readonly string[],
  limits: { readonly eventsMax: number; readonly bytesMax: number },
): Promise<{ readonly events: readonly WaitingEvent[]; readonly more: boolean }> => {
  type Row = { id: number; run_id: string; event: RunEvent; at: Date; traceparent: string | null; fits: boolean }
  const rows = await rowsOf<Row>(tx, events, [runIds, limits.eventsMax, limits.bytesMax])
  const keys = await runKeys(
    tx,
    rows.map((row) => row.run_id),
  )
  return {
    events: rows
      .filter((row) => row.fits)
      .map((row): WaitingEvent => {
        const { id: inboxId, run_id: runId, traceparent } = row
        const at = row.at.getTime()
        try {
          const event = openEvent<RunEvent>(keys, { table: 'inbox', runId }, row.event)
          return { inboxId, runId, event: { ...event, at }, traceparent, unreadable: null }
        } catch (error) {
          return { inboxId, runId, event: { ...row.event, at }, traceparent, unreadable: codeOf(error) }
        }
      }),
    more: rows.some((row) => !row.fits),
  }
}
