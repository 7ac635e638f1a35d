import { LivenessView, ReadinessView, TicketView } from '@flotilla/contracts'
import { runChecks } from '@flotilla/runtime'
import { metricsText } from '@flotilla/telemetry'
import { Controller, Inject, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { issueTicket } from '../auth/tickets.js'
import { GATEWAY, type Gateway } from '../gateway.js'
import { principalOf } from '../http/caller.js'
import { GatewayError } from '../http/gateway-error.js'
import { Route } from '../http/route.js'
import { OPEN_API, type OpenApiSource } from '../openapi/open-api-source.js'

const tag = 'operations'
const json = 'application/json'

/** Health, metrics, tickets, and the description of this API. */
@Controller()
export class OperationsController {
  constructor(
    @Inject(GATEWAY) private readonly gateway: Gateway,
    @Inject(OPEN_API) private readonly openApi: OpenApiSource,
  ) {}

  @Route('GET', '/livez', {
    access: 'open',
    doc: {
      id: 'livez',
      tag,
      summary: 'Whether the process answers at all.',
      answers: { 200: { description: 'It does.', body: LivenessView } },
    },
  })
  livez(): LivenessView {
    return { status: 'alive' }
  }

  /** Runs are accepted while Redis is away, so Redis is told of and does not decide. */
  @Route('GET', '/readyz', {
    access: 'open',
    doc: {
      id: 'readyz',
      tag,
      summary: 'Whether requests should be sent here: 503 while Postgres is away or the process is stopping.',
      answers: { 200: { description: 'Ready.', body: ReadinessView } },
    },
  })
  async readyz(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadinessView> {
    const { store, queues, stopping } = this.gateway
    void reply.header('cache-control', 'no-store')
    const [needed, reported] = await Promise.all([
      runChecks({ postgres: () => store.ping() }),
      runChecks({ redis: () => queues.ping() }, 500),
    ])
    const ready = needed.status === 'ready' && !stopping.aborted
    if (!ready) void reply.code(503)
    return { status: ready ? 'ready' : 'not-ready', checks: needed.checks, reported: reported.checks }
  }

  @Route('GET', '/openapi.json', {
    access: 'open',
    doc: {
      id: 'openapi',
      tag,
      summary: 'This description.',
      answers: { 200: { description: 'OpenAPI 3.1.', mediaTypes: [json] } },
    },
  })
  async describe(@Res() reply: FastifyReply): Promise<void> {
    await reply.header('content-type', json).send(this.openApi.text())
  }

  @Route('GET', '/metrics', {
    access: ['queues'],
    doc: {
      id: 'metrics',
      tag,
      summary: "Metrics of this process in Prometheus' text format.",
      answers: { 200: { description: 'The metrics.', mediaTypes: ['text/plain'] } },
    },
  })
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    await reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(await metricsText())
  }

  @Route('POST', '/tickets', {
    access: 'key',
    doc: {
      id: 'issueTicket',
      tag,
      summary: 'A ticket for one request of a browser, as `?ticket=`; good for 60 s.',
      answers: { 201: { description: 'The ticket.', body: TicketView } },
    },
  })
  async ticket(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<TicketView> {
    const { queues, now } = this.gateway
    const { ticket, expiresAt } = await issueTicket(queues.tickets, principalOf(request), now()).catch(() => {
      throw new GatewayError('REDIS_UNAVAILABLE')
    })
    void reply.header('cache-control', 'no-store')
    return { ticket, expiresAt: new Date(expiresAt).toISOString() }
  }
}
