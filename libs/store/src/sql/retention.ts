import type { Db } from '../open-store.js'
import { rowsOf } from './statement.js'

const purge = {
  name: 'purge-idempotency',
  text: `
with expired as (
  select tenant_id, key from idempotency where expires_at <= now() order by expires_at limit $1
), purged as (
  delete from idempotency i using expired e
  where i.tenant_id = e.tenant_id and i.key = e.key and i.expires_at <= now() returning 1
)
select count(*)::integer as purged from purged`,
}

/** Forgets at most `limit` idempotency keys that have expired; resolves with how many. */
export const purgeIdempotency = async (db: Db, limit: number): Promise<number> =>
  (await rowsOf<{ purged: number }>(db, purge, [limit]))[0]?.purged ?? 0

const partitions = { name: 'ensure-partitions', text: 'select ensure_history_partitions($1) as made' }

/** Makes the history's partitions for this month and the months ahead; resolves with how many. Daily is enough. */
export const ensureHistoryPartitions = async (db: Db, monthsAhead = 3): Promise<number> =>
  (await rowsOf<{ made: number }>(db, partitions, [monthsAhead]))[0]?.made ?? 0

const firings = {
  name: 'purge-firings',
  text: `
with old as (
  select tenant_id, workflow, name, occasion from trigger_firing
  where fired_at < now() - make_interval(days => $1) order by fired_at limit $2
), purged as (
  delete from trigger_firing f using old o
  where f.tenant_id = o.tenant_id and f.workflow = o.workflow and f.name = o.name and f.occasion = o.occasion returning 1
)
select count(*)::integer as purged from purged`,
}

/** Forgets at most `limit` firings of triggers that are older than `days`; resolves with how many. */
export const purgeFirings = async (db: Db, days: number, limit: number): Promise<number> =>
  (await rowsOf<{ purged: number }>(db, firings, [days, limit]))[0]?.purged ?? 0

// A completed or cancelled run goes nowhere any more. A failed one may be resumed: it keeps its newest checkpoint.
const checkpoints = {
  name: 'purge-checkpoints',
  text: `
with ended as (
  select r.id, r.status from run r
  where r.status in ('completed', 'cancelled', 'failed') and r.finished_at < now() - make_interval(days => $1)
    and exists (select from checkpoint c where c.run_id = r.id)
    and (r.status <> 'failed' or exists (select from checkpoint c where c.run_id = r.id offset 1))
  order by r.finished_at limit $2
), purged as (
  delete from checkpoint c using ended e
  where c.run_id = e.id
    and (e.status <> 'failed' or c.number < (select max(n.number) from checkpoint n where n.run_id = e.id))
  returning 1
)
select count(*)::integer as purged from purged`,
}

/**
 * Deletes the checkpoints of at most `runs` runs that ended more than `days` ago; resolves with how many. The history
 * stays: it tells what happened, only going back to a checkpoint is no longer possible.
 */
export const purgeCheckpoints = async (
  db: Db,
  { days, runs }: { readonly days: number; readonly runs: number },
): Promise<number> => (await rowsOf<{ purged: number }>(db, checkpoints, [days, runs]))[0]?.purged ?? 0
