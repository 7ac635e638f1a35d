import { repliesStream, type StepReply } from '@flotilla/contracts'
import { withSendSpan } from '@flotilla/telemetry'
import { connect, disconnect, ownKey, producerOptions, untilReady, type RedisPlace } from './connection.js'

/** An agent process' side of the `replies` stream. */
export interface ReplyWriter {
  /** Resolves when Redis has taken the reply; rejects within about 2 s when it cannot. */
  readonly write: (reply: StepReply) => Promise<void>
  readonly ready: () => Promise<void>
  /** Waits for what is under way, then closes. */
  readonly close: () => Promise<void>
}

interface Waiting {
  readonly text: string
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

const batchMax = 256

const turnEnds = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * Opens the stream for writing. Replies of one turn of the event loop travel together, the start and the answer of a quick
 * agent among them, and so do those that come while a batch is under way: no delay when idle.
 */
export const makeReplyWriter = (
  place: RedisPlace,
  { onError }: { readonly onError?: (error: Error) => void } = {},
): ReplyWriter => {
  const redis = connect(producerOptions(place), onError)
  const stream = ownKey(place, repliesStream)
  let waiting: Waiting[] = []
  let sending: Promise<void> | null = null

  const sendBatch = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      // All at once: a reader that waits would be woken with the first and come back for the others.
      const together = redis.multi()
      for (const { text } of batch) together.xadd(stream, '*', 'd', text)
      const results = (await together.exec()) ?? []
      batch.forEach((one, index) => {
        const [error] = results[index] ?? [new Error('no answer')]
        if (error) one.reject(error)
        else one.resolve()
      })
    } catch (error) {
      for (const one of batch) one.reject(error)
    }
  }
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchMax)
      waiting = waiting.slice(batchMax)
      await sendBatch(batch)
    }
    sending = null
  }
  const enqueue = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ text, resolve, reject })
      sending ??= turnEnds().then(drain)
    })

  return {
    write: (reply) =>
      withSendSpan({ destination: repliesStream, runId: reply.runId }, () => enqueue(JSON.stringify(reply))),
    ready: () => untilReady(redis),
    close: async () => {
      await sending
      await disconnect(redis)
    },
  }
}
