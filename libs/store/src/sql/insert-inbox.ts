import type { RunEvent } from '@flotilla/engine'
import type { Db } from '../open-store.js'
import { jsonText } from '../json-text.js'
import { runKeys } from '../sealing/run-keys.js'
import { sealEvent } from '../sealing/sealed-event.js'
import { rowsOf } from './statement.js'

/** An event before Postgres' clock has dated it. */
export type UndatedEvent = RunEvent extends infer Event ? (Event extends RunEvent ? Omit<Event, 'at'> : never) : never

export interface InboxEntry {
  readonly runId: string
  readonly event: UndatedEvent
  /** The same key of the same run is taken once while it waits; null: always taken. */
  readonly dedupKey: string | null
  readonly traceparent: string | null
}

const insert = {
  name: 'insert-inbox',
  text: `
with entry as (
  select * from jsonb_to_recordset($1::jsonb)
    as e(number integer, "runId" uuid, event jsonb, "dedupKey" text, traceparent text)
), inserted as (
  insert into inbox (run_id, event, dedup_key, traceparent, held)
  select e."runId", e.event - 'at', e."dedupKey", e.traceparent, r.status = 'parked' or (r.slot_waits and e.event ->> 'type' <> 'CancelRequested')
  from entry e join run r on r.id = e."runId" order by e.number
  on conflict do nothing
)
select "runId" from entry e where not exists (select from run r where r.id = e."runId")`,
}

/**
 * Puts events into the inbox in the given order; repeated ones are dropped, those of parked runs and of runs
 * that wait for a slot held, but for cancellations of the latter. No decision here.
 * What comes for an erased run is dropped as well.
 * Resolves with the ids of runs that do not exist (of a database before this one, say): their events are dropped.
 */
export const insertInbox = async (db: Db, entries: readonly InboxEntry[]): Promise<readonly string[]> => {
  if (entries.length === 0) return []
  const keys = await runKeys(
    db,
    entries.map(({ runId }) => runId),
    { make: true },
  )
  const numbered = entries.flatMap((entry, number) => {
    const { runId, dedupKey, traceparent } = entry
    const problem = keys.problem(runId)
    if (problem === 'RUN_ERASED') return []
    // The row of a run that does not exist is never written.
    const event = problem === 'RUN_UNKNOWN' ? null : sealEvent(keys, { table: 'inbox', runId }, entry.event)
    return [{ number, runId, dedupKey, traceparent, event }]
  })
  if (numbered.length === 0) return []
  return (await rowsOf<{ runId: string }>(db, insert, [jsonText(numbered)])).map((row) => row.runId)
}
