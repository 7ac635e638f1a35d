import { QueuePage, QueuePaused } from '@flotilla/contracts'
import { Controller, Inject, Param, Req } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { GATEWAY, type Gateway } from '../gateway.js'
import { principalOf } from '../http/caller.js'
import { Route, type RouteDoc } from '../http/route.js'
import { listQueueViews, pauseQueue } from './queue-views.js'

const tag = 'queues'
const pauseDoc = (id: string, summary: string): RouteDoc => ({
  id,
  tag,
  summary,
  answers: { 200: { description: 'The queue.', body: QueuePaused } },
  problems: [404],
})

/** Queues: depths, rates, workers, pause and resume. */
@Controller('queues')
export class QueuesController {
  constructor(@Inject(GATEWAY) private readonly gateway: Gateway) {}

  @Route('GET', '', {
    access: ['queues'],
    doc: {
      id: 'listQueues',
      tag,
      summary: 'Every queue of agents with depth, rate and workers.',
      answers: { 200: { description: 'The queues, by name.', body: QueuePage } },
    },
  })
  list(): Promise<QueuePage> {
    return listQueueViews(this.gateway)
  }

  @Route('POST', ':name/pause', { access: ['queues'], doc: pauseDoc('pauseQueue', 'Stops what is sent to a queue.') })
  pause(@Req() request: FastifyRequest, @Param('name') name: string): Promise<QueuePaused> {
    return pauseQueue(this.gateway, principalOf(request), { name, paused: true })
  }

  @Route('POST', ':name/resume', { access: ['queues'], doc: pauseDoc('resumeQueue', 'Lets a queue go on.') })
  resume(@Req() request: FastifyRequest, @Param('name') name: string): Promise<QueuePaused> {
    return pauseQueue(this.gateway, principalOf(request), { name, paused: false })
  }
}
