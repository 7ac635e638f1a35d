/**
 * A TCP proxy that breaks connections in the ways in which networks do.
 *
 * X1  Bytes are never reordered or lost within a connection that lives: TCP does not do that. What is held back is kept in
 *     the sender's buffers and arrives when the fault is over, or the connection is reset.
 * X2  Where it leads can be changed; connections that are open stay where they are until they are reset.
 */
import net from 'node:net'

/**
 * @typedef {object} Weather
 * @property {number} latencyMs each way
 * @property {number} jitterMs added to it, at random
 * @property {number} bytesPerSecond each way; Infinity: as fast as it goes
 * @property {boolean} holdUp nothing goes from client to server
 * @property {boolean} holdDown nothing goes from server to client
 * @property {boolean} refuse new connections are reset
 */

/** @returns {Weather} */
const fair = () => ({
  latencyMs: 0,
  jitterMs: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  holdUp: false,
  holdDown: false,
  refuse: false,
})

/**
 * Moves bytes one way, in order, as the weather says.
 * @param {net.Socket} from
 * @param {net.Socket} to
 * @param {{ random: () => number, weather: () => Weather, held: () => boolean }} options
 */
const pump = (from, to, { random, weather, held }) => {
  let lastDue = 0
  let waiting = 0
  /** @param {Buffer} bytes */
  const write = (bytes) => {
    if (to.destroyed) return
    if (!to.write(bytes)) {
      from.pause()
      to.once('drain', () => held() || from.resume())
    }
  }
  from.on('data', (bytes) => {
    const { latencyMs, jitterMs, bytesPerSecond } = weather()
    const now = performance.now()
    const due = Math.max(lastDue, now + latencyMs + random() * jitterMs) + (bytes.length / bytesPerSecond) * 1_000
    if (waiting === 0 && due <= now) return write(bytes)
    lastDue = due
    waiting += 1
    // Slower than its sender for long would mean keeping all of it here.
    if (waiting > 64) from.pause()
    setTimeout(() => {
      waiting -= 1
      write(bytes)
      if (waiting === 0 && !held()) from.resume()
    }, due - now)
  })
}

/** @typedef {Awaited<ReturnType<typeof startProxy>>} Proxy */

/**
 * Starts a proxy on a free port of the loopback interface.
 * @param {{ port: number, random: () => number }} options `port` of the server behind
 */
export const startProxy = async ({ port, random }) => {
  let target = port
  let weather = fair()
  /** @type {Set<{ client: net.Socket, server: net.Socket }>} */
  const pairs = new Set()

  /** @param {{ client: net.Socket, server: net.Socket }} pair */
  const heed = ({ client, server }) => {
    if (weather.holdUp) client.pause()
    else client.resume()
    if (weather.holdDown) server.pause()
    else server.resume()
  }
  /** @param {{ client: net.Socket, server: net.Socket }} pair */
  const reset = (pair) => {
    pairs.delete(pair)
    pair.client.resetAndDestroy()
    pair.server.resetAndDestroy()
  }

  const listener = net.createServer({ noDelay: true }, (client) => {
    client.on('error', () => {})
    if (weather.refuse) return void client.resetAndDestroy()
    const server = net.connect({ port: target, host: '127.0.0.1', noDelay: true })
    const pair = { client, server }
    pairs.add(pair)
    server.on('error', () => reset(pair))
    client.on('error', () => reset(pair))
    client.once('close', () => (pairs.delete(pair), server.destroy()))
    server.once('close', () => (pairs.delete(pair), client.destroy()))
    pump(client, server, { random, weather: () => weather, held: () => weather.holdUp })
    pump(server, client, { random, weather: () => weather, held: () => weather.holdDown })
    heed(pair)
  })
  await new Promise((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(0, '127.0.0.1', () => resolve(null))
  })
  const address = listener.address()

  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    /** Changes the weather from now on, for open connections too. @param {Partial<Weather>} change */
    set: (change) => {
      weather = { ...weather, ...change }
      for (const pair of pairs) heed(pair)
    },
    /** Fair weather again; `resetHeld` ends the connections that were open, as a peer that came back without memory does. */
    heal: ({ resetHeld = false } = {}) => {
      weather = fair()
      for (const pair of [...pairs]) {
        if (resetHeld) reset(pair)
        else heed(pair)
      }
    },
    /** Resets every open connection. */
    reset: () => {
      for (const pair of [...pairs]) reset(pair)
    },
    /** Leads new connections elsewhere (X2). @param {number} to */
    leadTo: (to) => {
      target = to
    },
    connections: () => pairs.size,
    close: async () => {
      for (const pair of [...pairs]) reset(pair)
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}
