import type { JobKey } from '@flotilla/contracts'
import {
  connect,
  disconnect,
  ownKey,
  producerOptions,
  untilReady,
  workerOptions,
  type RedisPlace,
} from './connection.js'

/**
 * Hints between processes by Redis' pub/sub: fast, and lost without harm. Nothing may depend on one: a cancelled agent
 * that does not hear of it is fenced out, a stream that gets no hint polls.
 */
export interface SignalSender {
  /** Tells the agent that carries out this dispatch to stop. */
  readonly cancel: (job: JobKey) => Promise<void>
  /** Tells open streams that these runs have new events. */
  readonly history: (runIds: readonly string[]) => Promise<void>
  readonly ready: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Opens the sending side. Calls reject within about 2 s when Redis is away. */
export const makeSignalSender = (
  place: RedisPlace,
  { onError }: { readonly onError?: (error: Error) => void } = {},
): SignalSender => {
  const redis = connect(producerOptions(place), onError)
  const publish = async (channel: string, message: unknown): Promise<void> => {
    await redis.publish(ownKey(place, channel), JSON.stringify(message))
  }
  return {
    cancel: ({ runId, step, dispatch }) => publish('cancel', { runId, step, dispatch }),
    history: async (runIds) => {
      if (runIds.length > 0) await publish('history', runIds)
    },
    ready: () => untilReady(redis),
    close: () => disconnect(redis),
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const listen = (
  place: RedisPlace,
  channel: string,
  onMessage: (message: unknown) => void,
  onError?: (error: Error) => void,
): { readonly ready: Promise<void>; readonly close: () => Promise<void> } => {
  const redis = connect(workerOptions(place), onError)
  redis.on('message', (_channel: string, text: string) => onMessage(parsed(text)))
  // ioredis subscribes again by itself after a reconnect.
  const ready = redis.subscribe(ownKey(place, channel)).then(
    () => undefined,
    () => undefined,
  )
  return {
    ready,
    close: async () => {
      redis.disconnect()
      await Promise.resolve()
    },
  }
}

/** A running subscription. `ready` resolves when Redis has confirmed it. */
export type SignalListener = ReturnType<typeof listen>

/** Calls `onCancel` for every dispatch that is cancelled anywhere. */
export const listenForCancel = (
  place: RedisPlace,
  onCancel: (job: JobKey) => void,
  onError?: (error: Error) => void,
): SignalListener =>
  listen(
    place,
    'cancel',
    (message) => {
      const { runId, step, dispatch } = (message ?? {}) as Partial<Record<keyof JobKey, unknown>> // checked next
      if (typeof runId === 'string' && typeof step === 'string' && typeof dispatch === 'number')
        onCancel({ runId, step, dispatch })
    },
    onError,
  )

/** Calls `onRuns` with the ids of runs that have new events. */
export const listenForHistory = (
  place: RedisPlace,
  onRuns: (runIds: readonly string[]) => void,
  onError?: (error: Error) => void,
): SignalListener =>
  listen(
    place,
    'history',
    (message) => {
      if (Array.isArray(message)) onRuns(message.filter((id) => typeof id === 'string'))
    },
    onError,
  )
