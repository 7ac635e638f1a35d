/** Ports on the loopback interface. */
import net from 'node:net'
import { StartError } from './start-error.mjs'

/**
 * @param {number} port 0 asks for any
 * @returns {Promise<number | null>} the port that could be bound, null when it is taken
 */
const tryPort = (port, host = '127.0.0.1') =>
  new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', () => resolve(null))
    server.listen(port, host, () => {
      const address = server.address()
      const bound = typeof address === 'object' && address !== null ? address.port : port
      server.close(() => resolve(bound))
    })
  })

/**
 * Handed out and perhaps not bound yet: two services started together must not be given the same free port.
 * @type {Set<number>}
 */
const handedOut = new Set()

/**
 * Below the ranges from which systems give ports to outgoing connections (Linux from 32768, macOS from 49152): a service
 * that is restarted must find its own port free, and any connection of the machine may take one of those meanwhile.
 */
const quiet = { from: 15_000, below: 32_000 }
const quietPort = () => quiet.from + Math.floor(Math.random() * (quiet.below - quiet.from))

/**
 * A port that nobody listens on now and that was not handed out before by this process. Outgoing connections never have it.
 * @returns {Promise<number>}
 */
export const freePort = async () => {
  for (let round = 0; round < 100; round += 1) {
    const port = await tryPort(quietPort())
    if (port === null || handedOut.has(port)) continue
    handedOut.add(port)
    return port
  }
  throw new Error('no free port on 127.0.0.1')
}

/**
 * Is the port free on the loopback interface and on all interfaces?
 * @param {number} port
 */
export const isFree = async (port) => (await tryPort(port)) !== null && (await tryPort(port, '0.0.0.0')) !== null

/**
 * The usual port where it is free, else another.
 * @param {number} usual
 */
export const usualOrFreePort = async (usual) => ((await isFree(usual)) ? usual : freePort())

/**
 * Starts something on its usual port, or on another when somebody else takes that one in the same moment.
 * @template T
 * @param {number} usual
 * @param {(port: number) => Promise<T>} start
 * @returns {Promise<T>}
 */
export const startOnPort = async (usual, start) => {
  const port = await usualOrFreePort(usual)
  try {
    return await start(port)
  } catch (error) {
    if (await isFree(port)) throw error
    return start(await freePort())
  }
}

/**
 * The gateway's port: `given` (the setting `PORT`) where set, else the usual one or a free one.
 * Throws a `StartError` with exit code 78 when `given` is no port or taken.
 * @param {string | undefined} given
 * @param {number} usual
 */
export const choosePort = async (given, usual) => {
  if (given === undefined || given === '') return usualOrFreePort(usual)
  const port = /^\d+$/.test(given) ? Number(given) : Number.NaN
  if (!(port >= 1 && port <= 65_535)) throw new StartError('PORT must be an integer from 1 to 65535', 78)
  if (!(await isFree(port))) throw new StartError(`PORT=${port} is taken by another process`, 78)
  return port
}

/**
 * Binds a port for services that take turns in it. Whoever holds this may hand the socket to processes it starts: they
 * accept from one queue of connections, which is the kernel's and outlives each of them. Nobody accepts here.
 * @param {number} port
 * @returns {{ fd: number, close: () => void } | null} null where this Node does not let a socket be bound without accepting
 */
export const holdPort = (port, host = '127.0.0.1') => {
  // What Node's own cluster module hands to its workers; a public `listen` would accept connections in this process.
  const bind = /** @type {any} */ (net)['_createServerHandle']
  if (typeof bind !== 'function') return null
  const held = bind(host, port, net.isIP(host) === 6 ? 6 : 4)
  if (typeof held === 'number' || typeof held?.fd !== 'number') return null
  return { fd: held.fd, close: () => held.close() }
}
