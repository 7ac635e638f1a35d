import type { RunStream } from '@flotilla/store'
import { streamedEventText } from './streamed-event-view.js'
import type { SseWriter } from './sse-writer.js'
import type { Wake } from './wake.js'

/** History entries that are read, and buffered for a client, at a time. */
export const entriesMax = 200

const terminal = new Set(['run.completed', 'run.failed', 'run.cancelled'])

/** Whether a stream ends with an event of this type. */
export const isTerminal = (type: string): boolean => terminal.has(type)

/** Reads a part of a run's stream; null: there is no such run any more. */
export type ReadRunStream = (after: {
  readonly afterSeq: number
  readonly afterPosition: number
  readonly limit: number
}) => Promise<RunStream | null>

/**
 * Sends a run's events after `after` until the stream stands at a terminal event or the client goes. A terminal event
 * that others follow (the run was reopened) does not end it. Rejects when the store cannot be read.
 */
export const followRun = async (
  read: ReadRunStream,
  writer: SseWriter,
  { runId, after, wake }: { readonly runId: string; readonly after: number; readonly wake: Wake },
): Promise<void> => {
  let afterSeq = after
  let afterPosition = 0
  let lastType = ''
  while (!writer.closed.aborted) {
    const seen = wake.seen()
    const part = await read({ afterSeq, afterPosition, limit: entriesMax })
    if (part === null) break
    const run = { runId, traceId: part.traceId }
    await writer.write(part.items.map((item) => ({ id: String(item.event.seq), data: streamedEventText(item, run) })))
    const newest = part.items.at(-1)?.event
    if (newest) {
      afterSeq = newest.seq
      lastType = newest.type
    }
    afterPosition = part.position
    if (afterSeq < part.published) continue
    if (isTerminal(lastType)) break
    await wake.next(seen, writer.closed)
  }
  writer.end()
}
