import { StreamedEventPage } from '@flotilla/contracts'
import { Controller, Inject, Param, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GATEWAY, type Gateway } from '../gateway.js'
import { principalOf, runIdOf } from '../http/caller.js'
import { cursorParam, lastEventIdParams, limitParam, textParamDoc } from '../http/params.js'
import { Route } from '../http/route.js'
import { pageOfRun, streamRun, streamTenant, wantsJson } from './stream-routes.js'

/** Streams of events. */
@Controller()
export class StreamsController {
  constructor(@Inject(GATEWAY) private readonly gateway: Gateway) {}

  @Route('GET', '/runs/:runId/events', {
    access: ['runs:read'],
    ticket: true,
    stream: true,
    doc: {
      id: 'streamRun',
      tag: 'events',
      summary: "A run's events: server-sent events, or a page of the same objects for `Accept: application/json`.",
      params: { ...lastEventIdParams, cursor: cursorParam, limit: limitParam(1_000, 1_000) },
      answers: {
        200: {
          description: 'The stream, or a page of it.',
          body: StreamedEventPage,
          mediaTypes: ['text/event-stream'],
        },
        204: { description: 'The stream has ended at or before `Last-Event-ID`.' },
      },
      problems: [404],
    },
  })
  async run(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param('runId') runIdGiven: string,
  ): Promise<void> {
    const asked = { principal: principalOf(request), request, reply }
    const runId = runIdOf(runIdGiven)
    if (wantsJson(request.headers.accept)) await reply.send(await pageOfRun(this.gateway, runId, asked))
    else await streamRun(this.gateway, runId, asked)
  }

  @Route('GET', '/events', {
    access: ['runs:read'],
    ticket: true,
    stream: true,
    doc: {
      id: 'streamTenant',
      tag: 'events',
      summary: 'Events of all runs of the tenant, from now on or after `Last-Event-ID`. Ids are opaque.',
      params: {
        ...lastEventIdParams,
        workflow: textParamDoc('Only events of this workflow.'),
        type: textParamDoc('Only events of this type.'),
      },
      answers: { 200: { description: 'The stream.', mediaTypes: ['text/event-stream'] } },
    },
  })
  tenant(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return streamTenant(this.gateway, { principal: principalOf(request), request, reply })
  }
}
