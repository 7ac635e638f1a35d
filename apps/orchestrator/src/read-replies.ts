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
  /** Entries that a dead reader held are claimed this often, in ms. */
  readonly claimEveryMs: number
}

/** A batch of this size means that there is more to read. */
const fullBatch = 256

/** One turn of the reading loop: claims what the dead held now and then, reads the next replies, hands them to the tick. */
export const makeReadReplies = (dependencies: ReadRepliesDependencies): (() => Promise<'more' | 'idle'>) => {
  const { reader, inbox, onReplies, heldMax, claimEveryMs } = dependencies
  let claimedAt = 0
  const hand = async (entries: readonly ReplyEntry[]): Promise<void> => {
    if (entries.length === 0) return
    const { replies, unreadable } = await receiveReplies(dependencies, entries)
    inbox.add(replies)
    if (unreadable.length > 0) await reader.ack(unreadable)
    onReplies()
  }
  return async () => {
    if (inbox.size() >= heldMax) return 'idle'
    try {
      if (performance.now() - claimedAt > claimEveryMs) {
        await hand(await reader.claimIdle())
        claimedAt = performance.now()
      }
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
