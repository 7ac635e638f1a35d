import { HookAnswer, HookCreated, HookPage, HookView, RegisterHook, RotateSecret } from '@flotilla/contracts'
import { Controller, Inject, Param, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GATEWAY, type Gateway } from '../gateway.js'
import { RawBody } from '../http/body-parsers.js'
import { bodyOf, principalOf, traceOf } from '../http/caller.js'
import { Route } from '../http/route.js'
import { deleteHook, hookIdOf, listHookViews, readHookView, registerHook, rotateHook } from './hook-desk.js'
import { receiveHook } from './receive-hook.js'

const tag = 'hooks'
const header = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}
const headerDoc = (description: string) => ({ in: 'header' as const, description, schema: { type: 'string' } })

/** Hooks that endpoints outside call. */
@Controller('hooks')
export class HooksController {
  constructor(@Inject(GATEWAY) private readonly gateway: Gateway) {}

  @Route('POST', '', {
    access: ['webhooks'],
    doc: {
      id: 'registerHook',
      tag,
      summary: 'Registers a hook: its calls start runs, or give events to runs that wait.',
      body: RegisterHook,
      answers: { 201: { description: 'The hook; its secret is shown this once.', body: HookCreated } },
      problems: [404, 409, 413, 415],
    },
  })
  async register(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<HookCreated> {
    const created = await registerHook(this.gateway, principalOf(request), bodyOf(RegisterHook, request))
    void reply.header('location', created.url).header('cache-control', 'no-store')
    return created
  }

  @Route('GET', '', {
    access: ['webhooks'],
    doc: {
      id: 'listHooks',
      tag,
      summary: 'The hooks, by name.',
      answers: { 200: { description: 'All of them.', body: HookPage } },
    },
  })
  list(@Req() request: FastifyRequest): Promise<HookPage> {
    return listHookViews(this.gateway, principalOf(request).tenantId)
  }

  @Route('GET', '/:id', {
    access: ['webhooks'],
    doc: {
      id: 'readHook',
      tag,
      summary: 'One hook.',
      answers: { 200: { description: 'As it is now.', body: HookView } },
      problems: [404],
    },
  })
  read(@Req() request: FastifyRequest, @Param('id') id: string): Promise<HookView> {
    return readHookView(this.gateway, principalOf(request).tenantId, hookIdOf(id))
  }

  @Route('DELETE', '/:id', {
    access: ['webhooks'],
    doc: {
      id: 'deleteHook',
      tag,
      summary: 'Forgets a hook.',
      answers: { 204: { description: 'It is gone.' } },
      problems: [404],
    },
  })
  remove(@Req() request: FastifyRequest, @Param('id') id: string): Promise<void> {
    return deleteHook(this.gateway, principalOf(request), hookIdOf(id))
  }

  @Route('POST', '/:id/rotate', {
    access: ['webhooks'],
    doc: {
      id: 'rotateHook',
      tag,
      summary: 'Makes a new secret; the one before holds beside it until the overlap is over.',
      body: RotateSecret,
      bodyOptional: true,
      answers: { 200: { description: 'The hook; its new secret is shown this once.', body: HookCreated } },
      problems: [404, 413, 415],
    },
  })
  rotate(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('id') id: string,
  ): Promise<HookCreated> {
    void reply.header('cache-control', 'no-store')
    const { overlapMs } = bodyOf(RotateSecret, request, {})
    return rotateHook(this.gateway, principalOf(request), { id: hookIdOf(id), overlapMs: overlapMs ?? null })
  }

  @Route('POST', '/:id', {
    access: 'open',
    raw: true,
    doc: {
      id: 'callHook',
      tag,
      summary: 'Takes an event from outside, signed as Standard Webhooks has it.',
      body: 'any',
      bodyMediaTypes: ['application/json', 'application/cloudevents+json'],
      params: {
        'webhook-id': headerDoc('Names the event; a second call with it gets the same answer and does nothing.'),
        'webhook-timestamp': headerDoc('Seconds since 1970, at most five minutes away.'),
        'webhook-signature': headerDoc('`v1,<base64 HMAC-SHA256(id.timestamp.body)>`, several with spaces between.'),
      },
      answers: { 202: { description: 'What came of it.', body: HookAnswer } },
      problems: [401, 404, 409, 413, 415, 422, 429],
    },
  })
  async call(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('id') id: string,
  ): Promise<HookAnswer> {
    const { answer, replayed } = await receiveHook(this.gateway, {
      hookId: hookIdOf(id),
      address: request.ip,
      id: header(request, 'webhook-id'),
      timestamp: header(request, 'webhook-timestamp'),
      signature: header(request, 'webhook-signature'),
      body: request.body instanceof RawBody ? request.body.bytes : Buffer.alloc(0),
      ...traceOf(request),
    })
    if (replayed) void reply.header('webhook-replayed', 'true')
    return answer
  }
}
