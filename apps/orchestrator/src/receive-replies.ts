import { TerminalError, type StepReply } from '@flotilla/contracts'
import type { ReplyEntry, Sealer } from '@flotilla/queues'
import type { ReceivedReply } from './replies-inbox.js'
import { replyToEvent, type ReplyBody } from './reply-to-event.js'

/** What opening replies needs. */
export interface ReceiveDependencies {
  readonly sealer: Sealer
  /** Sealed texts that were too large to travel, by reference. */
  readonly readPayloads: (refs: readonly string[]) => Promise<ReadonlyMap<string, string>>
  /** Told of an entry that can never be opened; it is acknowledged and its step goes by its deadline. */
  readonly onUnreadable: (entryId: string, reply: StepReply, code: string) => void
}

/** Opened replies, and entries to acknowledge because nobody will ever open them. */
export interface Received {
  readonly replies: readonly ReceivedReply[]
  readonly unreadable: readonly string[]
}

/** Opens what was read from the stream. Rejects when Postgres is away and a payload is needed: read again then. */
export const receiveReplies = async (
  { sealer, readPayloads, onUnreadable }: ReceiveDependencies,
  entries: readonly ReplyEntry[],
): Promise<Received> => {
  const refs = entries.flatMap(({ reply }) => (reply.ref === null || reply.ref === undefined ? [] : [reply.ref]))
  const payloads = await readPayloads(refs)
  const replies: ReceivedReply[] = []
  const unreadable: string[] = []
  for (const { id, reply } of entries) {
    try {
      const sealed = reply.sealed ?? (reply.ref ? (payloads.get(reply.ref) ?? null) : null)
      if (sealed === null && reply.kind !== 'started') throw new TerminalError('PAYLOAD_MISSING')
      const body =
        sealed === null
          ? null
          : (sealer.open(sealed, {
              runId: reply.runId,
              step: reply.step,
              dispatch: reply.dispatch,
              contract: reply.contract ?? null,
              direction: `reply.${reply.kind}`,
            }) as ReplyBody) // what the seal protects was written by the SDK
      replyToEvent(reply, body, 0) // a body that is not of its kind shows here, outside of any transaction
      replies.push({ entryId: id, runId: reply.runId, toEvent: (at) => replyToEvent(reply, body, at) })
    } catch (error) {
      unreadable.push(id)
      onUnreadable(id, reply, error instanceof TerminalError ? error.code : 'REPLY_MALFORMED')
    }
  }
  return { replies, unreadable }
}
