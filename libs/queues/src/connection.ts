import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Redis } from 'ioredis'

// Through require: the instrumentation's hook sees that and not a direct import. The only place that loads ioredis.
const ioredis = createRequire(import.meta.url)('ioredis') as typeof import('ioredis') // the module's own types

/** Where Redis is and which keys are ours. */
export interface RedisPlace {
  readonly url: string
  /** Put before every key, so that several fleets or tests share a server; absent: BullMQ's usual `bull:*`. */
  readonly prefix?: string
  /** File with the certificates (PEM) that a server behind `rediss://` must descend from; absent: those that Node knows. */
  readonly caPath?: string
}

/** The place that the settings of a service name. */
export const redisPlace = (settings: {
  readonly REDIS_URL: string
  readonly REDIS_PREFIX: string | null
  readonly REDIS_CA_PATH: string | null
}): RedisPlace => ({
  url: settings.REDIS_URL,
  ...(settings.REDIS_PREFIX ? { prefix: settings.REDIS_PREFIX } : {}),
  ...(settings.REDIS_CA_PATH ? { caPath: settings.REDIS_CA_PATH } : {}),
})

/** A key or channel of our own, beside BullMQ's. */
export const ownKey = (place: RedisPlace, name: string): string => (place.prefix ? `${place.prefix}:${name}` : name)

/** BullMQ's option for the prefix. */
export const bullPrefix = (place: RedisPlace): { readonly prefix?: string } =>
  place.prefix ? { prefix: place.prefix } : {}

interface Address {
  readonly host: string
  readonly port: number
  readonly username?: string
  readonly password?: string
  readonly db?: number
  /** The server's certificate must be valid for the host of the address, whoever it descends from. */
  readonly tls?: { readonly ca?: string }
}

/** Options in the words that ioredis and BullMQ share. */
export interface ConnectOptions extends Address {
  readonly enableOfflineQueue?: boolean
  readonly maxRetriesPerRequest: number | null
  readonly commandTimeout?: number
  readonly connectTimeout: number
  readonly retryStrategy: (times: number) => number
}

/** Turns `redis[s]://user:password@host:port/db` into options, which BullMQ closes by itself, unlike instances. */
const addressOf = ({ url, caPath }: RedisPlace): Address => {
  const { hostname, port, username, password, pathname, protocol } = new URL(url)
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? 6_379 : Number(port),
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(pathname.length > 1 ? { db: Number(pathname.slice(1)) } : {}),
    ...(protocol === 'rediss:' ? { tls: caPath === undefined ? {} : { ca: readFileSync(caPath, 'utf8') } } : {}),
  }
}

// Half certain, half random, at most 2 s: a fleet does not come back at the same instant.
const retryStrategy = (times: number): number =>
  Math.min(2_000, 50 * 2 ** Math.min(times, 6)) * (0.5 + Math.random() / 2)

/** For those who must not wait for Redis (gateway, relay, agents' replies): every command fails within 2 s. */
export const producerOptions = (place: RedisPlace): ConnectOptions => ({
  ...addressOf(place),
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  commandTimeout: 2_000,
  connectTimeout: 2_000,
  retryStrategy,
})

/** For blocking consumers (workers, the reply reader, subscribers): they wait for Redis as long as it takes. */
export const workerOptions = (place: RedisPlace): ConnectOptions => ({
  ...addressOf(place),
  maxRetriesPerRequest: null,
  connectTimeout: 5_000,
  retryStrategy,
})

/** Opens a connection. Errors are told to `onError` once per failure; without it they are silent, as commands fail anyway. */
export const connect = (options: ConnectOptions, onError: (error: Error) => void = () => undefined): Redis => {
  const redis = new ioredis.Redis(options)
  redis.on('error', onError)
  return redis
}

/** Resolves when the connection is ready, rejects when it is not within `timeoutMs`. */
export const untilReady = (redis: Redis, timeoutMs = 5_000): Promise<void> =>
  redis.status === 'ready'
    ? Promise.resolve()
    : new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          redis.off('ready', ready)
          reject(Object.assign(new Error('Redis is not available'), { code: 'REDIS_UNAVAILABLE' }))
        }, timeoutMs)
        const ready = (): void => {
          clearTimeout(timer)
          resolve()
        }
        redis.once('ready', ready)
      })

/** Ends a connection: politely where Redis answers, at once where it does not. Never rejects. */
export const disconnect = async (redis: Redis): Promise<void> => {
  if (redis.status === 'ready') await redis.quit().catch(() => undefined)
  redis.disconnect()
}
