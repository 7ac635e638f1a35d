/**
 * Erasure by age.
 *
 * G1  A family is erased as a person would have it erased: the same statements, the same entry in the audit.
 * G2  What cannot be erased now is passed over, and found again with the next sweep.
 */
import { asTenant } from '../transaction.js'
import type { Store } from '../open-store.js'
import { appendAudit } from './audit.js'
import { eraseRun } from './erase-run.js'
import { rowsOf } from './statement.js'

/** Who the audit says erased what had grown old. */
export const retentionActor = 'retention'

const due = {
  name: 'retention-due',
  text: 'select head, tenant_id as "tenantId", days from retention_due($1, $2)',
}

/**
 * Erases at most `families` families of runs that are older than the rules of their tenants and workflows keep them, each in
 * a transaction of its own; `defaultDays` where no rule says anything, null: kept. Resolves with how many were due, and erased.
 * `onFailed`: told of one that could not be erased (G2).
 */
export const eraseAged = async (
  { pool }: Store,
  { defaultDays, families }: { readonly defaultDays: number | null; readonly families: number },
  onFailed: (head: string, error: unknown) => void = () => undefined,
): Promise<{ readonly due: number; readonly erased: number }> => {
  const found = await rowsOf<{ head: string; tenantId: string; days: number }>(pool, due, [defaultDays, families])
  let erased = 0
  for (const { head, tenantId, days } of found) {
    try {
      erased += await asTenant(pool, tenantId, async (tx) => {
        const done = await eraseRun(tx, { runId: head, by: retentionActor })
        if (done.outcome !== 'erased' || done.again) return 0
        const detail = { runs: done.runIds.length, days }
        await appendAudit(tx, { tenant: tenantId, actor: retentionActor, action: 'run.erased', subject: head, detail }) // G1
        return 1
      })
    } catch (error) {
      onFailed(head, error) // G2
    }
  }
  return { due: found.length, erased }
}

const payloads = { name: 'purge-payloads', text: 'select purge_payloads($1, $2) as purged' }

/** Deletes at most `limit` answers too large to travel of runs that ended more than `hours` ago; resolves with how many. */
export const purgePayloads = async ({ pool }: Store, hours: number, limit: number): Promise<number> =>
  (await rowsOf<{ purged: number }>(pool, payloads, [hours, limit]))[0]?.purged ?? 0
