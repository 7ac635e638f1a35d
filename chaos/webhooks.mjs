/** An endpoint outside that is told of runs: records every delivery before it answers, and now and then refuses the first. */
import { once } from 'node:events'
import http from 'node:http'
import { isoNow } from './record.mjs'

/** Of all ids, refused at first; the next attempt is due seconds later, one after that minutes. */
const refusedShare = 0.02

/** @param {{ random: () => number }} options */
export const startWebhookReceiver = async ({ random }) => {
  /** @type {{ write: (name: string, line: object) => void } | null} */
  let records = null
  /** @type {Set<string>} */
  const seen = new Set()
  const server = http.createServer(async (request, response) => {
    let body = ''
    for await (const bytes of request) body += bytes
    const header = (/** @type {string} */ name) => `${request.headers[`webhook-${name}`] ?? ''}`
    const [id, timestamp, signature] = [header('id'), header('timestamp'), header('signature')]
    const refuses = !seen.has(id) && random() < refusedShare
    seen.add(id)
    const answered = refuses ? 503 : 200
    const [, runId = null] = /^evt_([0-9a-f-]{36})_\d+$/.exec(id) ?? []
    records?.write('webhooks', { at: isoNow(), id, timestamp, signature, runId, body, answered })
    response.writeHead(answered).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    host: `127.0.0.1:${port}`,
    /**
     * Registers an endpoint for each tenant; what comes is recorded from now on.
     * @param {string} gateway @param {readonly string[]} adminKeys @param {NonNullable<typeof records>} into
     * @returns {Promise<string[]>} their secrets
     */
    register: async (gateway, adminKeys, into) => {
      records = into
      return Promise.all(
        adminKeys.map(async (key) => {
          const response = await fetch(new URL('/webhooks', gateway), {
            method: 'POST',
            headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
            body: JSON.stringify({ url: `http://127.0.0.1:${port}/told` }),
          })
          const body = /** @type {any} */ (await response.json())
          if (response.status !== 201) throw new Error(`no webhook: ${response.status} ${JSON.stringify(body)}`)
          return body.secret
        }),
      )
    },
    stop: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
