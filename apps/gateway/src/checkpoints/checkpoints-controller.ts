import { CheckpointDocument, RunAccepted } from '@flotilla/contracts'
import { Controller, Inject, Param, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GATEWAY, type Gateway } from '../gateway.js'
import { bodyOf, principalOf, runIdOf, traceOf } from '../http/caller.js'
import { Route } from '../http/route.js'
import { exportCheckpoint, importCheckpoint } from './checkpoint-documents.js'

/** Checkpoints as documents: out of a run, and into a new one. */
@Controller()
export class CheckpointsController {
  constructor(@Inject(GATEWAY) private readonly gateway: Gateway) {}

  @Route('GET', '/runs/:runId/checkpoints/:checkpoint', {
    access: ['runs:read'],
    doc: {
      id: 'exportCheckpoint',
      tag: 'runs',
      summary:
        'One checkpoint, by number or label, as a document that a new run can begin from. For who submitted the run, and with the scope pii:read.',
      answers: { 200: { description: 'The document.', body: CheckpointDocument } },
      problems: [404],
    },
  })
  export(
    @Req() request: FastifyRequest,
    @Param('runId') runId: string,
    @Param('checkpoint') checkpoint: string,
  ): Promise<CheckpointDocument> {
    return exportCheckpoint(this.gateway, { principal: principalOf(request), runId: runIdOf(runId) }, checkpoint)
  }

  @Route('POST', '/runs/import', {
    access: ['runs:operate'],
    doc: {
      id: 'importCheckpoint',
      tag: 'runs',
      summary: 'Makes a new run from a checkpoint document.',
      body: CheckpointDocument,
      answers: { 202: { description: 'Accepted.', body: RunAccepted } },
      problems: [404, 409, 413, 415, 422],
    },
  })
  async import(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<RunAccepted> {
    const { traceId, traceparent } = traceOf(request)
    const document = bodyOf(CheckpointDocument, request)
    const caller = { principal: principalOf(request), traceId, traceparent }
    const accepted = await importCheckpoint(this.gateway, caller, { document, parsed: request.body })
    void reply.header('location', accepted.links.self)
    return accepted
  }
}
