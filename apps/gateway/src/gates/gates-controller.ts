import { DecideGate, GateDecision, GatePage } from '@flotilla/contracts'
import { Controller, Inject, Param, Req } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { GATEWAY, type Gateway } from '../gateway.js'
import { bodyOf, principalOf, queryOf, runIdOf, traceOf } from '../http/caller.js'
import { cursorParam, limitParam, textParamDoc } from '../http/params.js'
import { Route } from '../http/route.js'
import { decide, listGateViews } from './decide-gate.js'

/** Gates: the inbox of waiting decisions, and deciding. */
@Controller()
export class GatesController {
  constructor(@Inject(GATEWAY) private readonly gateway: Gateway) {}

  @Route('GET', '/gates', {
    access: ['runs:read', 'hitl:decide'],
    doc: {
      id: 'listGates',
      tag: 'gates',
      summary: 'The inbox of waiting decisions: what is due first comes first.',
      params: {
        workflow: textParamDoc('Only gates of this workflow.', 64),
        cursor: cursorParam,
        limit: limitParam(100, 50),
      },
      answers: { 200: { description: 'A page of gates.', body: GatePage } },
    },
  })
  list(@Req() request: FastifyRequest): Promise<GatePage> {
    return listGateViews(this.gateway, principalOf(request).tenantId, queryOf(request))
  }

  @Route('POST', '/runs/:runId/hitl', {
    access: ['hitl:decide'],
    doc: {
      id: 'decideGate',
      tag: 'gates',
      summary:
        'Decides a gate, or votes on one that several decide. Of decisions at once one wins, the others get 409.',
      body: DecideGate,
      answers: {
        200: {
          description: 'Decided, or the vote is counted: `pending` says how many are missing.',
          body: GateDecision,
        },
      },
      problems: [404, 409, 413, 415, 422],
    },
  })
  decide(@Req() request: FastifyRequest, @Param('runId') runId: string): Promise<GateDecision> {
    const about = {
      principal: principalOf(request),
      runId: runIdOf(runId),
      traceparent: traceOf(request).traceparent,
    }
    return decide(this.gateway, about, bodyOf(DecideGate, request))
  }
}
