import type { Json, JsonObject, RunState } from '@flotilla/engine'
import type { Tx } from '../open-store.js'
import { codeOf, runKeys } from '../sealing/run-keys.js'
import { openResult, openState } from '../sealing/sealed-run.js'
import { rowsOf } from './statement.js'

/** A run as it is listed. */
export interface RunSummary {
  readonly runId: string
  readonly workflow: string
  readonly version: number
  readonly definitionHash: string
  readonly status: string
  readonly parkedReason: string | null
  readonly progress: number
  readonly priority: 0 | 1 | 2
  readonly tags: readonly string[]
  readonly submittedBy: string
  readonly traceId: string
  readonly traceparent: string | null
  /** `seq` of the last event of its stream. */
  readonly published: number
  readonly position: number
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
  readonly result: Json
  readonly error: JsonObject | null
  readonly rootRunId: string | null
  readonly parentRunId: string | null
  /** The run that it was forked off, and at which checkpoint (null: from the start). */
  readonly forkedFrom: string | null
  readonly forkedCheckpoint: number | null
  /** When its personal data were erased: `result` is null since then, and the shared data are gone. */
  readonly erasedAt: Date | null
  /** Code of why result and steps could not be read, which are null then; else null. */
  readonly unreadable: string | null
}

/** Steps and gates of the state, without the shared data; null before the run is started. */
export type RunView = Pick<RunState, 'steps' | 'gates' | 'cancel' | 'openings' | 'dueAt'>

export interface RunDetail extends RunSummary {
  readonly view: RunView | null
}

const columns = `id as "runId", workflow, version, definition_hash as "definitionHash", status, parked_reason as "parkedReason",
  progress, priority, tags, submitted_by as "submittedBy", trace_id as "traceId", traceparent, published, position,
  created_at as "createdAt", started_at as "startedAt", finished_at as "finishedAt", result, error,
  root_run_id as "rootRunId", parent_run_id as "parentRunId",
  forked_from as "forkedFrom", forked_checkpoint as "forkedCheckpoint", erased_at as "erasedAt"`

const one = { name: 'read-run', text: `select ${columns}, state from run where id = $1` }

/** Steps and gates of a state: what may be shown to those who may not read what the run is about. */
export const viewOf = ({ steps, gates, cancel, openings, dueAt }: RunState): RunView => ({
  steps,
  gates,
  cancel,
  openings,
  dueAt,
})

type Row = Omit<RunDetail, 'view' | 'unreadable'> & { readonly state: unknown }

const opened = async (tx: Tx, rows: readonly Row[]): Promise<RunDetail[]> => {
  const keys = await runKeys(
    tx,
    rows.map(({ runId }) => runId),
  )
  return rows.map(({ state: stored, ...row }) => {
    try {
      const state = openState(keys, row.runId, stored)
      const result = openResult(keys, row.runId, row.result)
      return { ...row, result, view: state === null ? null : viewOf(state), unreadable: null }
    } catch (error) {
      return { ...row, result: null, view: null, unreadable: codeOf(error) }
    }
  })
}

/** One run of the tenant (`asTenant`), with its steps; null where there is none. */
export const readRun = async (tx: Tx, runId: string): Promise<RunDetail | null> =>
  (await opened(tx, await rowsOf<Row>(tx, one, [runId])))[0] ?? null

export interface RunFilter {
  readonly status?: string
  readonly workflow?: string
  readonly tag?: string
  /** The run whose children are meant; absent: root runs. */
  readonly parent?: string
  /** Id of the last run of the page before. */
  readonly before?: string
  readonly limit: number
}

const list = {
  name: 'list-runs',
  text: `
select ${columns}, state from run
where tenant_id = current_setting('flotilla.tenant', true) and parent_run_id is not distinct from $6::uuid
  and ($1::text is null or status = $1) and ($2::text is null or workflow = $2)
  and ($3::text is null or (tags @> array[$3] and tags <> '{}')) and ($4::uuid is null or id < $4)
order by id desc limit $5`,
}

/** Root runs of the tenant, or the children of a run, newest first; go on with `before`. The shared data is never given. */
export const listRuns = async (tx: Tx, filter: RunFilter): Promise<RunDetail[]> => {
  const values = [filter.status, filter.workflow, filter.tag, filter.before, filter.limit, filter.parent]
  return opened(tx, await rowsOf<Row>(tx, list, values))
}

const state = {
  name: 'read-state',
  text: 'select state, position, erased_at is not null as erased from run where id = $1',
}

/**
 * The whole state with shared data: for those who may read personal data. `state` is null before the start, and of an erased
 * run. Rejects with a `CodedError` when it does not open.
 */
export const readState = async (
  tx: Tx,
  runId: string,
): Promise<{ readonly state: RunState | null; readonly position: number } | null> => {
  const [row] = await rowsOf<{ state: unknown; position: number; erased: boolean }>(tx, state, [runId])
  if (row === undefined) return null
  const { position } = row
  return { state: row.erased ? null : openState(await runKeys(tx, [runId]), runId, row.state), position }
}
