import {
  DeliveryAccepted,
  DeliveryPage,
  deliveryStatuses,
  RegisterWebhook,
  RotateSecret,
  WebhookCreated,
  WebhookPage,
  WebhookView,
} from '@flotilla/contracts'
import { Controller, Inject, Param, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GATEWAY, type Gateway } from '../gateway.js'
import { bodyOf, principalOf, queryOf } from '../http/caller.js'
import { cursorParam, limitParam, wordParamDoc } from '../http/params.js'
import { Route } from '../http/route.js'
import {
  deleteWebhook,
  enableWebhook,
  listDeliveryViews,
  listWebhookViews,
  readWebhookView,
  redeliver,
  registerWebhook,
  rotateWebhook,
  testWebhook,
  webhookIdOf,
} from './webhook-desk.js'

const tag = 'webhooks'

/** Endpoints outside that are told of events. */
@Controller('webhooks')
export class WebhooksController {
  constructor(@Inject(GATEWAY) private readonly gateway: Gateway) {}

  @Route('POST', '', {
    access: ['webhooks'],
    doc: {
      id: 'registerWebhook',
      tag,
      summary: 'Registers an endpoint that is told of ends of runs and of gates.',
      body: RegisterWebhook,
      answers: { 201: { description: 'The endpoint; its secret is shown this once.', body: WebhookCreated } },
      problems: [409, 413, 415],
    },
  })
  async register(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WebhookCreated> {
    const created = await registerWebhook(this.gateway, principalOf(request), bodyOf(RegisterWebhook, request))
    void reply.header('location', `/webhooks/${created.id}`).header('cache-control', 'no-store')
    return created
  }

  @Route('GET', '', {
    access: ['webhooks'],
    doc: {
      id: 'listWebhooks',
      tag,
      summary: 'The endpoints, oldest first.',
      answers: { 200: { description: 'All of them.', body: WebhookPage } },
    },
  })
  list(@Req() request: FastifyRequest): Promise<WebhookPage> {
    return listWebhookViews(this.gateway, principalOf(request).tenantId)
  }

  @Route('GET', '/:id', {
    access: ['webhooks'],
    doc: {
      id: 'readWebhook',
      tag,
      summary: 'One endpoint.',
      answers: { 200: { description: 'As it is now.', body: WebhookView } },
      problems: [404],
    },
  })
  read(@Req() request: FastifyRequest, @Param('id') id: string): Promise<WebhookView> {
    return readWebhookView(this.gateway, principalOf(request).tenantId, webhookIdOf(id))
  }

  @Route('DELETE', '/:id', {
    access: ['webhooks'],
    doc: {
      id: 'deleteWebhook',
      tag,
      summary: 'Forgets an endpoint, what it is owed and what it was told.',
      answers: { 204: { description: 'It is gone.' } },
      problems: [404],
    },
  })
  remove(@Req() request: FastifyRequest, @Param('id') id: string): Promise<void> {
    return deleteWebhook(this.gateway, principalOf(request), webhookIdOf(id))
  }

  @Route('POST', '/:id/rotate', {
    access: ['webhooks'],
    doc: {
      id: 'rotateWebhook',
      tag,
      summary: 'Makes a new secret; calls are signed with both until the overlap is over.',
      body: RotateSecret,
      bodyOptional: true,
      answers: { 200: { description: 'The endpoint; its new secret is shown this once.', body: WebhookCreated } },
      problems: [404, 413, 415],
    },
  })
  rotate(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('id') id: string,
  ): Promise<WebhookCreated> {
    void reply.header('cache-control', 'no-store')
    const { overlapMs } = bodyOf(RotateSecret, request, {})
    return rotateWebhook(this.gateway, principalOf(request), { id: webhookIdOf(id), overlapMs: overlapMs ?? null })
  }

  @Route('POST', '/:id/enable', {
    access: ['webhooks'],
    doc: {
      id: 'enableWebhook',
      tag,
      summary: 'Has a disabled endpoint told again, of what happens from now on.',
      answers: { 200: { description: 'As it is now.', body: WebhookView } },
      problems: [404],
    },
  })
  enable(@Req() request: FastifyRequest, @Param('id') id: string): Promise<WebhookView> {
    return enableWebhook(this.gateway, principalOf(request), webhookIdOf(id))
  }

  @Route('POST', '/:id/test', {
    access: ['webhooks'],
    doc: {
      id: 'testWebhook',
      tag,
      summary: 'Sends an event of type io.flotilla.webhook.test.',
      answers: { 202: { description: 'It is owed; its delivery says how it went.', body: DeliveryAccepted } },
      problems: [404, 409],
    },
  })
  test(@Req() request: FastifyRequest, @Param('id') id: string): Promise<DeliveryAccepted> {
    return testWebhook(this.gateway, principalOf(request), webhookIdOf(id))
  }

  @Route('GET', '/:id/deliveries', {
    access: ['webhooks'],
    doc: {
      id: 'listDeliveries',
      tag,
      summary: 'What an endpoint was told and is owed, newest first, with its attempts.',
      params: {
        status: wordParamDoc('Only these.', deliveryStatuses),
        cursor: cursorParam,
        limit: limitParam(100, 50),
      },
      answers: { 200: { description: 'A page of deliveries.', body: DeliveryPage } },
      problems: [404],
    },
  })
  deliveries(@Req() request: FastifyRequest, @Param('id') id: string): Promise<DeliveryPage> {
    const at = { tenantId: principalOf(request).tenantId, id: webhookIdOf(id) }
    return listDeliveryViews(this.gateway, at, queryOf(request))
  }

  @Route('POST', '/:id/deliveries/:delivery/redeliver', {
    access: ['webhooks'],
    doc: {
      id: 'redeliver',
      tag,
      summary: 'Sends a delivery again, under the id that it had.',
      answers: { 202: { description: 'It is owed.', body: DeliveryAccepted } },
      problems: [404, 409],
    },
  })
  again(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Param('delivery') delivery: string,
  ): Promise<DeliveryAccepted> {
    return redeliver(this.gateway, principalOf(request), { id: webhookIdOf(id), delivery })
  }
}
