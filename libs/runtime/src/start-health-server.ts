import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { runChecks, type HealthCheck } from './run-checks.js'

export type HealthServerOptions = {
  /** 0 takes a free port. */
  readonly port: number
  /** 127.0.0.1 unless told: a container gives 0.0.0.0. */
  readonly host?: string
  /** What `/readyz` asks; all must resolve. */
  readonly checks: Readonly<Record<string, HealthCheck>>
  readonly checkTimeoutMs?: number
  /** Text of `/metrics` in Prometheus' format; 404 without it. */
  readonly metrics?: () => string | Promise<string>
}

export type HealthServer = {
  readonly port: number
  /** Base on which `/livez` and `/readyz` answer. */
  readonly url: string
  /** From now on `/readyz` answers 503, `/livez` still 200. */
  readonly drain: () => void
  /** Closes the port and idle connections; resolves when done. */
  readonly close: () => Promise<void>
}

type Answer = { readonly status: number; readonly type: string; readonly body: string }

const jsonAnswer = (status: number, body: unknown): Answer => ({
  status,
  type: 'application/json',
  body: JSON.stringify(body),
})

/** The version parameter is what Prometheus' text format 0.0.4 asks for. */
const metricsType = 'text/plain; version=0.0.4; charset=utf-8'

const answer = async (path: string, options: HealthServerOptions, draining: boolean): Promise<Answer> => {
  // Answering at all shows that the event loop turns; nothing else belongs into liveness.
  if (path === '/livez') return jsonAnswer(200, { status: 'alive' })
  if (path === '/readyz') {
    if (draining) return jsonAnswer(503, { status: 'not-ready', checks: {} })
    const readiness = await runChecks(options.checks, options.checkTimeoutMs)
    return jsonAnswer(readiness.status === 'ready' ? 200 : 503, readiness)
  }
  if (path === '/metrics' && options.metrics) {
    return { status: 200, type: metricsType, body: await options.metrics() }
  }
  return jsonAnswer(404, { status: 'not-found' })
}

/** Serves `/livez`, `/readyz` and `/metrics` for a process without HTTP of its own. Rejects when the port is taken. */
export const startHealthServer = (options: HealthServerOptions): Promise<HealthServer> => {
  const host = options.host ?? '127.0.0.1'
  let draining = false

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const { status, type, body } = await answer(path, options, draining).catch(() =>
      jsonAnswer(500, { status: 'failed' }),
    )
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
  }

  const server = createServer((request, response) => void serve(request, response))
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, host, () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : options.port
      resolve({
        port,
        url: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`,
        drain: () => {
          draining = true
        },
        close: () =>
          new Promise((closed) => {
            server.close(() => closed())
            server.closeAllConnections()
          }),
      })
    })
  })
}
