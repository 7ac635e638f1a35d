/** The supervisor's control channel: HTTP on the loopback interface, guarded by a token that only the owner can read. */
import { timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { StartError } from './start-error.mjs'

/** @typedef {Record<string, (body: any) => Promise<unknown>>} Orders by path, such as `/scale` */

/** @param {string | undefined} given @param {string} token */
const isAllowed = (given, token) => {
  const wanted = Buffer.from(`Bearer ${token}`)
  const got = Buffer.from(given ?? '')
  return got.length === wanted.length && timingSafeEqual(got, wanted)
}

/** @param {import('node:http').IncomingMessage} request */
const readBody = async (request) => {
  let text = ''
  for await (const bytes of request) text += bytes
  return text === '' ? {} : JSON.parse(text)
}

/**
 * @param {string} token
 * @param {Orders} orders an order that throws a `StartError` is answered 400 with its message
 * @returns {Promise<{ port: number, close: () => void }>}
 */
export const startControl = (token, orders) =>
  new Promise((resolve, reject) => {
    const server = createServer(async (request, response) => {
      /** @param {number} status @param {unknown} body */
      const answer = (status, body) => response.writeHead(status, { connection: 'close' }).end(JSON.stringify(body))
      if (!isAllowed(request.headers.authorization, token)) return answer(401, { error: 'wrong token' })
      const order = request.method === 'POST' ? orders[request.url ?? ''] : undefined
      if (order === undefined) return answer(404, { error: 'unknown order' })
      try {
        answer(200, (await order(await readBody(request))) ?? {})
      } catch (error) {
        answer(error instanceof StartError ? 400 : 500, { error: error instanceof Error ? error.message : `${error}` })
      }
    })
    // Scaling waits until processes are ready, which may take longer than the default.
    server.requestTimeout = 0
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.unref()
      resolve({ port, close: () => server.close() })
    })
  })

/**
 * Gives an order and waits until it is carried out. Rejects with a `StartError` when it was refused.
 * @param {{ port: number, token: string }} supervisor
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<any>}
 */
export const giveOrder = async ({ port, token }, path, body = {}) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  })
  const result = /** @type {any} */ (await response.json())
  if (!response.ok) throw new StartError(result.error)
  return result
}
