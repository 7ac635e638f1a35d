import type { QueuePage, QueuePaused, QueueView } from '@flotilla/contracts'
import type { QueueDepth } from '@flotilla/store'
import type { Principal } from '../auth/principal.js'
import type { Gateway } from '../gateway.js'
import { GatewayError } from '../http/gateway-error.js'
import type { QueueCounts } from '../ports.js'

const viewOf = (depth: QueueDepth, counts: QueueCounts | undefined): QueueView => ({
  name: depth.name,
  paused: depth.paused,
  workers: counts?.workers ?? null,
  depth: {
    owed: depth.owed,
    sent: depth.sent,
    waiting: counts?.waiting ?? null,
    active: counts?.active ?? null,
    delayed: counts?.delayed ?? null,
    failed: counts?.failed ?? null,
    completed: counts?.completed ?? null,
  },
  ratePerSecond: counts?.ratePerSecond ?? null,
})

/** Every agent queue by name; what only Redis knows is null while it is away. */
export const listQueueViews = async (gateway: Gateway): Promise<QueuePage> => {
  const depths = await gateway.store.listQueues()
  const counts = await gateway.queues.counts(depths.map(({ name }) => name)).catch(() => [])
  const byName = new Map(counts.map((one) => [one.name, one]))
  return { items: depths.map((depth) => viewOf(depth, byName.get(depth.name))), nextCursor: null }
}

/**
 * Stops or lets go on what is sent to a queue, in Postgres first: that is what the relay obeys, and what survives Redis.
 * BullMQ's own pause keeps jobs that were sent already; while Redis is away it has none to keep.
 */
export const pauseQueue = async (
  gateway: Gateway,
  principal: Principal,
  { name, paused }: QueuePaused,
): Promise<QueuePaused> => {
  if (!(await gateway.store.setQueuePaused(principal, name, paused))) throw new GatewayError('QUEUE_UNKNOWN')
  await gateway.queues.setPaused(name, paused).catch(() => undefined)
  return { name, paused }
}
