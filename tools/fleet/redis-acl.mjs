/**
 * Who may do what in Redis: one user per service, as Postgres has one role per kind of service.
 *
 * L1  An agent sees the keys of its own queues and no others. Of the replies it may append, and neither read nor remove.
 * L2  The gateway sees queues and tickets, and neither replies nor the courier beat.
 * L3  Nobody of them may look for keys, empty, configure, watch or administer the server; the user `default` may, with the
 *     password that services do not have.
 * L4  Commands are named one by one: those that BullMQ's scripts and our own statements use.
 */
import { createHash, createHmac } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'

/** What a connection does by itself. */
const connection = ['ping', 'quit', 'select', 'info', 'client|setname', 'client|setinfo', 'multi', 'exec', 'discard']

/** An older server does not start with a rule about a command that it does not know. @type {Record<string, number>} */
const since = { 'client|setinfo': 702 }

/** What BullMQ's scripts call, and its classes beside them. */
const bull = [
  ...['eval', 'evalsha', 'script|load', 'script|exists', 'time', 'type', 'exists', 'del', 'unlink', 'rename'],
  ...['expire', 'pexpire', 'pexpireat', 'pttl', 'ttl', 'get', 'set', 'incr', 'incrby'],
  ...['hget', 'hmget', 'hgetall', 'hset', 'hsetnx', 'hmset', 'hdel', 'hexists', 'hincrby', 'hlen'],
  ...[
    'lpush',
    'rpush',
    'lpop',
    'rpop',
    'rpoplpush',
    'lmove',
    'lrem',
    'lrange',
    'llen',
    'lpos',
    'lindex',
    'lset',
    'ltrim',
  ],
  ...['zadd', 'zrem', 'zscore', 'zcard', 'zcount', 'zlexcount', 'zrange', 'zrangebyscore', 'zrangebylex', 'zrevrange'],
  ...['zrevrangebyscore', 'zremrangebyscore', 'zremrangebyrank', 'zpopmin', 'bzpopmin'],
  ...['sadd', 'srem', 'scard', 'smembers', 'sismember', 'xadd', 'xtrim', 'xrange', 'xlen', 'xread', 'xdel'],
]

const listening = ['subscribe', 'unsubscribe']
const readingReplies = [
  ...['xgroup|create', 'xgroup|delconsumer', 'xreadgroup', 'xautoclaim', 'xack'],
  ...['xinfo|consumers', 'xpending', 'xclaim'],
]

/**
 * @typedef {object} RedisUser
 * @property {string} name the service's
 * @property {string[]} queues patterns
 * @property {string[]} keys of our own, beside BullMQ's
 * @property {string[]} channels
 * @property {string[]} commands
 * @property {string[]} appends streams that may be appended to, and nothing else
 */

/**
 * The queues that an app serves, as its package.json names them; none named: `agent.<name>` for `agent-<name>`.
 * @param {string} appsDir
 * @param {string} app
 * @returns {string[]} `*` stands for any part of a name
 */
export const queuesOfApp = (appsDir, app) => {
  const { flotilla } = JSON.parse(fs.readFileSync(path.join(appsDir, app, 'package.json'), 'utf8'))
  return flotilla?.queues ?? [app.replace(/^agent-/, 'agent.')]
}

/**
 * @param {string} appsDir
 * @param {readonly string[]} apps
 * @returns {RedisUser[]}
 */
export const redisUsers = (appsDir, apps) => {
  const agents = apps.filter((app) => app.startsWith('agent-'))
  const served = agents.map((app) => ({ app, queues: queuesOfApp(appsDir, app) }))
  // A workflow may name any queue: one that is refused would hold up the relay for everybody.
  const all = ['*']
  return [
    {
      name: 'gateway', // L2
      queues: all,
      keys: [],
      channels: ['history'],
      commands: [...connection, ...bull, ...listening, 'client|list'],
      appends: [],
    },
    {
      name: 'orchestrator',
      queues: all,
      keys: ['replies', 'replies.readers', 'courier-beat'],
      channels: ['cancel', 'history'],
      commands: [...connection, ...bull, ...readingReplies, 'publish'],
      appends: [],
    },
    ...served.map(({ app, queues }) => ({
      name: app, // L1
      queues,
      keys: [],
      channels: ['cancel'],
      commands: [...connection, ...bull, ...listening],
      appends: ['replies'],
    })),
  ]
}

/** A user's password: made from the fleet's, which it does not tell. @param {string} redisPassword @param {string} user */
export const redisPasswordOf = (redisPassword, user) =>
  createHmac('sha256', redisPassword).update(`redis user ${user}`).digest('hex').slice(0, 48)

/** @param {string} password */
const hashed = (password) => `#${createHash('sha256').update(password).digest('hex')}`

/**
 * Redis' ACL file. Passwords stand in it as hashes.
 * @param {readonly RedisUser[]} users
 * @param {{ redisPassword: string, version: number, prefix?: string | undefined }} options `version`: 7.2 as 702; `prefix`: REDIS_PREFIX
 */
export const aclFile = (users, { redisPassword, version, prefix }) => {
  const own = (/** @type {string} */ name) => (prefix ? `${prefix}:${name}` : name)
  const lines = users.map(({ name, queues, keys, channels, commands, appends }) =>
    [
      `user ${name} on ${hashed(redisPasswordOf(redisPassword, name))} resetchannels -@all`,
      ...queues.map((queue) => `~${prefix || 'bull'}:${queue}:*`),
      ...keys.map((key) => `~${own(key)}`),
      ...channels.map((channel) => `&${own(channel)}`),
      ...commands.filter((command) => version >= (since[command] ?? 0)).map((command) => `+${command}`),
      ...appends.map((stream) => `(+xadd %W~${own(stream)})`),
    ].join(' '),
  )
  return `user default on ${hashed(redisPassword)} ~* &* +@all\n${lines.join('\n')}\n` // L3
}
