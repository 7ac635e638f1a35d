/**
 * A Redis Cluster of our own, for tests and trials: some servers on this machine, the slots shared evenly, no replicas. A
 * fleet is told of it by REDIS_URL (the first node's, for its password) and REDIS_CLUSTER_NODES.
 */
import net from 'node:net'
import path from 'node:path'
import { freePort } from './ports.mjs'
import { waitFor } from './processes.mjs'
import { startRedis } from './redis.mjs'
import { StartError } from './start-error.mjs'

/**
 * @typedef {object} RedisCluster
 * @property {readonly import('./redis.mjs').Redis[]} servers
 * @property {string} url the first node's, with the password
 * @property {readonly string[]} nodes `host:port`
 * @property {(node: number, ...words: string[]) => Promise<string>} ask one command of one node; its answer as it came
 * @property {() => Promise<void>} stop
 */

const slots = 16_384

/**
 * Sends one command; resolves with the answer as it came, one packet of it.
 * @param {import('./redis.mjs').Redis} server @param {string} password @param {readonly string[]} words
 * @returns {Promise<string>}
 */
const ask = ({ port }, password, words) =>
  new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1')
    let answers = 0
    socket.setTimeout(5_000, () => socket.destroy(new Error('Redis does not answer')))
    socket.once('error', reject)
    socket.on('data', (bytes) => {
      answers += 1
      if (answers === 1) {
        socket.write(`${words.map((word) => JSON.stringify(word)).join(' ')}\r\n`)
        return
      }
      socket.destroy()
      resolve(bytes.toString())
    })
    socket.write(`AUTH ${password}\r\n`)
  })

/**
 * Starts one and resolves when every node serves all slots. Rejects with a `StartError`.
 * @param {Omit<import('./redis.mjs').RedisOptions, 'port'> & { nodes?: number }} options
 * @returns {Promise<RedisCluster>}
 */
export const startRedisCluster = async ({ nodes = 3, dir, password, ...options }) => {
  const servers = await Promise.all(
    Array.from({ length: nodes }, async (_, node) =>
      startRedis({ ...options, dir: path.join(dir, `${node}`), password, cluster: true, port: await freePort() }),
    ),
  )
  const stop = async () => void (await Promise.all(servers.map((server) => server.stop())))
  const order = async (/** @type {import('./redis.mjs').Redis} */ server, /** @type {string[]} */ ...words) => {
    const answer = await ask(server, password, ['CLUSTER', ...words])
    if (!answer.startsWith('+OK')) throw new StartError(`Redis Cluster: ${words[0]}: ${answer.trim()}`)
  }
  const isWhole = async (/** @type {import('./redis.mjs').Redis} */ server) => {
    const info = await ask(server, password, ['CLUSTER', 'INFO'])
    return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes}`)
  }
  try {
    const [first] = servers
    for (const [node, server] of servers.entries()) {
      const from = Math.floor((slots / nodes) * node)
      await order(server, 'ADDSLOTSRANGE', `${from}`, `${Math.floor((slots / nodes) * (node + 1)) - 1}`)
      await order(server, 'SET-CONFIG-EPOCH', `${node + 1}`)
      if (first && server !== first) await order(first, 'MEET', '127.0.0.1', `${server.port}`)
    }
    const isReady = async () => (await Promise.all(servers.map(isWhole))).every(Boolean)
    await waitFor(isReady, { timeoutMs: 20_000 })
    if (!(await isReady())) throw new StartError('the Redis Cluster does not come together')
  } catch (error) {
    await stop()
    throw error
  }
  return {
    servers,
    url: servers[0]?.url ?? '',
    nodes: servers.map(({ port }) => `127.0.0.1:${port}`),
    ask: (node, ...words) => {
      const server = servers[node]
      if (!server) throw new Error(`there is no node ${node}`)
      return ask(server, password, words)
    },
    stop,
  }
}
