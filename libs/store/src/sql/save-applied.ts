/**
 * Saves what a tick did, for all its runs in one statement: one part per table that has anything, joined as a CTE (the
 * same work as separate statements in a transaction costs twice as much). The runs are locked by the caller's claim.
 *
 * S1  The parts of one statement do not see each other's rows: what is opened and closed in one tick is settled before.
 * S2  `next_deadline_at` may be early, never late: it is left alone while it lies ahead and the true one is later. A run
 *     then wakes once for nothing at most, and an update in mid-run touches no index (a heap-only tuple).
 */
import type { Tx } from '../open-store.js'
import { jsonText } from '../json-text.js'
import { keysForSaving, type RunKeys } from '../sealing/run-keys.js'
import {
  sealArtifact,
  sealCheckpoint,
  sealEntry,
  sealPayload,
  sealResult,
  sealShown,
  sealState,
} from '../sealing/sealed-run.js'
import type { AppliedRun } from './applied-run.js'
import { packEvents } from './published-events.js'
import { owedRows, oweSql } from './webhook-debts.js'

/** One table's share of the statement: rows for its parameter, and the part of the CTE that reads them as `$`. */
interface Part {
  readonly rows: (run: AppliedRun, keys: RunKeys) => readonly object[]
  readonly sql: string
}

const key = (one: { readonly step: string; readonly dispatch: number }): string => `${one.dispatch} ${one.step}`

// S1: a debt that is already paid is never written; its payment then finds nothing to delete.
const stillOwed = (run: AppliedRun) => {
  if (run.owed.length === 0) return []
  const paid = new Set(run.paid.map(key))
  return run.owed.filter((job) => !paid.has(key(job)))
}

const parts: readonly Part[] = [
  {
    rows: ({ runId, state, position, nextDeadlineAt }, keys) => [
      {
        id: runId,
        status: state.status,
        state: sealState(keys, runId, state),
        position,
        published: state.published,
        progress: state.progress,
        next_deadline_at: nextDeadlineAt,
        started_at: state.startedAt,
        finished_at: state.finishedAt,
        result: sealResult(keys, runId, state.result),
        error: state.error,
        openings: state.openings,
      },
    ],
    sql: `
update run r set status = a.status, state = a.state, position = a.position, published = a.published, progress = a.progress,
  next_deadline_at = case
    when r.next_deadline_at > now() and a.finished_at is null
      and (a.next_deadline_at is null or to_timestamp(a.next_deadline_at / 1000) >= r.next_deadline_at)
    then r.next_deadline_at
    else to_timestamp(a.next_deadline_at / 1000) end,
  started_at = to_timestamp(a.started_at / 1000), finished_at = to_timestamp(a.finished_at / 1000),
  result = a.result, error = a.error, openings = a.openings, crashes = 0
from jsonb_to_recordset($) as a(id uuid, status text, state jsonb, position integer, published integer, progress real,
  next_deadline_at double precision, started_at double precision, finished_at double precision, result jsonb, error jsonb,
  openings smallint)
where r.id = a.id`,
  },
  {
    rows: ({ inboxIds }) => inboxIds.map((id) => ({ id })),
    sql: `delete from inbox i using jsonb_to_recordset($) as a(id bigint) where i.id = a.id`,
  },
  {
    rows: ({ runId, tenantId, history }, keys) =>
      history.map(({ published, event, patch, ...entry }) => ({
        ...entry,
        ...sealEntry(keys, runId, { position: entry.position, event, patch }),
        run_id: runId,
        tenant_id: tenantId,
        published: packEvents(published),
        seq_from: published[0]?.seq ?? null,
        seq_to: published.at(-1)?.seq ?? null,
      })),
    sql: `
insert into history (run_id, position, tenant_id, at, event, ignored, patch, published, seq_from, seq_to)
select run_id, position, tenant_id, to_timestamp(at / 1000), event, ignored, patch,
  published, seq_from, seq_to
from jsonb_to_recordset($) as a(run_id uuid, position integer, tenant_id text, at double precision, event jsonb,
  ignored text, patch jsonb, published jsonb, seq_from integer, seq_to integer)`,
  },
  {
    rows: ({ runId, paid }) => paid.map((one) => ({ run_id: runId, step: one.step, dispatch: one.dispatch })),
    sql: `
delete from outbox o using jsonb_to_recordset($) as a(run_id uuid, step text, dispatch integer)
where o.run_id = a.run_id and o.step = a.step and o.dispatch = a.dispatch`,
  },
  {
    rows: (run, keys) =>
      stillOwed(run).map(({ deadlineMs, payload, ...job }) => ({
        ...job,
        payload: sealPayload(keys, run.runId, job, payload),
        run_id: run.runId,
        tenant_id: run.tenantId,
        deadline_ms: deadlineMs,
        priority: run.priority,
        order_key: run.orderKey,
      })),
    sql: `
insert into outbox (run_id, step, dispatch, tenant_id, queue, agent, visit, payload, retry, deadline_ms, priority,
  order_key, traceparent)
select run_id, step, dispatch, tenant_id, queue, agent, visit, payload, retry, deadline_ms, priority, order_key, traceparent
from jsonb_to_recordset($) as a(run_id uuid, step text, dispatch integer, tenant_id text, queue text, agent text,
  visit integer, payload jsonb, retry jsonb, deadline_ms bigint, priority smallint, order_key double precision,
  traceparent text)`,
  },
  {
    rows: (run) => stillOwed(run).map(({ queue }) => ({ name: queue })),
    sql: `
insert into queue (name) select distinct name from jsonb_to_recordset($) as a(name text)
where not exists (select from queue q where q.name = a.name) order by name on conflict do nothing`,
  },
  {
    rows: ({ runId, closedGates }) => closedGates.map((gate) => ({ run_id: runId, ...gate })),
    sql: `
update gate g set status = a.status, decided_at = case when a.status = 'expired' then now() end,
  decided_by = case when a.status = 'expired' then 'timeout' end
from jsonb_to_recordset($) as a(run_id uuid, id text, status text)
where g.run_id = a.run_id and g.id = a.id and g.status = 'open'`,
  },
  {
    rows: (run, keys) =>
      run.openedGates.map(({ shownHash, openedAt, dueAt, needed, shown, ...gate }) => ({
        ...gate,
        shown: sealShown(keys, run.runId, gate.id, shown),
        needed: needed ?? 1,
        run_id: run.runId,
        tenant_id: run.tenantId,
        workflow: run.workflow,
        submitted_by: run.submittedBy,
        shown_hash: shownHash,
        opened_at: openedAt,
        due_at: dueAt,
        // S1
        status: run.closedGates.find(({ id }) => id === gate.id)?.status ?? 'open',
      })),
    sql: `
insert into gate (run_id, id, tenant_id, workflow, gate, step, visit, status, shown, shown_hash, outcomes, opened_at, due_at,
  submitted_by, needed, scope)
select run_id, id, tenant_id, workflow, gate, step, visit, status, shown, shown_hash, outcomes,
  to_timestamp(opened_at / 1000), to_timestamp(due_at / 1000), submitted_by, needed, scope
from jsonb_to_recordset($) as a(run_id uuid, id text, tenant_id text, workflow text, gate text, step text, visit integer,
  status text, shown jsonb, shown_hash text, outcomes text[], opened_at double precision, due_at double precision,
  submitted_by text, needed integer, scope text)`,
  },
  {
    rows: ({ runId, checkpoints }, keys) =>
      checkpoints.map((one) => ({ run_id: runId, ...one, ...sealCheckpoint(keys, runId, one) })),
    sql: `
insert into checkpoint (run_id, number, label, step, position, data, snapshot)
select run_id, number, label, step, position, data, snapshot
from jsonb_to_recordset($) as a(run_id uuid, number integer, label text, step text, position integer, data jsonb,
  snapshot jsonb)`,
  },
  {
    rows: ({ runId, tenantId, artifacts }, keys) =>
      artifacts.map(({ mediaType, parentId, content, ...one }) => ({
        ...one,
        content: sealArtifact(keys, runId, one.id, content),
        run_id: runId,
        tenant_id: tenantId,
        media_type: mediaType,
        parent_id: parentId,
      })),
    sql: `
insert into artifact (run_id, id, tenant_id, name, version, type, media_type, content, sha256, step, parent_id, metadata)
select run_id, id, tenant_id, name, version, type, media_type, coalesce(content, 'null'), sha256, step, parent_id,
  metadata
from jsonb_to_recordset($) as a(run_id uuid, id text, tenant_id text, name text, version integer, type text,
  media_type text, content jsonb, sha256 text, step text, parent_id text, metadata jsonb)`,
  },
  {
    // S1: what is saved in this very tick says it itself.
    rows: ({ runId, artifactsIncomplete: incomplete }) =>
      incomplete === undefined ? [] : [{ run_id: runId, incomplete }],
    sql: `
update artifact o set metadata =
  case when a.incomplete then coalesce(o.metadata, '{}') || '{"incomplete": true}' else o.metadata - 'incomplete' end
from jsonb_to_recordset($) as a(run_id uuid, incomplete boolean)
where o.run_id = a.run_id and a.incomplete <> (coalesce(o.metadata, '{}') ? 'incomplete')`,
  },
  {
    rows: ({ runId, tenantId, workflow, traceId, deadLetters }) =>
      deadLetters.map(({ inputRef, ...one }) => ({
        ...one,
        run_id: runId,
        tenant_id: tenantId,
        workflow,
        trace_id: traceId,
        input_ref: inputRef,
      })),
    sql: `
insert into dead_letter (id, tenant_id, run_id, workflow, queue, agent, step, visit, dispatch, code, message, stack,
  attempts, input_ref, trace_id)
select id, tenant_id, run_id, workflow, queue, agent, step, visit, dispatch, code, message, stack, attempts, input_ref,
  trace_id
from jsonb_to_recordset($) as a(id uuid, tenant_id text, run_id uuid, workflow text, queue text, agent text, step text,
  visit integer, dispatch integer, code text, message text, stack text, attempts integer, input_ref text, trace_id text)
on conflict do nothing`,
  },
  {
    rows: ({ runId, undone = [] }) => undone.map((one) => ({ run_id: runId, ...one })),
    sql: `
update vault.effect e set status = 'compensated', undone_at = now() from jsonb_to_recordset($) as a(run_id uuid, step text,
  visit integer)
where e.root_run_id = a.run_id and e.step = a.step and e.visit = a.visit and e.status in ('intent', 'done', 'unknown')`,
  },
  {
    rows: ({ runId, tenantId, notifications }) =>
      notifications.map((one) => ({ ...one, run_id: runId, tenant_id: tenantId })),
    sql: `
insert into notification (run_id, tenant_id, channel, message, step)
select run_id, tenant_id, channel, message, step
from jsonb_to_recordset($) as a(run_id uuid, tenant_id text, channel text, message text, step text)`,
  },
  { rows: ({ told = [] }) => owedRows(told), sql: oweSql },
]

/**
 * Saves the outcome of a tick: runs, history, debts, gates, checkpoints, artifacts, dead letters, notifications, webhooks; deletes
 * the inbox rows and debts that are settled. All runs must be locked by `claimRuns` or `claimSuspect` in this transaction.
 * Text that Postgres cannot keep (NUL, lone surrogates) becomes U+FFFD. Rejects with SQLSTATE 23505 when a position is
 * taken: the run was not locked. `given`: the runs' keys by `keysForSaving`, for a statement that travels with the commit.
 */
export const saveApplied = async (tx: Tx, applied: readonly AppliedRun[], given?: RunKeys): Promise<void> => {
  if (applied.length === 0) return
  // Rows in key order, so that two transactions that touch the same rows meet in the same order.
  const runs = [...applied].sort((a, b) => (a.runId < b.runId ? -1 : 1))
  // With keys in hand nothing is waited for before the statement is sent.
  const keys =
    given ??
    (await keysForSaving(
      tx,
      runs.map(({ runId }) => runId),
    ))
  const used = parts.flatMap((part, number) => {
    const rows = runs.flatMap((run) => part.rows(run, keys))
    return rows.length === 0 ? [] : [{ ...part, rows, number }]
  })
  const text = used
    .map(({ sql }, index) => `p${index} as (${sql.replace('($)', `($${index + 1}::jsonb)`)}\n)`)
    .join(', ')
  await tx.query({
    // A name belongs to one text: to one set of parts.
    name: `save-applied-${used.map(({ number }) => number.toString(36)).join('')}`,
    text: `with ${text} select`,
    values: used.map(({ rows }) => jsonText(rows)),
  })
}
