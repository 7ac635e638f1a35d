import { CodedError } from '@flotilla/contracts'
import type { Json, RunEvent, RunState } from '@flotilla/engine'
import type { Tx } from '../open-store.js'
import { runKeys, type RunKeys } from '../sealing/run-keys.js'
import { checkpointPlace, openEntry, openPatch } from '../sealing/sealed-run.js'
import { rowsOf } from './statement.js'

export interface CheckpointRow {
  readonly number: number
  readonly label: string
  readonly step: string | null
  readonly position: number
  /** What an agent saved, else null. */
  readonly data: Json
  readonly createdAt: Date
}

const columns = `number, label, step, position, data, created_at as "createdAt"`

const opened =
  (keys: RunKeys, runId: string) =>
  (row: CheckpointRow): CheckpointRow => ({
    ...row,
    data: keys.open(runId, checkpointPlace('data', row.number), row.data),
  })

const list = { name: 'list-checkpoints', text: `select ${columns} from checkpoint where run_id = $1 order by number` }

/** Checkpoints of a run, oldest first. */
export const listCheckpoints = async (tx: Tx, runId: string): Promise<CheckpointRow[]> => {
  const rows = await rowsOf<CheckpointRow>(tx, list, [runId])
  return rows.length === 0 ? [] : rows.map(opened(await runKeys(tx, [runId]), runId))
}

const find = {
  name: 'find-checkpoint',
  text: `
select ${columns} from checkpoint where run_id = $1 and case when $2 ~ '^[0-9]{1,9}$' then number = $2::integer else label = $2 end
order by number desc limit 1`,
}

/** A checkpoint by number, or the last one of a label. */
export const readCheckpoint = async (tx: Tx, runId: string, checkpoint: string): Promise<CheckpointRow | null> => {
  const [row] = await rowsOf<CheckpointRow>(tx, find, [runId, checkpoint])
  return row === undefined ? null : opened(await runKeys(tx, [runId]), runId)(row)
}

const snapshot = {
  name: 'read-snapshot',
  text: `
select number, position, snapshot from checkpoint where run_id = $1 and position <= $2 and snapshot is not null
order by position desc limit 1`,
}
const patches = {
  name: 'read-patches',
  text: `
select position, patch from history where run_id = $1 and position > $2 and position <= $3 and patch is not null
order by position`,
}

/** What to fold, in order, to reach a state: the patches, onto the snapshot where there is one, else onto nothing. */
export interface StateParts {
  readonly snapshot: RunState | null
  readonly patches: readonly Json[]
}

/** The parts of a run's state as it was after the history's `position`. Rejects with RUN_ERASED for an erased run. */
export const readStateParts = async (tx: Tx, runId: string, position: number): Promise<StateParts> => {
  const [base] = await rowsOf<{ number: number; position: number; snapshot: Json }>(tx, snapshot, [runId, position])
  const rows = await rowsOf<{ position: number; patch: Json }>(tx, patches, [runId, base?.position ?? 0, position])
  const keys = await runKeys(tx, [runId])
  if (keys.problem(runId) === 'RUN_ERASED') throw new CodedError('RUN_ERASED')
  return {
    snapshot: base
      ? (keys.open(runId, checkpointPlace('snapshot', base.number), base.snapshot) as unknown as RunState) // as it was saved
      : null,
    patches: rows.map((row) => openPatch(keys, runId, row)),
  }
}

export interface HistoryRow {
  readonly position: number
  readonly at: Date
  readonly event: RunEvent
  readonly ignored: string | null
  readonly patch: Json
}

const history = {
  name: 'read-history',
  text: `
select position, at, event, ignored, patch from history where run_id = $1 and position > $2 order by position limit $3`,
}

/** Applied events of a run after a position, in order, also those ignored with their reason. Throws RUN_ERASED. */
export const readHistory = async (
  tx: Tx,
  runId: string,
  page: { readonly after: number; readonly limit: number },
): Promise<HistoryRow[]> => {
  const rows = await rowsOf<HistoryRow>(tx, history, [runId, page.after, page.limit])
  const keys = await runKeys(tx, [runId])
  return rows.map((row) => ({ ...row, ...openEntry(keys, runId, row) }))
}
