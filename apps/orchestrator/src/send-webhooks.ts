/**
 * Sends what endpoints outside are owed.
 *
 * H1  A delivery is claimed for longer than an attempt can take, sent outside of any transaction, then marked. What was
 *     sent and not marked is sent again under the same id: at least once.
 * H2  Of one endpoint and of one tenant only so many are under way: who answers slowly waits behind itself.
 * H3  410 and nothing else disables an endpoint: it has asked for it.
 * H4  What the process stops in the middle of is given back and does not count as an attempt.
 */
import { openWebhookSecret, type Sealer } from '@flotilla/queues'
import { claimDeliveries, disableWebhook, markAttempt, type ClaimedDelivery, type Store } from '@flotilla/store'
import { metrics, type Logger } from '@flotilla/telemetry'
import {
  postWebhook,
  retryAfterMs,
  signWebhook,
  webhookBody,
  type Attempted,
  type PostDependencies,
} from '@flotilla/webhooks'

/** Bounds of what is under way in one process. */
export interface SendLimits {
  readonly sendsMax: number
  readonly perTenantMax: number
  readonly perEndpointMax: number
}

/** What sending needs. */
export interface SendDependencies {
  readonly store: Store
  readonly sealer: Sealer
  readonly post: Omit<PostDependencies, 'signal'>
  readonly limits: SendLimits
  readonly log: Logger
  /** There is room for more. */
  readonly onRoom: () => void
}

/** Beyond the longest attempt, for marking it. */
const claimMarginMs = 5_000

const userAgent = 'Flotilla-Webhooks/1'

/** A sender with its deliveries under way. */
export interface WebhookSender {
  /** Claims and begins to send what is due, as far as there is room; resolves before it is sent. */
  readonly send: () => Promise<'more' | 'idle'>
  /** Ends what is under way and gives it back (H4); resolves when all of it is marked. */
  readonly stop: () => Promise<void>
}

/** Makes a sender. */
export const makeWebhookSender = ({ store, sealer, post, limits, log, onRoom }: SendDependencies): WebhookSender => {
  const underWay = new Map<string, ClaimedDelivery>()
  const ended = new Set<Promise<void>>()
  const stopping = new AbortController()

  const attempt = async (delivery: ClaimedDelivery): Promise<Attempted> => {
    const body = webhookBody(delivery)
    const timestamp = Math.floor(Date.now() / 1_000)
    let secrets: readonly string[]
    try {
      secrets = delivery.secrets.map((sealed) => openWebhookSecret(sealer, delivery.endpointId, sealed))
    } catch {
      return { status: null, error: 'SECRET_UNREADABLE', retryAfterMs: null }
    }
    const headers = {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'user-agent': userAgent,
      'webhook-id': delivery.eventId,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signWebhook({ id: delivery.eventId, timestamp, body }, secrets),
    }
    return postWebhook({ ...post, signal: stopping.signal }, { url: delivery.url, headers, body })
  }

  const deliver = async (delivery: ClaimedDelivery): Promise<void> => {
    const startedAt = performance.now()
    const { status, error, retryAfterMs: askedMs } = await attempt(delivery)
    const tookMs = performance.now() - startedAt
    const givenBack = error === 'STOPPED'
    const nextInMs = givenBack ? 0 : retryAfterMs(delivery.attempt, askedMs)
    const { id, attempt: number, endpointId } = delivery
    await markAttempt(store.pool, { id, attempt: number, status, error, tookMs, nextInMs, givenBack })
    if (error === 'GONE') await disableWebhook(store.pool, endpointId, 'GONE') // H3
    metrics.webhookAttempts.inc({ type: delivery.type, outcome: error ?? 'delivered' })
    metrics.webhookSeconds.observe(tookMs / 1_000)
    const told = { endpoint: endpointId, delivery: id, attempt: number, status, code: error }
    if (error === 'GONE' || (nextInMs === null && error !== null)) log.warn(told, 'webhook given up')
    else log.debug(told, 'webhook attempted')
  }

  const begin = (delivery: ClaimedDelivery): void => {
    underWay.set(delivery.id, delivery)
    // What cannot be marked is due again when its claim ends (H1).
    const end = deliver(delivery)
      .catch((error: unknown) => log.warn({ code: (error as { code?: string }).code ?? null }, 'webhook not marked'))
      .finally(() => {
        underWay.delete(delivery.id)
        ended.delete(end)
        onRoom()
      })
    ended.add(end)
  }

  return {
    send: async () => {
      const limit = limits.sendsMax - underWay.size
      if (limit <= 0 || stopping.signal.aborted) return 'idle'
      const claimed = await claimDeliveries(store.pool, {
        limit,
        perEndpointMax: limits.perEndpointMax,
        perTenantMax: limits.perTenantMax,
        underWay: [...underWay.values()],
        claimMs: post.timeoutMs + claimMarginMs,
      })
      for (const delivery of claimed) begin(delivery)
      return claimed.length > 0 ? 'more' : 'idle'
    },
    stop: async () => {
      stopping.abort()
      await Promise.all(ended)
    },
  }
}
