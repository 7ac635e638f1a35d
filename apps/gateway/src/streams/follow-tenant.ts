import type { AllStreamItem, StreamCursor, TenantStreamPage } from '@flotilla/store'
import { entriesMax } from './follow-run.js'
import type { SseWriter } from './sse-writer.js'
import { streamedEventText } from './streamed-event-view.js'
import type { Wake } from './wake.js'

/** Which events of the tenant a client wants; null: all. */
export interface TenantStreamFilter {
  readonly workflow: string | null
  readonly type: string | null
}

/** Reads a part of the stream over all runs. */
export type ReadTenantStream = (page: {
  readonly after: StreamCursor
  readonly limit: number
}) => Promise<TenantStreamPage>

/** Between two readings while newer events are held back by a transaction that is open, ms. */
const heldMs = 5

const wanted =
  ({ workflow, type }: TenantStreamFilter) =>
  (item: AllStreamItem): boolean =>
    (workflow === null || item.workflow === workflow) && (type === null || item.event.type === type)

/** Cursors are opaque to clients, so that the store may change what stands in them. */
export const writeEventId = (cursor: StreamCursor): string => Buffer.from(cursor).toString('base64url')

/** The cursor in an event's id; null for what this API cannot have given out. */
export const readEventId = (id: string): StreamCursor | null =>
  /^[A-Za-z0-9_-]{1,128}$/.test(id) ? Buffer.from(id, 'base64url').toString('latin1') : null

/** Sends the tenant's events from a cursor on until the client goes. Rejects when the store cannot be read. */
export const followTenant = async (
  read: ReadTenantStream,
  writer: SseWriter,
  { after, filter, wake }: { readonly after: StreamCursor; readonly filter: TenantStreamFilter; readonly wake: Wake },
): Promise<void> => {
  let cursor = after
  while (!writer.closed.aborted) {
    const seen = wake.seen()
    const part = await read({ after: cursor, limit: entriesMax })
    cursor = part.cursor
    await writer.write(
      part.items
        .filter(wanted(filter))
        .map((item) => ({ id: writeEventId(item.cursor), data: streamedEventText(item, item) })),
    )
    if (!part.more) await wake.next(seen, writer.closed, part.held ? heldMs : undefined)
  }
  writer.end()
}
