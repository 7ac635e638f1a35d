import type { Db } from '../open-store.js'
import { rowsOf } from './statement.js'

const ensure = {
  name: 'ensure-queues',
  text: `
insert into queue (name) select name from unnest($1::text[]) as a(name)
where not exists (select from queue q where q.name = a.name) order by name on conflict do nothing`,
}

/** Makes queues known before anything is owed to them, so that they can be shown and paused. */
export const ensureQueues = async (db: Db, names: readonly string[]): Promise<void> => {
  await rowsOf(db, ensure, [names])
}

const pause = { name: 'pause-queue', text: 'update queue set paused = $2 where name = $1 returning name' }

/** Stops or lets go on what is relayed to a queue; false: there is no such queue. Waits for a relay that holds the row. */
export const setQueuePaused = async (db: Db, name: string, paused: boolean): Promise<boolean> =>
  (await rowsOf(db, pause, [name, paused])).length > 0

export interface QueueDepth {
  readonly name: string
  readonly windowMax: number | null
  readonly paused: boolean
  /** Waiting in Postgres, and handed to Redis without a reply yet; over all tenants. */
  readonly owed: number
  readonly sent: number
  readonly oldestOwedAt: Date | null
}

const depths = {
  name: 'queue-depths',
  text: `
select name, window_max as "windowMax", paused, owed, sent, oldest_owed_at as "oldestOwedAt" from queue_depths()`,
}

/** Every queue with its depth, by name. */
export const listQueueDepths = (db: Db): Promise<QueueDepth[]> => rowsOf(db, depths)
