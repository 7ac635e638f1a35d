import type { Fleet } from './fleet.js'

/** One answer of the gateway, body parsed where it is JSON. */
export interface Answer<T = any> {
  readonly status: number
  readonly headers: Headers
  readonly body: T
}

/** One event of a run's stream. */
export interface StreamEvent {
  readonly seq: number
  readonly runId: string
  readonly ts: string
  readonly type: string
  readonly phase: string | null
  readonly status: string
  readonly message: string
  readonly progress: number
  readonly step_progress: number | null
  readonly trace_id: string
  readonly span_id: string
  readonly meta: Record<string, unknown>
}

/** Ways into the gateway with one key. */
export interface Client {
  readonly request: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Answer>
  readonly post: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
  /** Submits a run and gives its id; throws unless it is accepted. */
  readonly submit: (workflow: string, input: unknown) => Promise<{ readonly runId: string; readonly traceId: string }>
  /** Events of a run's stream from `lastEventId` until the server closes it or `until` holds. */
  readonly events: (
    runId: string,
    options?: { readonly lastEventId?: number; readonly until?: (event: StreamEvent) => boolean },
  ) => Promise<StreamEvent[]>
  /** The run, once its stream has shown an event for which `seen` holds. */
  readonly runWhen: (runId: string, seen: (event: StreamEvent) => boolean) => Promise<any>
}

const terminal = (event: StreamEvent): boolean => ['run.completed', 'run.failed', 'run.cancelled'].includes(event.type)

/** True for the last event of a run. */
export const isTerminal = terminal

/** A client of the fleet's gateway with one of its keys, or with a key given in full. */
export const makeClient = async (fleet: Fleet, key: string): Promise<Client> => {
  const file = await fleet.file()
  const secret = (file.keys as Record<string, string>)[key] ?? key
  const request: Client['request'] = async (method, path, body, headers = {}) => {
    const response = await fetch(new URL(path, file.gatewayUrl), {
      method,
      headers: {
        authorization: `Bearer ${secret}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = (response.headers.get('content-type') ?? '').includes('json')
    return { status: response.status, headers: response.headers, body: isJson && text ? JSON.parse(text) : text }
  }
  const events: Client['events'] = async (runId, { lastEventId, until = () => false } = {}) => {
    const response = await fetch(new URL(`/runs/${runId}/events`, file.gatewayUrl), {
      headers: {
        authorization: `Bearer ${secret}`,
        accept: 'text/event-stream',
        ...(lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }),
      },
    })
    if (response.status === 204) return []
    if (!response.ok || !response.body) throw new Error(`events of ${runId}: ${response.status}`)
    const seen: StreamEvent[] = []
    let buffer = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body) {
      buffer += decoder.decode(chunk as Uint8Array, { stream: true })
      for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
        const block = buffer.slice(0, end)
        buffer = buffer.slice(end + 2)
        const data = block.split('\n').find((line) => line.startsWith('data:'))
        if (!data) continue
        const event = JSON.parse(data.slice(5)) as StreamEvent
        seen.push(event)
        if (until(event)) return seen // leaving the loop closes the stream
      }
    }
    return seen
  }
  return {
    request,
    get: (path, headers) => request('GET', path, undefined, headers),
    post: (path, body, headers) => request('POST', path, body, headers),
    submit: async (workflow, input) => {
      const answer = await request('POST', '/runs', { workflow, input })
      if (answer.status !== 202) throw new Error(`submit: ${answer.status} ${JSON.stringify(answer.body)}`)
      return answer.body
    },
    events,
    runWhen: async (runId, seen) => {
      await events(runId, { until: (event) => seen(event) || terminal(event) })
      return (await request('GET', `/runs/${runId}`)).body
    },
  }
}
