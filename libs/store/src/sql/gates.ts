import type { Json, JsonObject } from '@flotilla/engine'
import type { Tx } from '../open-store.js'
import { jsonText } from '../json-text.js'
import { appendAudit } from './audit.js'
import { rowsOf } from './statement.js'

export interface GateRow {
  readonly gateId: string
  readonly runId: string
  readonly workflow: string
  /** The state's name. */
  readonly gate: string
  readonly step: string
  readonly status: 'open' | 'decided' | 'expired' | 'cancelled'
  readonly shown: JsonObject
  readonly shownHash: string
  readonly outcomes: readonly string[]
  readonly openedAt: Date
  readonly dueAt: Date | null
  readonly decision: string | null
  readonly values: JsonObject | null
  readonly comment: string | null
  readonly decidedBy: string | null
  readonly decidedAt: Date | null
}

const columns = `id as "gateId", run_id as "runId", workflow, gate, step, status, shown, shown_hash as "shownHash", outcomes,
  opened_at as "openedAt", due_at as "dueAt", decision, "values", comment, decided_by as "decidedBy",
  decided_at as "decidedAt"`

/** Position in the list of open gates: of the last one seen. */
export interface GateCursor {
  readonly openedAt: Date
  readonly runId: string
  readonly gateId: string
}

const inboxOfGates = {
  name: 'list-gates',
  text: `
select ${columns} from gate
where tenant_id = current_setting('flotilla.tenant', true) and status = 'open'
  and ($1::timestamptz is null or (opened_at, run_id, id) > ($1, $2::uuid, $3::text))
order by opened_at, run_id, id limit $4`,
}

/** Open gates of the tenant, longest open first. */
export const listGates = (tx: Tx, page: { readonly after?: GateCursor; readonly limit: number }): Promise<GateRow[]> =>
  rowsOf(tx, inboxOfGates, [page.after?.openedAt, page.after?.runId, page.after?.gateId, page.limit])

const ofRun = { name: 'list-run-gates', text: `select ${columns} from gate where run_id = $1 order by opened_at, id` }

/** All gates of one run, oldest first; none where the tenant does not see the run. */
export const listRunGates = (tx: Tx, runId: string): Promise<GateRow[]> => rowsOf(tx, ofRun, [runId])

export interface GateDecision {
  readonly runId: string
  /** The state's name or a gate id; null: the only open one. */
  readonly gate: string | null
  readonly decision: string
  readonly values: JsonObject | null
  readonly comment: string | null
  /** Null binds to what is shown now. */
  readonly shownHash: string | null
  /** The key's principal. */
  readonly decidedBy: string
  readonly tenant: string
  readonly traceparent: string | null
}

/**
 * `unknown`: no such run. `not-open`: no open gate of that name, or somebody was first. `ambiguous`: several; their ids.
 * `submitter`: who submitted may not decide. `changed`: something else is shown now. `no-such-outcome`: the gate's are given.
 */
export type Decided =
  | { readonly outcome: 'decided'; readonly gateId: string; readonly gate: string; readonly decidedAt: Date }
  | { readonly outcome: 'unknown' | 'not-open' | 'submitter' | 'changed' }
  | { readonly outcome: 'ambiguous'; readonly gateIds: readonly string[] }
  | { readonly outcome: 'no-such-outcome'; readonly outcomes: readonly string[] }

const open = {
  name: 'open-gates-named',
  text: `
select g.id, g.gate, g.shown_hash as "shownHash", g.outcomes, g.submitted_by as "submittedBy"
from run r left join gate g on g.run_id = r.id and g.status = 'open' and ($2::text is null or $2 in (g.gate, g.id))
where r.id = $1 order by g.opened_at, g.id`,
}

// The arbiter: whoever changes the row while it is open has decided; everybody after finds no row.
const decide = {
  name: 'decide-gate',
  text: `
with decided as (
  update gate set status = 'decided', decision = $3, "values" = $4::jsonb, comment = $5, decided_by = $6,
    decided_at = clock_timestamp()
  where run_id = $1 and id = $2 and status = 'open' and shown_hash = $7
  returning run_id, id, gate, decided_at
), told as (
  insert into inbox (run_id, event, dedup_key, traceparent, held)
  select d.run_id, $8::jsonb, 'gate:' || d.id, $9, r.status = 'parked' from decided d join run r on r.id = d.run_id
  on conflict do nothing
)
select gate, decided_at as "decidedAt" from decided`,
}

/**
 * Decides a gate for a person, with the event for the run and the audit entry, in the transaction of `asTenant`. The row
 * is the arbiter between persons and the timeout: exactly one wins.
 */
export const decideGate = async (tx: Tx, decision: GateDecision): Promise<Decided> => {
  type Open = { id: string | null; gate: string; shownHash: string; outcomes: string[]; submittedBy: string }
  const found = await rowsOf<Open>(tx, open, [decision.runId, decision.gate])
  const gates = found.filter((gate): gate is Open & { id: string } => gate.id !== null)
  const [gate] = gates
  if (found.length === 0) return { outcome: 'unknown' }
  if (gate === undefined) return { outcome: 'not-open' }
  if (gates.length > 1) return { outcome: 'ambiguous', gateIds: gates.map(({ id }) => id) }
  if (gate.submittedBy === decision.decidedBy) return { outcome: 'submitter' }
  if (decision.shownHash !== null && decision.shownHash !== gate.shownHash) return { outcome: 'changed' }
  if (!gate.outcomes.includes(decision.decision)) return { outcome: 'no-such-outcome', outcomes: gate.outcomes }
  const values = decision.values === null ? null : jsonText(decision.values)
  const event: Json = {
    type: 'GateDecided',
    gateId: gate.id,
    decision: decision.decision,
    values: decision.values,
    comment: decision.comment,
    decidedBy: decision.decidedBy,
  }
  const [won] = await rowsOf<{ gate: string; decidedAt: Date }>(tx, decide, [
    decision.runId,
    gate.id,
    decision.decision,
    values,
    decision.comment,
    decision.decidedBy,
    gate.shownHash,
    jsonText(event),
    decision.traceparent,
  ])
  if (won === undefined) return { outcome: 'not-open' }
  await appendAudit(tx, {
    tenant: decision.tenant,
    actor: decision.decidedBy,
    action: 'gate.decided',
    subject: decision.runId,
    // Not the comment and values: they may name the applicant, and the audit outlives an erasure.
    detail: { gate: won.gate, gateId: gate.id, decision: decision.decision, shownHash: gate.shownHash },
  })
  return { outcome: 'decided', gateId: gate.id, ...won }
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
