import {
  listenForHistory,
  makeQueueDesk,
  makeRunsQueue,
  type Priority,
  type QueueDesk,
  type RedisPlace,
} from '@flotilla/queues'
import { makeTicketStore } from './auth/ticket-store.js'
import { makeHints } from './streams/hints.js'
import type { QueueCounts, QueuePorts } from './ports.js'

/** Redis as the gateway holds it open. */
export interface OpenQueues {
  readonly ports: QueuePorts
  readonly desk: QueueDesk
  readonly close: () => Promise<void>
}

/** Minutes over which the rate of finished jobs is taken. */
const rateMinutes = 5

const countsOf = async (desk: QueueDesk, name: string): Promise<QueueCounts> => {
  const [counts, workers, finished] = await Promise.all([
    desk.queueCounts(name),
    desk.workers(name),
    desk.queue(name).getMetrics('completed', 0, rateMinutes - 1),
  ])
  const { waiting, active, delayed, failed, completed } = counts
  const perMinute = finished.data.map(Number)
  const sum = perMinute.reduce((total, count) => total + count, 0)
  const ratePerSecond = perMinute.length === 0 ? null : sum / (perMinute.length * 60)
  return { name, waiting, active, delayed, failed, completed, workers: workers.length, ratePerSecond }
}

/** Opens Redis' side of the gateway; succeeds while Redis is away. `onError` is told of every failed connection. */
export const openQueues = (place: RedisPlace, onError: (error: Error) => void): OpenQueues => {
  const hints = makeHints()
  let reachable = false
  let watching = false
  let closed = false
  // `ready` gives up after five seconds; it is asked again until Redis answers or the desk is closed.
  const watch = (): void => {
    if (watching || closed) return
    watching = true
    const settle = (answers: boolean): void => {
      reachable = answers
      watching = false
      if (!answers) watch()
    }
    desk.ready().then(
      () => settle(true),
      () => settle(false),
    )
  }
  const desk = makeQueueDesk(place, {
    onError: (error) => {
      reachable = false
      onError(error)
      watch()
    },
  })
  const runs = makeRunsQueue(place)
  const listener = listenForHistory(place, hints.tell)
  watch()
  const ports: QueuePorts = {
    nudge: ({ runId, priority, traceparent }) => runs.nudge(runId, (priority + 1) as Priority, traceparent), // 0 to 2
    onPublished: hints.subscribe,
    hintsArrive: () => reachable,
    counts: (names) => Promise.all(names.map((name) => countsOf(desk, name))),
    setPaused: (name, paused) => (paused ? desk.pauseQueue(name) : desk.resumeQueue(name)),
    tickets: makeTicketStore(
      () => desk.queue('tickets'),
      () => reachable,
    ),
    ping: () => desk.ready(),
  }
  return {
    ports,
    desk,
    close: async () => {
      closed = true
      await Promise.all([runs.close(), desk.close(), listener.close()])
    },
  }
}
