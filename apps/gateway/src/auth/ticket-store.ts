import { ticketMs, type TicketStore } from './tickets.js'

/** The part of a BullMQ queue that keeps tickets: a job nobody works on, named by the ticket's hash. */
export interface TicketQueue {
  readonly add: (name: string, data: unknown, options: { readonly jobId: string }) => Promise<unknown>
  readonly getJob: (id: string) => Promise<{ readonly data: unknown; readonly timestamp: number } | undefined>
  /** 1 for whoever removed it, 0 for everybody after. */
  readonly remove: (id: string) => Promise<number>
  readonly clean: (olderThanMs: number, most: number, state: 'wait') => Promise<unknown>
}

const unavailable = (): Error => Object.assign(new Error('Redis is not available'), { code: 'REDIS_UNAVAILABLE' })

/**
 * Keeps tickets in Redis through the queues' door. What removes the job has the ticket, so one request wins. Tickets that
 * nobody spent are swept whenever one is issued.
 */
export const makeTicketStore = (queue: () => unknown, reachable: () => boolean): TicketStore => {
  const shelf = (): TicketQueue => {
    if (!reachable()) throw unavailable() // BullMQ would wait for the connection
    return queue() as TicketQueue // BullMQ's Queue, seen through the four calls above
  }
  return {
    put: async (name, value, ttlMs) => {
      const tickets = shelf()
      await tickets.clean(ticketMs, 1_000, 'wait')
      await tickets.add('ticket', { value, until: Date.now() + ttlMs }, { jobId: `ticket-${name}` })
    },
    take: async (name) => {
      const tickets = shelf()
      const jobId = `ticket-${name}`
      const job = await tickets.getJob(jobId)
      if (!job || (await tickets.remove(jobId)) !== 1) return null
      const { value, until } = job.data as { readonly value: string; readonly until: number } // as `put` wrote it
      return Date.now() < until ? value : null
    },
  }
}
