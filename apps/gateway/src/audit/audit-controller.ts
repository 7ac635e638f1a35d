import { AuditHeadView, AuditPage } from '@flotilla/contracts'
import { Controller, Inject, Req } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { GATEWAY, type Gateway } from '../gateway.js'
import { principalOf, queryOf } from '../http/caller.js'
import { cursorParam, limitParam } from '../http/params.js'
import { Route } from '../http/route.js'
import { listAuditViews, signedHead } from './audit-desk.js'

const tag = 'audit'

/** The audit: who did what, in a chain of hashes. */
@Controller('audit')
export class AuditController {
  constructor(@Inject(GATEWAY) private readonly gateway: Gateway) {}

  @Route('GET', '', {
    access: ['audit:read'],
    doc: {
      id: 'listAudit',
      tag,
      summary: 'Who did what, oldest first, with the hashes that chain it.',
      params: { cursor: cursorParam, limit: limitParam(1_000, 100) },
      answers: { 200: { description: 'A page of entries.', body: AuditPage } },
    },
  })
  list(@Req() request: FastifyRequest): Promise<AuditPage> {
    return listAuditViews(this.gateway, principalOf(request).tenantId, queryOf(request))
  }

  @Route('GET', 'heads', {
    access: ['audit:read'],
    doc: {
      id: 'readAuditHead',
      tag,
      summary: 'The head of the chain, signed: kept elsewhere, it shows later that nothing was changed or cut off.',
      answers: { 200: { description: 'The head.', body: AuditHeadView } },
    },
  })
  head(@Req() request: FastifyRequest): Promise<AuditHeadView> {
    return signedHead(this.gateway, principalOf(request).tenantId)
  }
}
