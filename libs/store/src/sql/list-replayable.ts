import type { Db } from '../open-store.js'
import { rowsOf } from './statement.js'

const list = {
  name: 'list-replayable',
  text: `
select id as "runId", workflow, status from run
where position > 0 and erased_at is null and ($1::uuid is null or id > $1) order by id limit $2`,
}

/** Runs of all tenants that have a history which can still be read, oldest first; go on with `after`. */
export const listReplayable = (
  db: Db,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<{ readonly runId: string; readonly workflow: string; readonly status: string }[]> =>
  rowsOf(db, list, [after, limit])
