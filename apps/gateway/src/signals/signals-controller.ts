import { PublishSignal, SignalPublished } from '@flotilla/contracts'
import { Controller, Inject, Param, Req } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { GATEWAY, type Gateway } from '../gateway.js'
import { bodyOf, principalOf, traceOf } from '../http/caller.js'
import { Route } from '../http/route.js'
import { publishSignal } from './publish-signal.js'

/** Events for whoever waits for them. */
@Controller('signals')
export class SignalsController {
  constructor(@Inject(GATEWAY) private readonly gateway: Gateway) {}

  @Route('POST', '/:name', {
    access: ['runs:write'],
    doc: {
      id: 'publishSignal',
      tag: 'signals',
      summary: 'Gives an event to every run that waits for its name and key, else keeps it for the first that will.',
      body: PublishSignal,
      answers: { 202: { description: 'Who got it.', body: SignalPublished } },
      problems: [404, 409, 413, 415],
    },
  })
  publish(@Req() request: FastifyRequest, @Param('name') name: string): Promise<SignalPublished> {
    const { traceparent } = traceOf(request)
    const by = { principal: principalOf(request), name, traceparent }
    return publishSignal(this.gateway, by, bodyOf(PublishSignal, request))
  }
}
