/**
 * How many jobs each queue takes now, below its window in Redis.
 *
 * W1 What waits in Redis waits in order of arrival, whoever's it is; in Postgres the tenants take turns. So no more waits
 *    there than keeps the agents busy: half as many as they have at work, or what they take in a twentieth of a second, or a few.
 * W2 Redis is asked only about queues that were sent many of late: a fleet with little to do pays nothing for this.
 * W4 A queue that has run dry by the next pass takes twice as many then: passes may be far apart.
 * W3 A queue that could have been sent more is cut: whoever applies replies wakes the relay again.
 */
export interface QueueRooms {
  /** Room by queue, for those that are not free to take what their window allows. Rejects while Redis is away. */
  readonly ask: () => Promise<Readonly<Record<string, number>>>
  /** Notes how many were sent by queue, of how much room. */
  readonly sent: (counts: ReadonlyMap<string, number>) => void
  /** Whether a queue took all that it had room for. */
  readonly isCut: () => boolean
}

interface RoomDependencies {
  /** Jobs in Redis by queue. */
  readonly depths: (
    names: readonly string[],
  ) => Promise<ReadonlyMap<string, { readonly waiting: number; readonly active: number }>>
  readonly nowMs: () => number
}

/** Taken by a queue nothing is known of. */
export const roomUnasked = 64
const waitingLeast = 4
const waitingOfActive = 0.5
const aheadS = 0.05
/** From so many on in one pass Redis is asked. */
const busyFrom = 16
const weight = 0.2

interface Known {
  perSecond: number
  room: number
  cut: boolean
}

/** Keeps the rooms of one relay. */
export const makeQueueRooms = ({ depths, nowMs }: RoomDependencies): QueueRooms => {
  const busy = new Map<string, Known>()
  let sentAt = nowMs()
  return {
    ask: async () => {
      if (busy.size === 0) return {}
      const found = await depths([...busy.keys()])
      const rooms: Record<string, number> = {}
      for (const [name, known] of busy) {
        const { waiting, active } = found.get(name) ?? { waiting: 0, active: 0 }
        // W4
        const starved = known.cut && waiting <= known.room / 8 ? known.room * 2 : 0
        const target = Math.max(waitingLeast, active * waitingOfActive, known.perSecond * aheadS, starved)
        known.room = Math.max(0, Math.floor(target - waiting))
        rooms[name] = known.room
      }
      return rooms
    },
    sent: (counts) => {
      const seconds = Math.max(0.001, (nowMs() - sentAt) / 1000)
      sentAt = nowMs()
      for (const [name, known] of busy) {
        const count = counts.get(name) ?? 0
        known.perSecond += (count / seconds - known.perSecond) * weight
        known.cut = count >= known.room
        if (!known.cut && count < busyFrom && known.perSecond < busyFrom) busy.delete(name)
      }
      for (const [name, count] of counts) {
        if (busy.has(name) || count < busyFrom) continue
        busy.set(name, { perSecond: 0, room: roomUnasked, cut: count >= roomUnasked })
      }
    },
    isCut: () => [...busy.values()].some(({ cut }) => cut),
  }
}
