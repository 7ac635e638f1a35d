import type { JsonObject, RunState } from '@flotilla/engine'
import { jsonText } from '../json-text.js'
import { runKeys } from '../sealing/run-keys.js'
import { openState } from '../sealing/sealed-run.js'
import type { Tx } from '../open-store.js'
import { rowsOf } from './statement.js'

/** A run that has not come to a final end, with all of its state. */
export interface LiveRun {
  readonly runId: string
  readonly version: number
  readonly definitionHash: string
  readonly status: string
  /** Null before the start. */
  readonly state: RunState | null
}

/** Which live runs of a workflow are meant: of one version, or of every version but one; `after` a run's id. */
export interface LiveRunsPage {
  readonly workflow: string
  readonly version: number | null
  readonly exceptHash: string
  readonly after: string | null
  readonly limit: number
}

const live = {
  name: 'list-live-runs',
  text: `
select id as "runId", version, definition_hash as "definitionHash", status, state from run
where status not in ('completed', 'cancelled') and erased_at is null and tenant_id = current_setting('flotilla.tenant', true) and workflow = $1
  and ($2::integer is null or version = $2) and definition_hash <> $3 and ($4::uuid is null or id > $4)
order by id limit $5`,
}

/** Runs of the tenant (`asTenant`) that another version of their workflow concerns, oldest first. */
export const listLiveRuns = async (tx: Tx, page: LiveRunsPage): Promise<LiveRun[]> => {
  const values = [page.workflow, page.version, page.exceptHash, page.after, page.limit]
  const rows = await rowsOf<LiveRun>(tx, live, values)
  const keys = await runKeys(
    tx,
    rows.map(({ runId }) => runId),
  )
  return rows.map((row) => ({ ...row, state: openState(keys, row.runId, row.state) }))
}

/** The version that a run is pinned to from now on. */
export interface Repinned {
  readonly runId: string
  readonly version: number
  readonly hash: string
}

const repin = {
  name: 'repin-runs',
  text: `
update run r set version = a.version, definition_hash = a.hash
from jsonb_to_recordset($1::jsonb) as a("runId" uuid, version integer, hash text) where r.id = a."runId"`,
}

/** Pins runs, which the transaction has locked, to another version, with the event that says so. */
export const repinRuns = async (tx: Tx, runs: readonly Repinned[]): Promise<void> => {
  if (runs.length > 0) await rowsOf(tx, repin, [jsonText(runs)])
}

/** A change of version that a run went through. */
export interface MigrationRow {
  readonly from: string
  readonly to: string
  readonly mapping: JsonObject
}

const migrations = {
  name: 'list-migrations',
  text: `
select event -> 'from' ->> 'hash' as "from", event -> 'to' ->> 'hash' as "to", event -> 'mapping' as mapping from history
where run_id = $1 and position > $2 and ignored is null and event ->> 'type' = 'RunMigrated' order by position`,
}

/** The changes of version of a run after a position in its history, in order, by hashes. */
export const listMigrations = (tx: Tx, runId: string, after: number): Promise<MigrationRow[]> =>
  rowsOf(tx, migrations, [runId, after])
