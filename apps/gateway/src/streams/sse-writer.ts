import type { ServerResponse } from 'node:http'

/**
 * Writes a stream of server-sent events with back-pressure.
 *
 * W1 At most one batch is buffered: `write` resolves when the socket has taken it, and readers wait for that.
 * W2 A client that takes nothing for `stallMs` is disconnected; it can resume where it was.
 * W3 A comment goes out every `heartbeatMs` while nothing else does, so that proxies keep the connection.
 */
export interface SseWriter {
  /** Sends events; resolves when the next batch may follow, rejects never. After the end it does nothing. */
  readonly write: (events: readonly { readonly id: string; readonly data: string }[]) => Promise<void>
  /** Aborted when the client has gone or `end` was called. */
  readonly closed: AbortSignal
  readonly end: () => void
}

export interface SseOptions {
  readonly heartbeatMs: number
  readonly stallMs: number
  readonly headers?: Readonly<Record<string, string | readonly string[] | number | undefined>>
}

const drained = (response: ServerResponse, closed: AbortSignal, stallMs: number): Promise<'drained' | 'stalled'> =>
  new Promise((resolve) => {
    const finish = (outcome: 'drained' | 'stalled'): void => {
      clearTimeout(timer)
      response.off('drain', onDrain)
      closed.removeEventListener('abort', onDrain)
      resolve(outcome)
    }
    const onDrain = (): void => finish('drained')
    const timer = setTimeout(() => finish('stalled'), stallMs)
    response.once('drain', onDrain)
    closed.addEventListener('abort', onDrain, { once: true })
  })

/** Takes over a response that nothing was written to: status 200, headers, `retry: 2000`. */
export const openSse = (response: ServerResponse, options: SseOptions): SseWriter => {
  const closing = new AbortController()
  const close = (): void => {
    clearInterval(heartbeat)
    closing.abort()
  }
  response.once('close', close)
  response.once('error', close)
  response.writeHead(200, {
    ...(options.headers as Record<string, string>), // what Fastify had collected; undefined members do not occur
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  })
  response.write('retry: 2000\n\n')
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(': alive\n\n')
  }, options.heartbeatMs)
  heartbeat.unref()
  return {
    closed: closing.signal,
    write: async (events) => {
      if (closing.signal.aborted || events.length === 0) return
      const free = response.write(events.map(({ id, data }) => `id: ${id}\ndata: ${data}\n\n`).join(''))
      if (free) return
      if ((await drained(response, closing.signal, options.stallMs)) === 'stalled') response.destroy() // W2
    },
    end: () => {
      close()
      response.end()
    },
  }
}
