import type { Json } from '@flotilla/engine'
import type { Tx } from '../open-store.js'
import { jsonText } from '../json-text.js'
import { runKeys } from '../sealing/run-keys.js'
import { inputPlace } from '../sealing/sealed-run.js'
import { type InboxEntry, insertInbox } from './insert-inbox.js'
import { rowsOf } from './statement.js'

/** A child run to start. `childId` is a UUIDv7. */
export interface NewChild {
  readonly childId: string
  readonly runId: string
  readonly rootRunId: string
  readonly tenantId: string
  readonly step: string
  readonly dispatch: number
  readonly workflow: string
  readonly version: number
  readonly input: Json
  readonly priority: 0 | 1 | 2
  readonly submittedBy: string
  readonly traceId: string
  readonly traceparent: string | null
}

const start = {
  name: 'start-children',
  text: `
with child as (
  select c.*, d.hash from jsonb_to_recordset($1::jsonb) as c(ord integer, id uuid, parent_run_id uuid, root_run_id uuid,
    tenant_id text, step text, dispatch integer, workflow text, version integer, input jsonb, priority smallint,
    submitted_by text, trace_id text, traceparent text)
  left join lateral (
    select hash from workflow_definition w
    where w.name = c.workflow and w.version = c.version and w.tenant_id in (c.tenant_id, '*')
    order by w.tenant_id <> '*' desc limit 1
  ) d on true
), submitted as (
  select s.run_id from (
    select coalesce(jsonb_agg(jsonb_build_object('ord', ord, 'id', id, 'tenant_id', tenant_id, 'workflow', workflow,
      'version', version, 'definition_hash', hash, 'priority', priority, 'input', input, 'submitted_by', submitted_by,
      'trace_id', trace_id, 'traceparent', traceparent, 'root_run_id', root_run_id, 'parent_run_id', parent_run_id,
      'chain_depth', (select p.chain_depth from run p where p.id = parent_run_id))), '[]')
      as batch
    from child where hash is not null
  ) b cross join lateral submit_runs(b.batch) s
)
select c.ord, c.hash is not null and exists (select from submitted s where s.run_id = c.id) as started from child c
order by c.ord`,
}

const link = {
  name: 'link-children',
  text: `
insert into child_run (run_id, parent_run_id, step, dispatch, tenant_id)
select "childId", "runId", step, dispatch, "tenantId" from jsonb_to_recordset($1::jsonb)
  as c("childId" uuid, "runId" uuid, step text, dispatch integer, "tenantId" text)`,
}

/** Starts child runs; of those whose workflow is not registered the parent is told that they failed. */
export const startChildren = async (tx: Tx, children: readonly NewChild[]): Promise<void> => {
  if (children.length === 0) return
  const keys = await runKeys(
    tx,
    children.map(({ runId }) => runId),
    { make: true },
  )
  const rows = children.map((child, ord) => ({
    ord,
    id: child.childId,
    parent_run_id: child.runId,
    root_run_id: child.rootRunId,
    tenant_id: child.tenantId,
    step: child.step,
    dispatch: child.dispatch,
    workflow: child.workflow,
    version: child.version,
    // A child is of its parent's family: the parent's key is its own.
    input: keys.seal(child.runId, inputPlace, child.input, child.childId),
    priority: child.priority,
    submitted_by: child.submittedBy,
    trace_id: child.traceId,
    traceparent: child.traceparent,
  }))
  const told = await rowsOf<{ ord: number; started: boolean }>(tx, start, [jsonText(rows)])
  const startedNow = children.filter((_, ord) => told.some((row) => row.ord === ord && row.started))
  if (startedNow.length > 0) await tx.query({ ...link, values: [jsonText(startedNow)] })
  await insertInbox(tx, children.filter((child) => !startedNow.includes(child)).map(unknownWorkflow))
}

const unknownWorkflow = ({ runId, step, dispatch, workflow, version }: NewChild): InboxEntry => ({
  runId,
  event: {
    type: 'ChildFinished',
    step,
    dispatch,
    runId: null,
    status: 'failed',
    output: null,
    error: { code: 'WORKFLOW_UNKNOWN', message: `there is no ${workflow} version ${version}` },
  },
  dedupKey: `child:${dispatch}`,
  traceparent: null,
})

const find = {
  name: 'find-children',
  text: `
select c.run_id as "childId" from jsonb_to_recordset($1::jsonb) as a("runId" uuid, step text, dispatch integer)
join child_run c on c.parent_run_id = a."runId" and c.step = a.step and c.dispatch = a.dispatch
join run r on r.id = c.run_id where r.status not in ('completed', 'failed', 'cancelled')`,
}

/** Asks child runs that have not ended to cancel themselves. */
export const cancelChildren = async (
  tx: Tx,
  debts: readonly { readonly runId: string; readonly step: string; readonly dispatch: number }[],
): Promise<void> => {
  if (debts.length === 0) return
  const children = await rowsOf<{ childId: string }>(tx, find, [jsonText(debts)])
  await insertInbox(
    tx,
    children.map(({ childId }) => ({
      runId: childId,
      event: { type: 'CancelRequested', by: 'parent', reason: 'the run that started it no longer waits for it' },
      dedupKey: 'cancel:parent',
      traceparent: null,
    })),
  )
}
