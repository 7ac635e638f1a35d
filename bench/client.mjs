/** A client as outsiders are: HTTP in, server-sent events out, bounded in flight. */
import http from 'node:http'

/** @typedef {ReturnType<typeof makeClient>} Client */

/** 1 KB as JSON, with the number. @param {number} n */
export const application = (n) => ({ n, padding: 'x'.repeat(900) })

/** Opens a client with the stream over all runs of the tenant. @param {import('./fleet.mjs').BenchFleet} fleet */
export const makeClient = async ({ gatewayUrl, keys }) => {
  const url = new URL(gatewayUrl)
  let doors = [url]
  let submitted = 0
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 })
  const headers = { authorization: `Bearer ${keys.admin}`, 'content-type': 'application/json' }
  /** @type {Map<string, number | ((at: number) => void)>} ended at, or who waits for the end */
  const ends = new Map()
  const closing = new AbortController()
  const stream = await fetch(new URL('/events', url), { headers, signal: closing.signal })
  const listen = async () => {
    const decoder = new TextDecoder()
    let text = ''
    for await (const chunk of stream.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      const now = performance.now()
      for (const block of blocks) {
        if (!/"type":"run\.(?:completed|failed|cancelled)"/.test(block)) continue
        const runId = /"runId":"([^"]+)"/.exec(block)?.[1] ?? ''
        const waits = ends.get(runId)
        ends.set(runId, now)
        if (typeof waits === 'function') waits(now)
      }
    }
  }
  listen().catch(() => undefined)

  /** @param {string} workflow @param {unknown} input @returns {Promise<string>} */
  const submit = (workflow, input) =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({ workflow, input })
      const { hostname, port } = doors[submitted++ % doors.length] ?? url
      const options = { agent, host: hostname, port, path: '/runs', method: 'POST' }
      const request = http.request(
        { ...options, headers: { ...headers, 'content-length': Buffer.byteLength(body) } },
        (response) => {
          let text = ''
          response.on('data', (data) => (text += data))
          response.on('end', () =>
            response.statusCode === 202
              ? resolve(JSON.parse(text).runId)
              : reject(new Error(`${response.statusCode} ${text}`)),
          )
        },
      )
      request.on('error', reject)
      request.end(body)
    })
  /** @param {string} runId @returns {Promise<number>} */
  const ended = (runId) =>
    new Promise((resolve) => {
      const known = ends.get(runId)
      if (typeof known === 'number') resolve(known)
      else ends.set(runId, resolve)
    })
  /** Milliseconds from the submission to the end as the client sees it. @param {string} workflow @param {unknown} input */
  const run = async (workflow, input) => {
    const from = performance.now()
    return (await ended(await submit(workflow, input))) - from
  }
  /** @param {number} count @param {number} width in flight at most @param {(n: number) => Promise<number>} one */
  const many = async (count, width, one) => {
    let next = 0
    /** @type {number[]} */
    const times = []
    const from = performance.now()
    await Promise.all(
      Array.from({ length: width }, async () => {
        while (next < count) times.push(await one(next++))
      }),
    )
    return { seconds: (performance.now() - from) / 1000, times }
  }
  /** @param {string} method @param {string} where @param {unknown} [body] */
  const call = async (method, where, body) => {
    const init = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await fetch(new URL(where, url), { method, headers, ...init })
    if (!response.ok) throw new Error(`${method} ${where}: ${response.status} ${await response.text()}`)
    return response
  }
  return {
    submit,
    run,
    many,
    call,
    /** Submits to another gateway in turn, too. @param {string} other */
    alsoAt: (other) => void (doors = [...doors, new URL(other)]),
    onlyAtFirst: () => void (doors = [url]),
    bench: (/** @type {number} */ n) => run('bench-desk', application(n)),
    close: () => {
      closing.abort()
      agent.destroy()
    },
  }
}
