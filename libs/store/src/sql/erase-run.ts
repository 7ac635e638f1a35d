import type { Tx } from '../open-store.js'
import { jsonText } from '../json-text.js'
import { forgetRunKeys, runKeys } from '../sealing/run-keys.js'
import { clearEventMembers } from '../sealing/sealed-event.js'
import { openState } from '../sealing/sealed-run.js'
import { remainingOf } from '../sealing/remaining-state.js'
import { rowsOf } from './statement.js'

/**
 * `unknown`: the tenant has no such run. `not-ended`: the run, or a child or fork of it, is under way. `erased`: the runs of
 * its family, now or before (`again`).
 */
export type Erased =
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'not-ended' }
  | { readonly outcome: 'erased'; readonly runIds: readonly string[]; readonly again: boolean }

const find = {
  name: 'erase-find-family',
  text: `
select r.id as "runId", coalesce(r.key_run_id, r.id) as head, r.status, r.state, r.erased_at is not null as erased
from run r join run x on x.id = $1 and (r.id = coalesce(x.key_run_id, x.id) or r.key_run_id = coalesce(x.key_run_id, x.id))
order by r.id for no key update of r`,
}

const erase = { name: 'erase-family', text: 'select erase_family($1, $2::jsonb, $3, $4) as erased' }

const ended = new Set(['completed', 'failed', 'cancelled'])

/**
 * Erases what a run and its family are about, in the transaction of `asTenant`: the data key is destroyed, and with it what
 * was sealed, also in backups; rows keep statuses, times, codes and hashes. What the key did not seal is removed.
 */
export const eraseRun = async (
  tx: Tx,
  { runId, by }: { readonly runId: string; readonly by: string },
): Promise<Erased> => {
  type Row = { runId: string; head: string; status: string; state: unknown; erased: boolean }
  const family = await rowsOf<Row>(tx, find, [runId])
  const [first] = family
  if (first === undefined) return { outcome: 'unknown' }
  const runIds = family.map((row) => row.runId)
  if (family.every(({ erased }) => erased)) return { outcome: 'erased', runIds, again: true }
  if (!family.every(({ status }) => ended.has(status))) return { outcome: 'not-ended' }
  const keys = await runKeys(tx, runIds)
  const views = Object.fromEntries(
    family.map((row) => {
      try {
        const state = row.erased ? row.state : openState(keys, row.runId, row.state)
        return [row.runId, row.erased ? state : remainingOf(state as ReturnType<typeof openState>)]
      } catch {
        // What does not open is gone already; the run is erased without its steps.
        return [row.runId, null]
      }
    }),
  )
  const [done] = await rowsOf<{ erased: number }>(tx, erase, [first.head, jsonText(views), clearEventMembers, by])
  if ((done?.erased ?? 0) === 0) return { outcome: 'not-ended' }
  forgetRunKeys(tx, runIds)
  return { outcome: 'erased', runIds, again: false }
}
