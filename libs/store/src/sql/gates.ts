import type { JsonObject } from '@flotilla/engine'
import type { Db, Tx } from '../open-store.js'
import { jsonText } from '../json-text.js'
import { runKeys } from '../sealing/run-keys.js'
import { gatePlace } from '../sealing/sealed-run.js'
import { rowsOf } from './statement.js'

export interface GateRow {
  readonly gateId: string
  readonly runId: string
  readonly workflow: string
  /** The state's name. */
  readonly gate: string
  readonly step: string
  readonly status: 'open' | 'decided' | 'expired' | 'cancelled' | 'changed'
  readonly shown: JsonObject
  readonly shownHash: string
  readonly outcomes: readonly string[]
  readonly openedAt: Date
  readonly dueAt: Date | null
  /** Whether its time is up by Postgres' clock. */
  readonly overdue: boolean
  /** How many persons must give the same decision, and how many have voted so far. */
  readonly needed: number
  readonly votes: number
  /** The scope that a decider's key must hold. */
  readonly scope: string | null
  readonly decision: string | null
  readonly values: JsonObject | null
  readonly comment: string | null
  readonly decidedBy: string | null
  readonly decidedAt: Date | null
}

const columns = `id as "gateId", run_id as "runId", workflow, gate, step, status, shown, shown_hash as "shownHash", outcomes,
  opened_at as "openedAt", due_at as "dueAt", coalesce(due_at <= clock_timestamp(), false) as overdue, needed,
  case when needed = 1 then 0
    else (select count(*)::integer from gate_vote v where v.run_id = gate.run_id and v.gate_id = gate.id) end as votes,
  scope, decision, "values", comment, decided_by as "decidedBy", decided_at as "decidedAt"`

/** What is sealed of a gate, opened; of an erased run nothing is left to show. */
const opened = async (tx: Tx, rows: readonly GateRow[]): Promise<GateRow[]> => {
  const keys = await runKeys(
    tx,
    rows.map(({ runId }) => runId),
  )
  return rows.map((row) => {
    const open = (column: 'shown' | 'values' | 'comment', stored: unknown) =>
      keys.open(row.runId, gatePlace(column, row.gateId), stored)
    return {
      ...row,
      shown: (open('shown', row.shown) ?? {}) as JsonObject, // as it was sealed
      values: open('values', row.values) as JsonObject | null,
      comment: open('comment', row.comment) as string | null,
    }
  })
}

/** Position in the list of open gates: of the last one seen. */
export interface GateCursor {
  /** Null: never. */
  readonly dueAt: Date | null
  readonly runId: string
  readonly gateId: string
}

export interface GateFilter {
  readonly workflow?: string
  readonly after?: GateCursor
  readonly limit: number
}

const inboxOfGates = {
  name: 'list-gates',
  text: `
select ${columns} from gate
where tenant_id = current_setting('flotilla.tenant', true) and status = 'open'
  and ($1::text is null or workflow = $1)
  and ($3::uuid is null or (coalesce(due_at, timestamptz 'infinity'), run_id, id)
    > (coalesce($2::timestamptz, timestamptz 'infinity'), $3::uuid, $4::text))
order by coalesce(due_at, timestamptz 'infinity'), run_id, id limit $5`,
}

/** Open gates of the tenant: what is due first comes first, what is never due last. */
export const listGates = async (tx: Tx, { workflow, after, limit }: GateFilter): Promise<GateRow[]> =>
  opened(tx, await rowsOf<GateRow>(tx, inboxOfGates, [workflow, after?.dueAt, after?.runId, after?.gateId, limit]))

const ofRun = { name: 'list-run-gates', text: `select ${columns} from gate where run_id = $1 order by opened_at, id` }

/** All gates of one run, oldest first; none where the tenant does not see the run. */
export const listRunGates = async (tx: Tx, runId: string): Promise<GateRow[]> =>
  opened(tx, await rowsOf<GateRow>(tx, ofRun, [runId]))

const counted = {
  name: 'count-open-gates',
  text: `
select count(*)::integer as open, count(*) filter (where due_at <= clock_timestamp())::integer as overdue,
  coalesce(extract(epoch from clock_timestamp() - min(opened_at)), 0)::double precision as "oldestSeconds"
from gate where status = 'open'`,
}

/** Open gates of every tenant, in numbers. */
export const countOpenGates = async (
  db: Db,
): Promise<{ readonly open: number; readonly overdue: number; readonly oldestSeconds: number }> =>
  (await rowsOf<{ open: number; overdue: number; oldestSeconds: number }>(db, counted, []))[0] ?? {
    open: 0,
    overdue: 0,
    oldestSeconds: 0,
  }

const lock = {
  name: 'lock-open-gates',
  text: `
select g.id from jsonb_to_recordset($1::jsonb) as a("runId" uuid, "gateId" text)
join gate g on g.run_id = a."runId" and g.id = a."gateId"
where g.status = 'open' order by g.run_id, g.id for update of g skip locked`,
}

/**
 * Before a gate's deadline is folded: locks those of the given gates that are open and gives their ids. A gate that is
 * missing was decided by a person, or is being decided right now: leave its deadline for the next tick.
 */
export const lockOpenGates = async (
  tx: Tx,
  gates: readonly { readonly runId: string; readonly gateId: string }[],
): Promise<readonly string[]> =>
  gates.length === 0 ? [] : (await rowsOf<{ id: string }>(tx, lock, [jsonText(gates)])).map(({ id }) => id)
