import type { FastifyInstance } from 'fastify'
import { authenticate, type Entrance } from '../auth/authenticate.js'
import type { Gateway } from '../gateway.js'
import { invariant } from '@flotilla/contracts'
import { GatewayError } from './gateway-error.js'

/** Whether a part of the path holds what no name does: `%00`, which Postgres refuses in any text. */
const holdsNul = (params: unknown): boolean =>
  Object.values(params ?? {}).some((value) => typeof value === 'string' && value.includes('\u0000'))

/**
 * Guards every route before its body is read.
 *
 * G1 A route without a declared entrance cannot be registered: what is forgotten is closed.
 * G2 Everything under `boardPath` has the board's entrance, whatever its plugin registers.
 * G3 An unknown path is 404 for everybody; nothing about keys is said there.
 * G4 No handler sees a part of a path that is no text: a NUL would fail in Postgres, where nobody expects it.
 */
export const guardRequests = (
  fastify: FastifyInstance,
  gateway: Gateway,
  { boardPath, metricsOpen }: { readonly boardPath: string; readonly metricsOpen: boolean },
): void => {
  const board: Entrance = { access: ['queues'], basic: true }
  const isBoard = (url: string): boolean => url === boardPath || url.startsWith(`${boardPath}/`)
  fastify.addHook('onRoute', (route) => {
    const declared = (route.config as Partial<Entrance> | undefined)?.access
    invariant(
      declared !== undefined || isBoard(route.url),
      `route ${String(route.method)} ${route.url} has no entrance`,
    ) // G1
  })
  const deps = {
    keys: gateway.keys,
    tokens: gateway.tokens,
    tickets: gateway.queues.tickets,
    requests: gateway.requestLimits,
    failures: gateway.failureLimits,
    nowMs: () => performance.now(),
  }
  fastify.addHook('onRequest', async (request) => {
    if (request.is404) return // G3
    const { url = '', config } = request.routeOptions
    const { access, ticket = false, basic = false } = config
    if (metricsOpen && url === '/metrics') return
    if (isBoard(url) && access === undefined) {
      const principal = await authenticate(deps, board, request) // G2
      if (request.call) request.call.principal = principal
      return
    }
    invariant(access !== undefined, `route ${url} has no entrance`)
    const principal = await authenticate(deps, { access, ticket, basic }, request)
    if (request.call) request.call.principal = principal
    if (holdsNul(request.params)) throw new GatewayError('URL_INVALID') // G4
  })
}
