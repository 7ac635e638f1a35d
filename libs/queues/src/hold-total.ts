import { Queue } from 'bullmq'
import { bullPrefix, connect, disconnect, producerOptions, untilReady, type RedisPlace } from './connection.js'

/** A limit on the jobs of a queue that are carried out at once, over all its processes. */
export interface TotalHeld {
  /** Stops renewing the limit and lets go of the connection. The limit itself stays, for other processes rely on it. */
  readonly close: () => Promise<void>
}

/** How long a Redis that was emptied may go without the limit. Each process keeps to its own concurrency meanwhile. */
const renewMs = 5_000

/** Keeps at most `total` jobs of a queue going on at once, over all processes: 1 makes it a singleton. */
export const holdTotal = async (
  place: RedisPlace,
  { queue: name, total }: { readonly queue: string; readonly total: number },
  onError: (error: Error) => void = () => undefined,
): Promise<TotalHeld> => {
  const redis = connect(producerOptions(place), onError)
  await untilReady(redis).catch(onError)
  const queue = new Queue(name, { connection: redis, ...bullPrefix(place, name) })
  queue.on('error', onError)
  const renew = (): Promise<unknown> => queue.setGlobalConcurrency(total).catch(onError)
  await queue.waitUntilReady().catch(onError)
  await renew()
  const timer = setInterval(() => void renew(), renewMs)
  timer.unref()
  return {
    close: async () => {
      clearInterval(timer)
      await queue.close().catch(onError)
      await disconnect(redis)
    },
  }
}
