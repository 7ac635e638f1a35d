/** What tracing costs: the same work on fleets that export nothing, a tenth, and everything to a collector that takes all. */
import http from 'node:http'
import { startFleet } from '../fleet.mjs'
import { makeClient } from '../client.mjs'
import { measureThroughput } from './throughput.mjs'

/** A collector that reads and forgets. @returns {Promise<{ url: string, bytes: () => number, close: () => void }>} */
const aCollector = () =>
  new Promise((resolve) => {
    let bytes = 0
    const server = http.createServer((request, response) => {
      request.on('data', (chunk) => (bytes += chunk.length))
      request.on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end())
    })
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
      resolve({ url: `http://127.0.0.1:${port}`, bytes: () => bytes, close: () => server.close() })
    })
  })

/** @param {import('../bench.mjs').Measuring} measuring */
export const measureTelemetry = async (measuring) => {
  const collector = await aCollector()
  const exporting = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }
  const modes = /** @type {const} */ ([
    ['off', {}],
    ['a tenth', { ...exporting, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' }],
    ['everything', { ...exporting, OTEL_TRACES_SAMPLER: 'parentbased_always_on' }],
  ])
  /** @type {Record<string, number>} */
  const row = {}
  try {
    for (const [mode, env] of modes) {
      const fleet = await startFleet(env)
      try {
        const client = await makeClient(fleet)
        await client.many(300, 50, client.bench)
        const { 'runs/s': perSecond, 'CPU ms/run': cpu } = await measureThroughput({ ...measuring, fleet, client })
        row[`${mode}: runs/s`] = perSecond
        row[`${mode}: CPU ms/run`] = cpu
        row[`${mode}: of off`] = perSecond / (row['off: runs/s'] ?? perSecond)
        client.close()
      } finally {
        await fleet.stop()
      }
    }
  } finally {
    row['bytes exported'] = collector.bytes()
    collector.close()
  }
  return row
}
