import { CodedError } from '@flotilla/contracts'
import { connect, disconnect, everyNode, producerOptions, untilReady, type RedisPlace } from './connection.js'

/**
 * Refuses a Redis that evicts: any policy but `noeviction` deletes locks and jobs under load. Throws `CodedError`
 * REDIS_EVICTS. A server that hides INFO passes with `'unknown'`; switch the check off where that is not wanted
 * (`REDIS_EVICTION_CHECK=off`).
 */
export const checkEviction = async (place: RedisPlace): Promise<'noeviction' | 'unknown'> => {
  const redis = connect(producerOptions(place))
  try {
    await untilReady(redis)
    const policies = await Promise.all(
      everyNode(redis).map(async (node) => {
        // INFO and not CONFIG, which services may not ask for.
        const answer = await node.info('memory').catch(() => '')
        return /^maxmemory_policy:(\S+)/m.exec(answer)?.[1] ?? null
      }),
    )
    if (policies.some((policy) => policy !== null && policy !== 'noeviction')) throw new CodedError('REDIS_EVICTS')
    return policies.includes(null) ? 'unknown' : 'noeviction'
  } finally {
    await disconnect(redis)
  }
}
