/** Faults of Redis. */
import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '../../tools/fleet/processes.mjs'
import { startProxy } from '../tcp-proxy.mjs'

/** What Redis' memory may hold while it is short of it: less than it has already. */
const tight = '1mb'

/** @type {Record<string, import('./index.mjs').Fault>} */
export const redisFaults = {
  'redis-kill': ({ fleet: { redis } }) => ({
    target: 'redis',
    alone: 'redis',
    healed: redis.kill().then(redis.restart),
  }),
  'redis-flush': ({ fleet: { redis } }) => ({ target: 'redis', alone: 'redis', healed: redis.client().flushall() }),
  'redis-empty': ({ fleet: { redis } }) => ({
    ...{ target: 'redis', alone: 'redis' },
    healed: (async () => {
      await redis.kill()
      redis.empty()
      await redis.restart()
    })(),
  }),
  'redis-restore': ({ fleet: { redis }, random }) => ({
    ...{ target: 'redis', alone: 'redis' },
    healed: (async () => {
      const putBack = redis.copy()
      await sleep(random.integer(1_000, 10_000))
      await redis.kill()
      putBack()
      await redis.restart()
    })(),
  }),
  'redis-pause': ({ fleet: { redis }, random }) => {
    const goOn = redis.freeze()
    return { target: 'redis', alone: 'redis', healed: sleep(random.integer(1_000, 12_000)).then(goOn) }
  },
  'redis-oom': ({ fleet: { redis }, random }) => ({
    ...{ target: 'redis', alone: 'redis' },
    healed: (async () => {
      await redis.client().config('SET', 'maxmemory', tight)
      await sleep(random.integer(2_000, 8_000))
      await redis.client().config('SET', 'maxmemory', '0')
    })(),
  }),
  'redis-clients': ({ fleet: { redis } }) => ({
    ...{ target: 'redis', alone: 'redis' },
    healed: redis.client().call('CLIENT', 'KILL', 'TYPE', 'NORMAL', 'SKIPME', 'YES'),
  }),
  'redis-failover': ({ fleet, random }) => ({
    ...{ target: 'redis', alone: 'redis' },
    healed: (async () => {
      const { redis } = fleet
      const link = await startProxy({ port: redis.port(), random: random.next })
      const replica = await redis.follow(link.port)
      const synced = await waitFor(replica.inSync, { timeoutMs: 20_000, everyMs: 50 })
      if (synced) {
        // From here on the replica lags behind, and what it has not heard of is lost.
        link.set({ holdDown: true })
        await sleep(random.integer(1_000, 5_000))
        await link.close()
        await replica.promote()
        fleet.leadToRedis()
      } else {
        await link.close()
        await replica.abandon()
      }
    })(),
  }),
}
