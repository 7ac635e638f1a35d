/** Many event streams at once: from the commit of an event until the last client has it. */
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../figures.mjs'
import { application } from '../client.mjs'

/** @param {import('../bench.mjs').Measuring} measuring */
export const measureSse = async ({ fleet, client, streams, runs }) => {
  const url = new URL('/events?workflow=bench-desk&type=run.completed', fleet.gatewayUrl)
  const headers = { authorization: `Bearer ${fleet.keys.admin}` }
  const agent = new http.Agent({ keepAlive: true })
  /** @type {number[]} */
  const delays = []
  let received = 0
  const open = () =>
    new Promise((resolve, reject) => {
      const request = http.get(url, { agent, headers }, (response) => {
        response.setEncoding('utf8')
        response.on('data', (/** @type {string} */ text) => {
          const now = Date.now()
          for (const [, at = ''] of text.matchAll(/"ts":"([^"]+)"/g)) {
            received += 1
            delays.push(now - Date.parse(at))
          }
        })
        resolve(request)
      })
      request.on('error', reject)
    })
  /** @type {unknown[]} */
  const opened = []
  while (opened.length < streams)
    opened.push(...(await Promise.all(Array.from({ length: Math.min(100, streams - opened.length) }, open))))
  const count = Math.min(50, runs)
  const before = fleet.usage()
  const from = performance.now()
  for (let n = 0; n < count; n += 1) {
    await sleep(Math.max(0, from + n * 100 - performance.now()))
    await client.run('bench-desk', application(n))
  }
  const until = performance.now() + 30_000
  while (received < count * streams && performance.now() < until) await sleep(20)
  const after = fleet.usage()
  agent.destroy()
  for (const request of opened) /** @type {http.ClientRequest} */ (request).destroy()
  return {
    streams,
    'events received': received,
    'events missing': count * streams - received,
    'p50 ms': quantile(delays, 0.5),
    'p99 ms': quantile(delays, 0.99),
    'gateway CPU ms/event': ((after['gateway']?.cpuMs ?? 0) - (before['gateway']?.cpuMs ?? 0)) / count,
    'gateway MiB': after['gateway']?.rssMiB ?? Number.NaN,
  }
}
