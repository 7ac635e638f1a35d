import helmet from '@fastify/helmet'
import { Module, type DynamicModule } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyInstance } from 'fastify'
import { AuditController } from './audit/audit-controller.js'
import { DeadLettersController } from './dead-letters/dead-letters-controller.js'
import { SignalsController } from './signals/signals-controller.js'
import { TriggersController } from './triggers/triggers-controller.js'
import { CheckpointsController } from './checkpoints/checkpoints-controller.js'
import { GatesController } from './gates/gates-controller.js'
import { GATEWAY, type Gateway } from './gateway.js'
import { registerBodyParsers } from './http/body-parsers.js'
import { drainBeforeAnswers } from './http/drain-body.js'
import { guardRequests } from './http/guard-requests.js'
import { notFoundError } from './http/not-found.js'
import {
  answerClientError,
  answerFrameworkError,
  ProblemFilter,
  sendProblem,
  type OnServerError,
} from './http/problem-filter.js'
import { watchRoutes, type RouteTable } from './http/route-table.js'
import { traceRequests, type OnAnswered } from './http/trace-requests.js'
import { openApiDocument } from './openapi/open-api-document.js'
import { OPEN_API, type OpenApiSource } from './openapi/open-api-source.js'
import { OperationsController } from './operations/operations-controller.js'
import { boardPath, registerBoard, type BoardDeps, type ErrorHandler } from './queues/board.js'
import { QueuesController } from './queues/queues-controller.js'
import { RunsController } from './runs/runs-controller.js'
import { StreamsController } from './streams/streams-controller.js'
import { VersionsController } from './workflows/versions-controller.js'
import { HooksController } from './hooks/hooks-controller.js'
import { WebhooksController } from './webhooks/webhooks-controller.js'
import { WorkflowsController } from './workflows/workflows-controller.js'

@Module({})
class GatewayModule {}

const gatewayModule = (gateway: Gateway, openApi: OpenApiSource): DynamicModule => ({
  module: GatewayModule,
  controllers: [
    RunsController,
    StreamsController,
    CheckpointsController,
    GatesController,
    DeadLettersController,
    TriggersController,
    SignalsController,
    QueuesController,
    VersionsController,
    WorkflowsController,
    WebhooksController,
    HooksController,
    OperationsController,
    AuditController,
  ],
  providers: [
    { provide: GATEWAY, useValue: gateway },
    { provide: OPEN_API, useValue: openApi },
  ],
})

export interface AppOptions {
  readonly gateway: Gateway
  readonly board: Omit<BoardDeps, 'onError'>
  readonly bodyBytesMax: number
  readonly trustProxy: boolean
  readonly metricsOpen: boolean
  readonly version: string
  readonly onServerError: OnServerError
  /** Told of every answer, for a log at a level that is usually off. */
  readonly onAnswered?: OnAnswered
}

/** The application, initialised and not listening yet. */
export interface App {
  readonly nest: NestFastifyApplication
  readonly fastify: FastifyInstance
  readonly routes: RouteTable
  /** Stops listening and resolves when every request under way is answered, or cut off. */
  readonly close: (closing: Closing) => Promise<void>
}

/** How the application stops. Times in ms. */
export interface Closing {
  /** What is not answered by then is cut off. */
  readonly graceMs: number
  /** How long kept-alive connections may stay quiet. */
  readonly idleMs: number
  /** Called when nothing more is accepted: who comes back then comes to another process. */
  readonly onClosing?: () => void
}

/**
 * Stops listening and resolves when all connections are closed.
 *
 * E1 A connection that carries a request meanwhile gets its answer with `Connection: close`, and is closed by that.
 * E2 A quiet one is not closed at once, as Node's `close` would: its client may be sending at this moment. It is closed after
 *    `idleMs`, so that a client that holds one open does not hold the process open.
 */
const closeApp = async (
  nest: NestFastifyApplication,
  { server }: FastifyInstance,
  { graceMs, idleMs, onClosing }: Closing,
): Promise<void> => {
  const closeIdle = server.closeIdleConnections.bind(server)
  server.closeIdleConnections = () => undefined // E2
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()))
  onClosing?.()
  let idle: NodeJS.Timeout | undefined
  const quiet = setTimeout(() => {
    closeIdle()
    idle = setInterval(closeIdle, 20)
  }, idleMs)
  const late = setTimeout(() => server.closeAllConnections(), graceMs)
  try {
    await closed
  } finally {
    clearTimeout(quiet)
    clearInterval(idle)
    clearTimeout(late)
  }
  await nest.close()
}

/** Longest part of a path; ids and names are far shorter. */
const paramLengthMax = 256

/** Builds the HTTP application: hooks first, so that they hold for every route, then Nest's controllers, then the board. */
export const makeApp = async (options: AppOptions): Promise<App> => {
  const { gateway, onServerError } = options
  const adapter = new FastifyAdapter({
    bodyLimit: options.bodyBytesMax,
    trustProxy: options.trustProxy,
    requestTimeout: 60_000,
    routerOptions: { maxParamLength: paramLengthMax },
    frameworkErrors: answerFrameworkError(onServerError),
    clientErrorHandler: answerClientError,
    return503OnClosing: false,
  })
  // Nest's type of the instance is generic over servers that are not used here.
  const fastify = adapter.getInstance() as unknown as FastifyInstance
  traceRequests(fastify, options.onAnswered)
  const routes = watchRoutes(fastify, boardPath)
  let description = ''
  const openApi: OpenApiSource = {
    text: () => {
      description ||= JSON.stringify(openApiDocument(routes.routes, options.version))
      return description
    },
  }
  const nest = await NestFactory.create<NestFastifyApplication>(gatewayModule(gateway, openApi), adapter, {
    bodyParser: false,
    logger: ['error', 'warn'],
    abortOnError: false,
  })
  await fastify.register(helmet, { contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] } } })
  guardRequests(fastify, gateway, { boardPath, metricsOpen: options.metricsOpen })
  registerBodyParsers(fastify)
  drainBeforeAnswers(fastify)
  // E1; after what takes the header away again.
  fastify.addHook('onSend', async (_request, reply) => {
    if (gateway.stopping.aborted) void reply.header('connection', 'close')
  })
  nest.useGlobalFilters(new ProblemFilter(onServerError, (path, method) => notFoundError(routes, path, method)))
  const onError: ErrorHandler = (error, request, reply) => sendProblem(error, request, reply, onServerError)
  await registerBoard(fastify, { ...options.board, onError })
  // Nest's own handler forgets Fastify's codes; it would be set by `init`.
  adapter.setErrorHandler = () => fastify.setErrorHandler(onError)
  await nest.init()
  await fastify.ready()
  return { nest, fastify, routes, close: (closing) => closeApp(nest, fastify, closing) }
}
