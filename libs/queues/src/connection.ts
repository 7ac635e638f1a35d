/**
 * Where Redis is, and where its keys lie.
 *
 * K1  Keys that one command or script touches lie in one slot: everything of a shard (BullMQ's keys of its queues, its beat)
 *     carries the shard's hash tag. A shard's number follows from the queue's name alone, here as in Postgres
 *     (`queue_shard`).
 * K2  One Redis and one shard: keys as BullMQ has them, without a tag.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Cluster, Redis, RedisOptions } from 'ioredis'
import { makeGatheringConnector } from './gathering-connector.js'

// Through require: the instrumentation's hook sees that and not a direct import. The only place that loads ioredis.
const ioredis = createRequire(import.meta.url)('ioredis') as typeof import('ioredis') // the module's own types
const Connector = makeGatheringConnector(ioredis)

/** Where Redis is and which keys are ours. */
export interface RedisPlace {
  readonly url: string
  /** Put before every key, so that several fleets or tests share a server; absent: BullMQ's usual `bull:*`. */
  readonly prefix?: string
  /** `host:port` of some nodes of a Redis Cluster; `url` then says user, password and whether TLS. Absent: one server. */
  readonly clusterNodes?: readonly string[]
  /** File with the certificates (PEM) that a server behind `rediss://` must descend from; absent: those that Node knows. */
  readonly caPath?: string
  /** Among how many hash tags the agents' queues are spread; 1 unless told. */
  readonly shards?: number
}

/** What the settings of a process say of Redis. */
export interface RedisSettings {
  readonly REDIS_URL: string
  readonly REDIS_PREFIX: string | null
  readonly REDIS_CA_PATH: string | null
  readonly REDIS_CLUSTER_NODES: readonly string[]
  readonly REDIS_SHARDS: number
}

/** The place that the settings of a service name. */
export const redisPlace = (settings: RedisSettings): RedisPlace => ({
  url: settings.REDIS_URL,
  shards: settings.REDIS_SHARDS,
  ...(settings.REDIS_CA_PATH ? { caPath: settings.REDIS_CA_PATH } : {}),
  ...(settings.REDIS_PREFIX ? { prefix: settings.REDIS_PREFIX } : {}),
  ...(settings.REDIS_CLUSTER_NODES.length > 0 ? { clusterNodes: settings.REDIS_CLUSTER_NODES } : {}),
})

/** The shard of an agent queue, from 0 (K1): the first four digits of the name's MD5, as Postgres computes them too. */
export const shardOf = ({ shards = 1 }: RedisPlace, queue: string): number =>
  shards === 1 ? 0 : Number.parseInt(createHash('md5').update(queue).digest('hex').slice(0, 4), 16) % shards

/** A hash tag in a cluster and where there are several shards, else null. A prefix may bring a tag of its own. */
const tagOf = ({ prefix = 'bull', shards = 1, clusterNodes }: RedisPlace, name: string): string | null => {
  if (shards === 1 && (clusterNodes === undefined || /\{.+\}/.test(prefix))) return null
  return `{${prefix}-${name}}`
}

/** A key or channel of our own, beside BullMQ's, that goes with no queue; all of these share a slot. */
export const ownKey = (place: RedisPlace, name: string): string => {
  const prefix = tagOf(place, 'own') ?? place.prefix
  return prefix ? `${prefix}:${name}` : name
}

/** A key of our own that goes with the queues of a shard (K1). */
export const shardKey = (place: RedisPlace, shard: number, name: string): string => {
  const tag = tagOf(place, `${shard}`)
  return tag === null ? ownKey(place, name) : `${tag}:${name}`
}

/** BullMQ's option for the prefix of a queue. */
export const bullPrefix = (place: RedisPlace, queue: string): { readonly prefix?: string } => {
  const prefix = tagOf(place, `${shardOf(place, queue)}`) ?? place.prefix
  return prefix ? { prefix } : {}
}

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
  readonly Connector: NonNullable<RedisOptions['Connector']>
  /** Only of our own connections: nodes of a cluster. */
  readonly clusterNodes?: readonly string[]
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
  ...(place.clusterNodes ? { clusterNodes: place.clusterNodes } : {}),
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  commandTimeout: 2_000,
  connectTimeout: 2_000,
  retryStrategy,
  Connector,
})

/** For blocking consumers (workers, the reply reader, subscribers): they wait for Redis as long as it takes. */
export const workerOptions = (place: RedisPlace): ConnectOptions => ({
  ...addressOf(place),
  ...(place.clusterNodes ? { clusterNodes: place.clusterNodes } : {}),
  maxRetriesPerRequest: null,
  connectTimeout: 5_000,
  retryStrategy,
  Connector,
})

const openCluster = (
  { clusterNodes = [], enableOfflineQueue = true, retryStrategy: retry, ...options }: ConnectOptions,
  { lazyConnect = false } = {},
): Cluster => {
  // A cluster knows no databases by number, and says itself where its nodes are.
  const { host: _host, port: _port, db: _db, ...each } = options
  return new ioredis.Cluster(
    clusterNodes.map((node) => {
      const { hostname, port } = new URL(`redis://${node}`)
      return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 6_379) }
    }),
    {
      lazyConnect,
      enableOfflineQueue,
      clusterRetryStrategy: retry,
      // A command that meets a node that is away is tried where it went for about 2 s.
      maxRedirections: 16,
      retryDelayOnFailover: 100,
      retryDelayOnClusterDown: 100,
      slotsRefreshTimeout: 2_000,
      redisOptions: each,
    },
  )
}

/** Opens a connection. Errors are told to `onError` once per failure; without it they are silent, as commands fail anyway. */
export const connect = (options: ConnectOptions, onError: (error: Error) => void = () => undefined): Redis => {
  // A cluster takes the same commands; what it does not have (a database by number) is not asked of it.
  const redis = options.clusterNodes ? (openCluster(options) as unknown as Redis) : new ioredis.Redis(options)
  redis.on('error', onError)
  return redis
}

/**
 * What BullMQ is given to open a connection of its own by. One server: options. A cluster: a client that never connects, of
 * which each worker makes copies that it closes itself.
 */
export const bullConnection = (options: ConnectOptions): ConnectOptions | Cluster =>
  options.clusterNodes ? openCluster(options, { lazyConnect: true }) : options

/** Asks every server that holds keys. */
export const everyNode = (redis: Redis): readonly Redis[] => {
  const { nodes } = redis as Partial<Pick<Cluster, 'nodes'>>
  return nodes ? nodes.call(redis as unknown as Cluster, 'master') : [redis]
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
