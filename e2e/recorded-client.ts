import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { isTerminal, type Answer, type Client, type StreamEvent } from './client.js'

/**
 * A client whose every call and captured event is written down as `chaos/FORMATS.md` has it, so that the checker can judge
 * what the fleet said to it against what the fleet stored.
 */
export interface RecordedClient {
  /** Submits a run; `expects` is what it should come to. */
  readonly submit: (
    workflow: string,
    input: unknown,
    options?: { readonly key?: string; readonly expects?: { readonly status: string; readonly result?: unknown } },
  ) => Promise<Answer>
  readonly get: (runId: string) => Promise<Answer>
  readonly decide: (runId: string, body: Record<string, unknown>) => Promise<Answer>
  readonly cancel: (runId: string) => Promise<Answer>
  readonly resume: (runId: string, body: Record<string, unknown>) => Promise<Answer>
  readonly fork: (runId: string, body: Record<string, unknown>) => Promise<Answer>
  readonly signal: (runId: string, name: string, body: unknown) => Promise<Answer>
  readonly replay: (ids: readonly string[]) => Promise<Answer>
  /** Reads a run's stream to its end, or until `until` holds, reconnecting after every `reconnectEvery` events. */
  readonly watch: (
    runId: string,
    options?: { readonly reconnectEvery?: number; readonly until?: (event: StreamEvent) => boolean },
  ) => Promise<StreamEvent[]>
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

interface Call {
  readonly call: string
  readonly method: string
  readonly url: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
  readonly more?: Record<string, unknown>
}

/** Makes a recording client of a tenant out of a plain one; the records go to `dir`. */
export const recordCalls = (client: Client, dir: string, tenant = 'default'): RecordedClient => {
  mkdirSync(dir, { recursive: true })
  const write = (file: string, line: object): void => appendFileSync(path.join(dir, file), `${JSON.stringify(line)}\n`)
  let connections = 0

  const call = async ({ call: name, method, url, body, headers, more = {} }: Call): Promise<Answer> => {
    const at = new Date()
    const began = performance.now()
    const answer = await client.request(method, url, body, headers)
    const runId = answer.body?.runId ?? null
    write('client.ndjson', {
      at: at.toISOString(),
      tookMs: Math.round(performance.now() - began),
      ...{ call: name, tenant, key: headers?.['idempotency-key'] ?? null },
      bodyHash: body === undefined ? null : sha256(JSON.stringify(body)),
      ...{ runId, traceId: answer.body?.traceId ?? null, status: answer.status, code: answer.body?.code ?? null },
      ...more,
    })
    return answer
  }
  const post = (name: string, runId: string, what: string, body: unknown, more = {}) =>
    call({ call: name, method: 'POST', url: `/runs/${runId}/${what}`, body, more: { runId, ...more } })

  const connect = async (runId: string, after: number, until: (event: StreamEvent) => boolean) => {
    connections += 1
    const connection = `${tenant}-${process.pid}-${connections}`
    const seen = await client.events(runId, { lastEventId: after, until })
    for (const [index, event] of seen.entries()) {
      const { seq, type, status, progress, trace_id: traceId } = event
      write('streams.ndjson', {
        ...{ at: new Date().toISOString(), tenant, runId, connection, lastEventId: index === 0 ? after : null },
        ...{ seq, type, status, progress, traceId },
        closed: index === seen.length - 1 && isTerminal(event),
      })
    }
    return seen
  }

  return {
    submit: (workflow, input, { key, expects = { status: 'any' } } = {}) =>
      call({
        ...{ call: 'submit', method: 'POST', url: '/runs', body: { workflow, input } },
        ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
        more: { workflow, expects: { result: null, ...expects } },
      }),
    get: async (runId) => {
      const at = new Date()
      const began = performance.now()
      const answer = await client.get(`/runs/${runId}`)
      const { status, progress } = answer.body
      write('client.ndjson', {
        ...{ at: at.toISOString(), tookMs: Math.round(performance.now() - began), call: 'get', tenant },
        ...{ key: null, bodyHash: null, runId, status: answer.status, code: answer.body?.code ?? null },
        seen: answer.status === 200 ? { status, progress } : null,
      })
      return answer
    },
    decide: (runId, body) => post('decide', runId, 'hitl', body, { decision: body['decision'] }),
    cancel: (runId) => post('cancel', runId, 'cancel', {}),
    resume: (runId, body) => post('resume', runId, 'resume', body),
    fork: (runId, body) => call({ call: 'fork', method: 'POST', url: `/runs/${runId}/fork`, body }),
    signal: (runId, name, body) => post('signal', runId, `signals/${name}`, body),
    replay: (ids) => call({ call: 'replay', method: 'POST', url: '/dead-letters/replay', body: { ids } }),
    watch: async (runId, { reconnectEvery = Infinity, until = () => false } = {}) => {
      const all: StreamEvent[] = []
      for (;;) {
        let here = 0
        const seen = await connect(
          runId,
          all.at(-1)?.seq ?? 0,
          (event) => (here += 1) >= reconnectEvery || until(event),
        )
        all.push(...seen)
        const last = all.at(-1)
        if (last === undefined || seen.length === 0 || isTerminal(last) || until(last)) return all
      }
    },
  }
}
