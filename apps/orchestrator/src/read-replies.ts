import type { ReplyEntry, ReplyReader } from '@flotilla/queues'
import { receiveReplies, type ReceiveDependencies } from './receive-replies.js'
import type { RepliesInbox } from './replies-inbox.js'

/** What reading the stream needs. */
export interface ReadRepliesDependencies extends ReceiveDependencies {
  readonly reader: ReplyReader
  readonly inbox: RepliesInbox
  /** Wakes the tick. */
  readonly onReplies: () => void
  /** More held replies than this and reading waits: they are safer in Redis than here. */
  readonly heldMax: number
  /** So often, in ms, entries that a dead reader held are claimed and this one is heard of: well within its silence allowed. */
  readonly claimEveryMs: number
}

/** A batch of this size means that there is more to read. */
const fullBatch = 256

/**
 * One turn of the reading loop: claims what the dead held now and then, reads the next replies, hands them to the tick. What could
 * not be handed on, because Postgres was away, is kept and handed on first.
 */
export const makeReadReplies = (dependencies: ReadRepliesDependencies): (() => Promise<'more' | 'idle'>) => {
  const { reader, inbox, onReplies, heldMax, claimEveryMs } = dependencies
  let claimedAt = 0
  let kept: readonly ReplyEntry[] = []
  const hand = async (entries: readonly ReplyEntry[]): Promise<void> => {
    kept = [...kept, ...entries]
    if (kept.length === 0) return
    const { replies, unreadable } = await receiveReplies(dependencies, kept)
    kept = []
    inbox.add(replies)
    if (unreadable.length > 0) await reader.ack(unreadable)
    onReplies()
  }
  return async () => {
    const room = inbox.size() < heldMax
    try {
      let claimed: readonly ReplyEntry[] = []
      if (performance.now() - claimedAt > claimEveryMs) {
        claimed = await reader.claimDead(room ? {} : { most: 0 })
        if (room) claimed = [...claimed, ...(await reader.claimIdle())]
        claimedAt = performance.now()
      }
      await hand(claimed)
      if (!room) return 'idle'
      const entries = await reader.read()
      inbox.setUpToDate(entries.length < fullBatch)
      await hand(entries)
      return 'more'
    } catch (error) {
      // Whatever was answered meanwhile is not known: no deadline may fire until a read has succeeded again.
      inbox.setUpToDate(false)
      throw error
    }
  }
}
