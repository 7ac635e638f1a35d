import { CodedError } from '@flotilla/contracts'
import { connect, disconnect, producerOptions, untilReady, type RedisPlace } from './connection.js'

/**
 * Refuses a Redis that evicts: any policy but `noeviction` deletes locks and jobs under load. Throws `CodedError`
 * REDIS_EVICTS. A server that hides INFO passes with `'unknown'`; switch the check off where that is not wanted
 * (`REDIS_EVICTION_CHECK=off`).
 */
export const checkEviction = async (place: RedisPlace): Promise<'noeviction' | 'unknown'> => {
  const redis = connect(producerOptions(place))
  try {
    await untilReady(redis)
    // INFO and not CONFIG, which services may not ask for.
    const answer = await redis.info('memory').catch(() => '')
    const policy = /^maxmemory_policy:(\S+)/m.exec(answer)?.[1] ?? null
    if (policy === null) return 'unknown'
    if (policy !== 'noeviction') throw new CodedError('REDIS_EVICTS')
    return 'noeviction'
  } finally {
    await disconnect(redis)
  }
}
