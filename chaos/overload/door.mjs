/** The clients of an overload: as many submissions per second as asked, whatever the door says. */
import http from 'node:http'

/**
 * @typedef {object} Submitted
 * @property {number} at wall clock, ms, when the request was begun
 * @property {number} tookMs
 * @property {number} status HTTP, or 0 where there was no answer
 * @property {string | null} runId
 * @property {number | null} retryAfterS
 * @property {boolean} isProblem whether a refusal is a problem document with its code
 */

/** @param {string} text @returns {any} */
const parsed = (text) => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/**
 * A client with one key.
 * @param {{ url: () => string, key: string, workflow: string, input: (n: number) => object }} options `url` is asked for each call
 */
export const makeDoor = ({ url, key, workflow, input }) => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 256 })
  let number = 0
  /** @param {'urgent' | 'normal'} [priority] @returns {Promise<Submitted>} */
  const submit = (priority = 'normal') =>
    new Promise((resolve) => {
      const at = Date.now()
      const from = performance.now()
      const body = JSON.stringify({ workflow, input: input(number++), priority })
      const answer = (/** @type {Partial<Submitted>} */ more) =>
        resolve({
          ...{ at, tookMs: performance.now() - from, status: 0, runId: null, retryAfterS: null, isProblem: false },
          ...more,
        })
      const { hostname, port } = new URL(url())
      const headers = {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      }
      const request = http.request(
        { agent, hostname, port, path: '/runs', method: 'POST', headers, timeout: 30_000 },
        (response) => {
          let text = ''
          response.on('data', (data) => (text += data))
          response.on('error', () => answer({}))
          response.on('end', () => {
            const status = response.statusCode ?? 0
            const content = parsed(text)
            const after = Number(response.headers['retry-after'])
            answer({
              status,
              runId: status === 202 ? content.runId : null,
              retryAfterS: Number.isInteger(after) && after > 0 ? after : null,
              isProblem:
                `${response.headers['content-type']}`.startsWith('application/problem+json') &&
                content?.status === status &&
                typeof content?.code === 'string',
            })
          })
        },
      )
      request.on('timeout', () => request.destroy(new Error('no answer')))
      request.on('error', () => answer({}))
      request.end(body)
    })

  /**
   * Submits at a rate for so long, without waiting for answers.
   * @param {{ perSecond: number, seconds: number, priority?: 'urgent' | 'normal' }} wanted
   * @returns {Promise<Submitted[]>} when all are answered
   */
  const atRate = async ({ perSecond, seconds, priority }) => {
    const from = performance.now()
    /** @type {Promise<Submitted>[]} */
    const sent = []
    for (;;) {
      const passed = (performance.now() - from) / 1000
      if (passed >= seconds) return Promise.all(sent)
      while (sent.length < passed * perSecond) sent.push(submit(priority))
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  return { submit, atRate, close: () => agent.destroy() }
}
