import type { Trigger } from '@flotilla/engine'
import type { Tx } from '../open-store.js'
import { jsonText } from '../json-text.js'
import { rowsOf } from './statement.js'

const activate = { name: 'activate-triggers', text: 'select activate_triggers($1, $2, $3, $4::jsonb) as active' }

/**
 * Makes the triggers of a version that was registered in this transaction of `asTenant` the active ones of its workflow,
 * unless a newer version is there. `nextAt`: the first moment of a schedule.
 */
export const activateTriggers = async (
  tx: Tx,
  definition: {
    readonly name: string
    readonly version: number
    readonly hash: string
    readonly triggers: readonly Trigger[]
  },
  nextAt: (trigger: Extract<Trigger, { readonly kind: 'schedule' }>) => Date,
): Promise<void> => {
  const { name, version, hash, triggers } = definition
  const wanted = triggers.map((trigger) => ({
    name: trigger.name,
    kind: trigger.kind,
    spec: trigger,
    next_at: trigger.kind === 'schedule' ? nextAt(trigger) : null,
    source_workflow: trigger.kind === 'completion' ? trigger.workflow : null,
    source_status: trigger.kind === 'completion' ? trigger.status : null,
  }))
  await rowsOf(tx, activate, [name, version, hash, jsonText(wanted)])
}

/** A trigger of a tenant, or one that ships and that the tenant has not switched on (`enabled` false, no `nextAt`). */
export interface TriggerRow {
  readonly workflow: string
  readonly name: string
  readonly version: number
  readonly definitionHash: string
  readonly spec: Trigger
  readonly enabled: boolean
  readonly shipped: boolean
  readonly nextAt: Date | null
  readonly lastFiredAt: Date | null
  readonly lastRunId: string | null
  /** Of the last time that no run could be started: a code, since when, and by what (a moment, or the run that ended). */
  readonly lastError: { readonly code: string; readonly at: string; readonly occasion: string } | null
}

const columns = `
t.workflow, t.name, t.version, t.definition_hash as "definitionHash", t.spec, t.enabled, t.shipped, t.next_at as "nextAt",
  last.fired_at as "lastFiredAt", last.run_id as "lastRunId", failed.error as "lastError"`

// The tenant's own row hides the one that ships.
const ofTenant = `
from (
  select distinct on (workflow, name) * from trigger
  where tenant_id in ('*', current_setting('flotilla.tenant', true))
  order by workflow, name, (tenant_id = '*')
) t
left join lateral (
  select f.fired_at, f.run_id from trigger_firing f
  where f.tenant_id = current_setting('flotilla.tenant', true) and f.workflow = t.workflow and f.name = t.name
    and f.run_id is not null
  order by f.fired_at desc limit 1
) last on true
left join lateral (
  select jsonb_build_object('code', f.error, 'at', to_char(f.fired_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'occasion', f.occasion) as error
  from trigger_firing f
  where f.tenant_id = current_setting('flotilla.tenant', true) and f.workflow = t.workflow and f.name = t.name
    and f.error is not null
  order by f.fired_at desc limit 1
) failed on true`

const list = { name: 'list-triggers', text: `select ${columns} ${ofTenant} order by t.workflow, t.name` }

/** The triggers that the tenant has or could switch on. */
export const listTriggers = (tx: Tx): Promise<TriggerRow[]> => rowsOf(tx, list)

const find = { name: 'find-trigger', text: `select ${columns} ${ofTenant} where t.workflow = $1 and t.name = $2` }

/** One of them; null: there is none of that name. */
export const readTrigger = async (tx: Tx, workflow: string, name: string): Promise<TriggerRow | null> =>
  (await rowsOf<TriggerRow>(tx, find, [workflow, name]))[0] ?? null

const adopt = {
  name: 'adopt-trigger',
  text: `
insert into trigger (tenant_id, workflow, name, kind, version, definition_hash, spec, enabled, shipped, next_at,
                     source_workflow, source_status)
select current_setting('flotilla.tenant', true), t.workflow, t.name, t.kind, t.version, t.definition_hash, t.spec, $3, true,
  $4::timestamptz, t.source_workflow, t.source_status
from trigger t where t.tenant_id = '*' and t.workflow = $1 and t.name = $2
on conflict do nothing`,
}
const turn = {
  name: 'switch-trigger',
  text: `
update trigger set enabled = $3, next_at = $4::timestamptz
where tenant_id = current_setting('flotilla.tenant', true) and workflow = $1 and name = $2`,
}

/**
 * Switches a trigger of the tenant on or off; one that ships becomes the tenant's own. `nextAt`: its next moment, null
 * for a completion and while it is off, so that what passes meanwhile is not made up for.
 */
export const switchTrigger = async (
  tx: Tx,
  trigger: {
    readonly workflow: string
    readonly name: string
    readonly enabled: boolean
    readonly nextAt: Date | null
  },
): Promise<void> => {
  const values = [trigger.workflow, trigger.name, trigger.enabled, trigger.nextAt]
  await rowsOf(tx, adopt, values)
  await rowsOf(tx, turn, values)
}

/** A schedule that is due, locked until the transaction ends. */
export interface DueTrigger {
  readonly tenant: string
  readonly workflow: string
  readonly name: string
  readonly version: number
  readonly definitionHash: string
  readonly spec: Extract<Trigger, { readonly kind: 'schedule' }>
  readonly nextAt: Date
}

const due = {
  name: 'claim-due-triggers',
  text: `
select tenant_id as tenant, workflow, name, version, definition_hash as "definitionHash", spec, next_at as "nextAt"
from trigger where enabled and next_at <= now() order by next_at limit $1 for no key update skip locked`,
}

/** Takes schedules that are due; another orchestrator passes them over until the transaction ends. */
export const claimDueTriggers = (tx: Tx, limit: number): Promise<DueTrigger[]> => rowsOf(tx, due, [limit])

const advance = {
  name: 'advance-triggers',
  text: `
update trigger t set next_at = a.next_at
from jsonb_to_recordset($1::jsonb) as a(tenant text, workflow text, name text, next_at timestamptz)
where t.tenant_id = a.tenant and t.workflow = a.workflow and t.name = a.name`,
}

/** Sets the next moments of claimed schedules; null: there is none. */
export const advanceTriggers = async (
  tx: Tx,
  triggers: readonly {
    readonly tenant: string
    readonly workflow: string
    readonly name: string
    readonly nextAt: Date | null
  }[],
): Promise<void> => {
  const rows = triggers.map(({ nextAt, ...key }) => ({ ...key, next_at: nextAt }))
  if (rows.length > 0) await rowsOf(tx, advance, [jsonText(rows)])
}

/** A completion trigger that the end of a run sets off. */
export interface MatchedTrigger {
  readonly tenant: string
  readonly workflow: string
  readonly name: string
  readonly version: number
  readonly definitionHash: string
  readonly spec: Extract<Trigger, { readonly kind: 'completion' }>
}

const matching = {
  name: 'match-triggers',
  text: `
select t.tenant_id as tenant, t.workflow, t.name, t.version, t.definition_hash as "definitionHash", t.spec
from (select distinct tenant, workflow, status from jsonb_to_recordset($1::jsonb) as e(tenant text, workflow text, status text)) e
join trigger t on t.tenant_id = e.tenant and t.source_workflow = e.workflow and t.source_status = e.status
where t.enabled and t.kind = 'completion' order by t.tenant_id, t.workflow, t.name`,
}

/** Completion triggers of ends, each named once however many runs ended so. */
export const matchTriggers = (
  tx: Tx,
  ends: readonly { readonly tenant: string; readonly workflow: string; readonly status: string }[],
): Promise<MatchedTrigger[]> => rowsOf(tx, matching, [jsonText(ends)])

/** A trigger that goes off: `occasion` is a moment in ISO 8601, the id of the run that ended, or `hand:<uuid>`. */
export interface Firing {
  readonly tenant: string
  readonly workflow: string
  readonly name: string
  readonly occasion: string
  /** The run that it starts, in the same transaction; null where it could not, as `error` (a code) says. */
  readonly runId: string | null
  readonly error: string | null
}

const fire = {
  name: 'insert-firings',
  text: `
with given as (
  select * from jsonb_to_recordset($1::jsonb)
    as f(ord integer, tenant text, workflow text, name text, occasion text, run_id uuid, error text)
), fired as (
  insert into trigger_firing (tenant_id, workflow, name, occasion, run_id, error)
  select tenant, workflow, name, occasion, run_id, error from given order by tenant, workflow, name, occasion
  on conflict do nothing returning tenant_id, workflow, name, occasion
)
select g.ord from given g join fired f
  on f.tenant_id = g.tenant and f.workflow = g.workflow and f.name = g.name and f.occasion = g.occasion`,
}

/**
 * Writes down that triggers go off, and gives those whose occasion is a new one: their runs are to be started in this
 * transaction. Waits for another transaction that has the same occasion in hand.
 */
export const insertFirings = async <F extends Firing>(tx: Tx, firings: readonly F[]): Promise<readonly F[]> => {
  if (firings.length === 0) return []
  const given = firings.map(({ tenant, workflow, name, occasion, runId, error }, ord) => ({
    ord,
    tenant,
    workflow,
    name,
    occasion,
    run_id: runId,
    error,
  }))
  const rows = await rowsOf<{ ord: number }>(tx, fire, [jsonText(given)])
  const fresh = new Set(rows.map(({ ord }) => ord))
  return firings.filter((_, ord) => fresh.has(ord))
}
