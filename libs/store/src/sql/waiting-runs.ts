import type { Db, Tx } from '../open-store.js'
import { rowsOf } from './statement.js'

/** What waits of a tenant, and what arrived since the reading before. */
export interface TenantWaiting {
  readonly tenant: string
  /** Runs that were accepted and not begun. */
  readonly waiting: number
  readonly arrived: number
}

export interface WaitingRuns {
  readonly tenants: readonly TenantWaiting[]
  /** Where the next reading counts arrivals from; null while there is no run at all. */
  readonly newest: string | null
}

const statement = {
  name: 'waiting-runs',
  text: `select tenant_id as tenant, waiting, arrived, newest from waiting_runs($1)`,
}

/** Above every id: a first reading counts no arrivals. */
const nothingAfter = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** How many runs of each tenant wait to be admitted, over all tenants; `since`: `newest` of the reading before. */
export const readWaitingRuns = async (db: Db, since: string | null): Promise<WaitingRuns> => {
  type Row = { tenant: string | null; waiting: number; arrived: number; newest: string }
  const rows = await rowsOf<Row>(db, statement, [since ?? nothingAfter])
  return {
    tenants: rows.flatMap(({ tenant, waiting, arrived }) => (tenant === null ? [] : [{ tenant, waiting, arrived }])),
    newest: rows[0]?.newest ?? null,
  }
}

const known = {
  name: 'knows-idempotency-key',
  text: 'select 1 as known from idempotency where tenant_id = $1 and key = $2 and expires_at > now()',
}

/** Whether a submission of the transaction's tenant was accepted with this key. */
export const knowsIdempotencyKey = async (tx: Tx, tenant: string, key: string): Promise<boolean> =>
  (await rowsOf(tx, known, [tenant, key])).length > 0
