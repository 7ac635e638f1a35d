import type pg from 'pg'
import { inTransaction } from '../transaction.js'
import { rowsOf } from './statement.js'

const lock = {
  name: 'lock-couriers',
  text: `select shards from courier order by id for update`,
}

const make = {
  name: 'make-couriers',
  text: `
with made as (
  insert into courier (id, shards) select n, $1 from generate_series(1, $1) n on conflict do nothing
)
update courier set shards = $1`,
}

const owe = {
  name: 'owe-all-sent',
  text: `
with sent as materialized (
  select run_id, step, dispatch from outbox where sent_at is not null order by run_id, dispatch, step for update
), unsent as (
  update outbox o set sent_at = null, beat = null from sent s
  where o.run_id = s.run_id and o.step = s.step and o.dispatch = s.dispatch returning 1
)
select count(*)::integer as owed from unsent`,
}

/**
 * Makes a courier for each of so many shards of the queues. Where their number was another, queues lie elsewhere in Redis now:
 * all that was sent is owed again (R6 of relay.ts). Every orchestrator of a fleet must say the same. Resolves with how many
 * debts are owed again.
 */
export const keepCouriers = (pool: pg.Pool, shards: number): Promise<number> =>
  inTransaction(pool, async (tx) => {
    const before = await rowsOf<{ shards: number }>(tx, lock)
    if (before[0]?.shards === shards) return 0
    await rowsOf(tx, make, [shards])
    return (await rowsOf<{ owed: number }>(tx, owe))[0]?.owed ?? 0
  })
