import { createHash } from 'node:crypto'
import type { Json, RunLimit } from '@flotilla/engine'
import canonicalize from 'canonicalize'
import type { Db, Tx } from '../open-store.js'
import { rowsOf } from './statement.js'

/** Names a limit within a tenant: the workflow, and a hash of its key's value, which may be personal and of any length. */
export const slotKeyOf = (workflow: string, value: Json): string =>
  value === null
    ? workflow
    : `${workflow}:${createHash('sha256')
        .update(canonicalize(value) ?? '')
        .digest('hex')
        .slice(0, 32)}`

/** Where the next look begins; nulls: at the first key. */
export interface SlotCursor {
  readonly nextTenant: string | null
  readonly nextKey: string | null
}

const grant = {
  name: 'grant-slots',
  text: `
select granted, next_tenant as "nextTenant", next_key as "nextKey" from grant_slots($1, coalesce($2, ''), coalesce($3, ''))`,
}

/**
 * Gives free slots to runs that wait for one, in the order of admissions, for at most `keysMax` limits. `granted` runs may
 * be claimed now, and what was held for them is released.
 */
export const grantSlots = async (
  db: Db,
  from: SlotCursor,
  keysMax = 500,
): Promise<SlotCursor & { readonly granted: number }> =>
  (await rowsOf<SlotCursor & { granted: number }>(db, grant, [keysMax, from.nextTenant, from.nextKey]))[0] ?? {
    granted: 0,
    nextTenant: null,
    nextKey: null,
  }

const wait = {
  name: 'wait-for-slot',
  text: `update run set slot_waits = true where id = $1 and slot_key is not null returning 1 as waits`,
}

/** Lets a stopped run wait for a slot before it goes on; false where it is under no limit. Its events are to be held. */
export const waitForSlot = async (tx: Tx, runId: string): Promise<boolean> =>
  (await rowsOf(tx, wait, [runId])).length > 0

const put = {
  name: 'limit-run',
  text: `update run set slot_key = $2, slot_max = $3, slot_waits = true where id = $1 and status = 'created'`,
}

/** Puts a run that was made in this transaction under its workflow's limit: it waits for a slot, whatever the behaviour. */
export const limitRun = async (
  tx: Tx,
  run: { readonly runId: string; readonly workflow: string; readonly limit: RunLimit | null },
): Promise<void> => {
  const { runId, workflow, limit } = run
  if (limit !== null) await rowsOf(tx, put, [runId, slotKeyOf(workflow, limit.value), limit.max])
}
