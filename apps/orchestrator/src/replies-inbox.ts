import type { RunEvent } from '@flotilla/engine'

/** A reply that was read from the stream and opened: its event lacks only the time, which the tick's transaction gives. */
export interface ReceivedReply {
  readonly entryId: string
  readonly runId: string
  readonly toEvent: (at: number) => RunEvent
}

/** Replies between the reader and the tick. */
export interface RepliesInbox {
  readonly add: (replies: readonly ReceivedReply[]) => void
  /** Up to `max` replies, oldest first; they stay until `done` or `putBack`. */
  readonly take: (max: number) => readonly ReceivedReply[]
  readonly putBack: (replies: readonly ReceivedReply[]) => void
  readonly size: () => number
  /** Resolves when the last that it held has been taken, or after `mostMs`. */
  readonly emptied: (mostMs: number) => Promise<void>
  /** Whether the reader has nothing more to read: until then no deadline may fire. */
  readonly upToDate: () => boolean
  readonly setUpToDate: (upToDate: boolean) => void
}

/** A queue in memory: what it holds is unacknowledged in Redis, so losing it loses nothing. */
export const makeRepliesInbox = (): RepliesInbox => {
  let held: ReceivedReply[] = []
  let readerIdle = false
  let tell: (() => void) | null = null
  return {
    add: (replies) => void held.push(...replies),
    take: (max) => {
      const taken = held.slice(0, max)
      held = held.slice(max)
      if (held.length === 0) tell?.()
      return taken
    },
    putBack: (replies) => void (held = [...replies, ...held]),
    size: () => held.length,
    emptied: (mostMs) =>
      new Promise((resolve) => {
        if (held.length === 0) return resolve()
        const timer = setTimeout(resolve, mostMs)
        tell = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
    upToDate: () => readerIdle && held.length === 0,
    setUpToDate: (upToDate) => void (readerIdle = upToDate),
  }
}
