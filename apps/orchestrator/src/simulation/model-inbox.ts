import type { JsonObject } from '@flotilla/engine'
import type { Statement } from './transactions.js'

/** Puts an event into the inbox when the transaction commits; a known key is dropped. */
export const insertOne = (
  { tables, tx, now, write }: Statement,
  entry: { runId: string; event: JsonObject; dedupKey: string | null; held: boolean },
): void => {
  const { at: _at, ...event } = entry.event
  const row = { runId: entry.runId, held: entry.held }
  tx.ownInbox.push(row)
  write(() => {
    const key = `${entry.runId} ${entry.dedupKey}`
    if (entry.dedupKey !== null) {
      if (tables.inboxKeys.has(key)) return
      tables.inboxKeys.add(key)
    }
    tables.inboxIds += 1
    const { dedupKey } = entry
    const bytes = JSON.stringify(event).length
    tables.inbox.set(tables.inboxIds, { id: tables.inboxIds, ...row, event, bytes, dedupKey, at: now })
  })
}
