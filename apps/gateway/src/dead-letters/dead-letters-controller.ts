import { DeadLetterPage, DeadLettersDone, DeadLetterSelection } from '@flotilla/contracts'
import { Controller, Inject, Req } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { GATEWAY, type Gateway } from '../gateway.js'
import { bodyOf, principalOf, queryOf } from '../http/caller.js'
import { cursorParam, limitParam, textParamDoc, wordParamDoc } from '../http/params.js'
import { Route, type RouteDoc } from '../http/route.js'
import { listDeadLetterViews, resolveDeadLetters } from './dead-letter-desk.js'

const tag = 'dead letters'
const resolveDoc = (id: string, summary: string): RouteDoc => ({
  id,
  tag,
  summary,
  body: DeadLetterSelection,
  answers: { 200: { description: 'How many matched, and how many were done.', body: DeadLettersDone } },
  problems: [413, 415],
})

/** The dead-letter desk. */
@Controller('dead-letters')
export class DeadLettersController {
  constructor(@Inject(GATEWAY) private readonly gateway: Gateway) {}

  @Route('GET', '', {
    access: ['dead-letters'],
    doc: {
      id: 'listDeadLetters',
      tag,
      summary: 'Jobs that failed for good, newest first.',
      params: {
        status: wordParamDoc('Default `open`.', ['open', 'replayed', 'discarded', 'all']),
        queue: textParamDoc('Only of this queue.'),
        workflow: textParamDoc('Only of this workflow.'),
        code: textParamDoc('Only with this error code.'),
        before: textParamDoc('Only older than this time.'),
        after: textParamDoc('Only newer than this time.'),
        cursor: cursorParam,
        limit: limitParam(100, 50),
      },
      answers: { 200: { description: 'A page of dead letters.', body: DeadLetterPage } },
    },
  })
  list(@Req() request: FastifyRequest): Promise<DeadLetterPage> {
    return listDeadLetterViews(this.gateway, principalOf(request).tenantId, queryOf(request))
  }

  @Route('POST', 'replay', {
    access: ['dead-letters'],
    doc: resolveDoc('replayDeadLetters', 'Sends dead letters again; their runs go on from that step.'),
  })
  replay(@Req() request: FastifyRequest): Promise<DeadLettersDone> {
    return this.resolve(request, 'replay')
  }

  @Route('POST', 'discard', {
    access: ['dead-letters'],
    doc: resolveDoc('discardDeadLetters', 'Closes dead letters without doing anything more.'),
  })
  discard(@Req() request: FastifyRequest): Promise<DeadLettersDone> {
    return this.resolve(request, 'discard')
  }

  private resolve(request: FastifyRequest, action: 'replay' | 'discard'): Promise<DeadLettersDone> {
    const selection = bodyOf(DeadLetterSelection, request)
    return resolveDeadLetters(this.gateway, { principal: principalOf(request), action }, selection)
  }
}
