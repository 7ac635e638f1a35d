/** HTTP as a client of the fleet sees it; every call leaves a line in `client.ndjson`. */
import { createHash } from 'node:crypto'
import { isoNow } from './record.mjs'

const answerMs = 15_000

/** @param {string} text */
const hashOf = (text) => createHash('sha256').update(text).digest('hex')

/**
 * @param {{ gateways: () => readonly string[], random: () => number, records: { write: (name: string, line: object) => void } }} options
 */
export const makeClient = ({ gateways, random, records }) => {
  /** When each gateway last answered anything but a 5xx, epoch ms. @type {Map<string, number>} */
  const answeredAt = new Map()
  /**
   * One call. Never throws: status 0 stands for no answer.
   * @param {{ call: string, method?: string, where: string, body?: object, key?: string | null, secret: string, tenant: string, more?: object, seen?: (body: any) => object }} asked
   */
  const request = async ({ call, method = 'GET', where, body, key = null, secret, tenant, more = {}, seen }) => {
    const all = gateways()
    const base = all[Math.floor(random() * all.length)] ?? ''
    const text = body === undefined ? undefined : JSON.stringify(body)
    const at = isoNow()
    const startedAt = performance.now()
    let status = 0
    let replayed = false
    /** @type {any} */
    let answer = null
    try {
      const response = await fetch(new URL(where, base), {
        method,
        headers: {
          authorization: `Bearer ${secret}`,
          ...(text === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === null ? {} : { 'idempotency-key': key }),
        },
        ...(text === undefined ? {} : { body: text }),
        signal: AbortSignal.timeout(answerMs),
      })
      const given = await response.text()
      status = response.status
      replayed = response.headers.get('idempotency-replayed') === 'true'
      if (status < 500) answeredAt.set(base, Date.now())
      answer = given === '' ? null : JSON.parse(given)
    } catch {
      status = 0
    }
    records.write('client', {
      ...{ at, tookMs: Math.round(performance.now() - startedAt), call, tenant, key },
      bodyHash: text === undefined ? null : hashOf(text),
      runId: status > 0 && status < 300 ? (answer?.runId ?? null) : null,
      status,
      code: status >= 400 ? (answer?.code ?? null) : null,
      ...{ workflow: null, expects: null, ...more },
      ...(seen && status === 200 ? { seen: seen(answer) } : {}),
      traceId: answer?.traceId ?? null,
      replayed,
    })
    return { status, body: answer }
  }
  return { request, answeredAt }
}
