import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { FastifyAdapter } from '@bull-board/fastify'
import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../http/gateway-error.js'

/** Where bull-board lives. */
export const boardPath = '/ops/queues'

export interface BoardDeps {
  /** BullMQ's queue of a name. */
  readonly queue: (name: string) => unknown
  /** Names of the queues to show. */
  readonly names: () => Promise<readonly string[]>
  readonly onError: ErrorHandler
}

/** Answers an error in the interface's own form; the board's plugin would use its own. */
export type ErrorHandler = (error: unknown, request: FastifyRequest, reply: FastifyReply) => void

/** How long the list of queues is believed, ms. */
const namesMs = 5_000

type BoardPlugin = FastifyPluginCallback<{ readonly basePath?: string }>
type BoardQueue = ConstructorParameters<typeof BullMQAdapter>[0]

/** The plugin brings an error handler of its own, which shows messages and stacks: it is set aside for ours. */
const withErrorHandler =
  (plugin: BoardPlugin, onError: ErrorHandler): BoardPlugin =>
  (fastify, options, done) => {
    const setErrorHandler = fastify.setErrorHandler.bind(fastify)
    Object.assign(fastify, { setErrorHandler: () => setErrorHandler(onError) })
    plugin(fastify, options, done)
  }

/**
 * Shows the queues. Read-only: a job that is retried or removed behind the orchestrator's back would be a debt that
 * nobody pays; that is what the dead-letter desk is for. Call after the guard is in place.
 */
export const registerBoard = async (fastify: FastifyInstance, deps: BoardDeps): Promise<void> => {
  const server = new FastifyAdapter()
  server.setBasePath(boardPath)
  const board = createBullBoard({
    queues: [],
    serverAdapter: server,
    options: { uiConfig: { boardTitle: 'Flotilla', hideRedisDetails: true } },
  })
  const shown = new Set<string>()
  let listedAt = Number.NEGATIVE_INFINITY
  let listed = Promise.resolve()
  const list = async (): Promise<void> => {
    for (const name of await deps.names()) {
      if (shown.has(name)) continue
      shown.add(name)
      board.addQueue(new BullMQAdapter(deps.queue(name) as BoardQueue, { readOnlyMode: true })) // BullMQ's own object
    }
  }
  /** Who comes while the names are being read waits for them as well, instead of seeing an empty board. */
  const refresh = (): Promise<void> => {
    if (performance.now() - listedAt < namesMs) return listed
    listedAt = performance.now()
    listed = list()
    return listed
  }
  // The plugin's type is of its own copy of Fastify's types.
  const plugin = server.registerPlugin() as unknown as BoardPlugin
  await fastify.register(async (scope) => {
    scope.addHook('onRequest', async (request, reply) => {
      if (request.method !== 'GET' && request.method !== 'HEAD')
        throw new GatewayError('METHOD_NOT_ALLOWED', 'The board is read-only.', { allow: 'GET, HEAD' })
      // Its page holds a script of its own and is styled inline.
      void reply.header(
        'content-security-policy',
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'",
      )
      await refresh().catch(() => {
        listedAt = Number.NEGATIVE_INFINITY
      })
    })
    await scope.register(withErrorHandler(plugin, deps.onError), { prefix: boardPath, basePath: boardPath })
  })
}
