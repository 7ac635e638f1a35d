import type { StreamedEventPage } from '@flotilla/contracts'
import { isStreamCursor } from '@flotilla/store'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { mayStay } from '../auth/authenticate.js'
import type { Principal } from '../auth/principal.js'
import type { Gateway } from '../gateway.js'
import { endCall } from '../http/trace-requests.js'
import { GatewayError } from '../http/gateway-error.js'
import { integerParam, textParam, type Query } from '../http/query-params.js'
import { readCursor, writeCursor } from '../http/cursor.js'
import { followRun, isTerminal } from './follow-run.js'
import { followTenant, readEventId, type TenantStreamFilter } from './follow-tenant.js'
import { readLastEventId } from './last-event-id.js'
import { openSse, type SseWriter } from './sse-writer.js'
import { streamedEventView } from './streamed-event-view.js'
import { makeWake } from './wake.js'

/** One request for events. */
export interface StreamRequest {
  readonly principal: Principal
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** Whether the client asks for JSON: only when it names it and does not name event streams. */
export const wantsJson = (accept: string | undefined): boolean =>
  accept !== undefined && /application\/(json|\*)/i.test(accept) && !/text\/event-stream/i.test(accept)

const lastEventIdOf = ({ headers, query }: FastifyRequest): string | null => {
  const header = headers['last-event-id']
  // A browser that reconnects sends the header; the parameter is what the page began with.
  return typeof header === 'string' && header !== '' ? header : textParam(query as Query, 'lastEventId', 1_024)
}

/** Takes the response over and lets `follow` write until it ends; what fails ends the stream, the client resumes. */
const stream = (
  gateway: Gateway,
  { principal, request, reply }: StreamRequest,
  subject: string | null,
  follow: (writer: SseWriter, wake: ReturnType<typeof makeWake>) => Promise<void>,
): void => {
  const { streamLimits: limits, queues } = gateway
  if (request.method === 'HEAD') {
    // It asks for the headers alone: a stream that stays open without a body would never be answered.
    void reply.header('content-type', 'text/event-stream; charset=utf-8').send()
    return
  }
  const leave = gateway.streams.enter(principal.tenantId)
  const stopping = gateway.stopping.aborted
  // A stream that was asked of a process that stops ends before its first event: its client resumes, at another one.
  const headers = { ...reply.getHeaders(), ...(stopping ? { connection: 'close' } : {}) }
  reply.hijack()
  const writer = openSse(reply.raw, { heartbeatMs: limits.heartbeatMs, stallMs: limits.stallMs, headers })
  gateway.streams.add(writer)
  if (stopping) writer.end()
  const wake = makeWake({
    subscribe: (onHint) => queues.onPublished(subject, onHint),
    sweepMs: () => (queues.hintsArrive() ? limits.sweepMs : limits.sweepWithoutHintsMs),
  })
  // A key that was revoked, or has expired, reads no further; while the store cannot be asked, the stream cannot read either.
  const recheck = setInterval(() => {
    mayStay(gateway, principal).then((good) => good || writer.end(), gateway.onStreamError)
  }, limits.recheckMs)
  recheck.unref()
  void follow(writer, wake)
    .catch(gateway.onStreamError)
    .finally(() => {
      clearInterval(recheck)
      writer.end()
      wake.stop()
      leave()
      endCall(request, 200)
    })
}

/** The run's stream as server-sent events; 204 when it has ended at or before `Last-Event-ID`. */
export const streamRun = async (gateway: Gateway, runId: string, asked: StreamRequest): Promise<void> => {
  const { principal, request, reply } = asked
  const { tenantId } = principal
  const found = await gateway.store.readStream(tenantId, runId, { afterSeq: 0, limit: 0 })
  if (found === null) throw new GatewayError('RUN_UNKNOWN')
  const after = readLastEventId(lastEventIdOf(request), found.published)
  if (after > 0 && after === found.published) {
    const last = await gateway.store.readStream(tenantId, runId, { afterSeq: after - 1, limit: 1 })
    const type = last?.items.find(({ event }) => event.seq === after)?.event.type
    if (type !== undefined && last?.published === after && isTerminal(type)) {
      await reply.code(204).send()
      return
    }
  }
  stream(gateway, asked, runId, (writer, wake) =>
    followRun((from) => gateway.store.readStream(tenantId, runId, from), writer, { runId, after, wake }),
  )
}

/** The same objects as a page. The cursor, like `Last-Event-ID`, is the number after which the page begins. */
export const pageOfRun = async (
  gateway: Gateway,
  runId: string,
  { principal, request }: StreamRequest,
): Promise<StreamedEventPage> => {
  const query = request.query as Query
  const limit = integerParam(query, 'limit', { min: 1, max: 1_000, fallback: 1_000 })
  const cursor = textParam(query, 'cursor', 1_024)
  const whole = await gateway.store.readStream(principal.tenantId, runId, { afterSeq: 0, limit: 0 })
  if (whole === null) throw new GatewayError('RUN_UNKNOWN')
  const from =
    cursor === null
      ? readLastEventId(lastEventIdOf(request), whole.published)
      : readCursor('events', cursor, ([seq]) =>
          Number.isSafeInteger(seq) && Number(seq) >= 0 && Number(seq) <= whole.published ? Number(seq) : null,
        )
  const items: StreamedEventPage['items'] = []
  let afterPosition = 0
  // An entry of the history may have published nothing after `from`, or several: read until the page is full.
  while (items.length < limit) {
    const afterSeq = items.at(-1)?.seq ?? from
    const part = await gateway.store.readStream(principal.tenantId, runId, { afterSeq, afterPosition, limit })
    if (part === null || part.items.length === 0) break
    items.push(...part.items.map((item) => streamedEventView(item, { runId, traceId: part.traceId })))
    afterPosition = part.position
  }
  const page = items.slice(0, limit)
  const last = page.at(-1)?.seq ?? from
  return { items: page, nextCursor: last < whole.published ? writeCursor('events', [last]) : null }
}

/** The stream over all runs of the tenant; without `Last-Event-ID` it starts now. */
export const streamTenant = async (gateway: Gateway, asked: StreamRequest): Promise<void> => {
  const { tenantId } = asked.principal
  const query = asked.request.query as Query
  const filter: TenantStreamFilter = { workflow: textParam(query, 'workflow'), type: textParam(query, 'type') }
  const lastEventId = lastEventIdOf(asked.request)
  const given = lastEventId === null ? null : readEventId(lastEventId)
  if (lastEventId !== null && (given === null || !isStreamCursor(given)))
    throw new GatewayError('LAST_EVENT_ID_INVALID')
  const after = given ?? (await gateway.store.tenantStreamEnd(tenantId))
  stream(gateway, asked, null, (writer, wake) =>
    followTenant((page) => gateway.store.readTenantStream(tenantId, page), writer, { after, filter, wake }),
  )
}
