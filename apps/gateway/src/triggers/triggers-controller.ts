import { RunAccepted, SwitchTrigger, TriggerPage, TriggerView } from '@flotilla/contracts'
import { Controller, Inject, Param, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GATEWAY, type Gateway } from '../gateway.js'
import { bodyOf, principalOf, traceOf } from '../http/caller.js'
import { Route } from '../http/route.js'
import { fireTrigger, listTriggerViews, switchTrigger } from './trigger-desk.js'

const tag = 'triggers'

/** What starts runs by itself. */
@Controller('triggers')
export class TriggersController {
  constructor(@Inject(GATEWAY) private readonly gateway: Gateway) {}

  @Route('GET', '', {
    access: ['runs:read', 'workflows:write'],
    doc: {
      id: 'listTriggers',
      tag,
      summary: 'Schedules and completion triggers: next moment, last run, last error.',
      answers: { 200: { description: 'The triggers, by workflow and name.', body: TriggerPage } },
    },
  })
  list(@Req() request: FastifyRequest): Promise<TriggerPage> {
    return listTriggerViews(this.gateway, principalOf(request).tenantId)
  }

  @Route('PUT', '/:workflow/:name', {
    access: ['workflows:write'],
    doc: {
      id: 'switchTrigger',
      tag,
      summary: 'Switches a trigger on or off for the tenant.',
      body: SwitchTrigger,
      answers: { 200: { description: 'As it is now.', body: TriggerView } },
      problems: [404, 413, 415],
    },
  })
  turn(
    @Req() request: FastifyRequest,
    @Param('workflow') workflow: string,
    @Param('name') name: string,
  ): Promise<TriggerView> {
    const { enabled } = bodyOf(SwitchTrigger, request)
    return switchTrigger(this.gateway, principalOf(request), { workflow, name, enabled })
  }

  @Route('POST', '/:workflow/:name/fire', {
    access: ['runs:write', 'runs:operate'],
    doc: {
      id: 'fireTrigger',
      tag,
      summary: "Starts a schedule's run now, beside its moments.",
      answers: { 202: { description: 'Accepted; `Location` is the run.', body: RunAccepted } },
      problems: [404, 409],
    },
  })
  async fire(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('workflow') workflow: string,
    @Param('name') name: string,
  ): Promise<RunAccepted> {
    const accepted = await fireTrigger(this.gateway, principalOf(request), { workflow, name, ...traceOf(request) })
    void reply.header('location', accepted.links.self)
    return accepted
  }
}
