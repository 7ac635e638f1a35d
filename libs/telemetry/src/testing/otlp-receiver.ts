import { createServer } from 'node:http'
import protobuf from 'protobufjs'

/** A span as it arrived over OTLP, decoded. */
export interface ReceivedSpan {
  /** `service.name` of its resource. */
  readonly service: string
  readonly traceId: string
  readonly spanId: string
  /** Empty for a root. */
  readonly parentSpanId: string
  readonly name: string
  readonly kind: number
  /** Epoch ms. */
  readonly startedAt: number
  readonly endedAt: number
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[]
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  /** 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: number; readonly message: string }
}

/** A receiver for tests: an OTLP/HTTP endpoint that keeps what it decodes. */
export interface OtlpReceiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly endpoint: string
  readonly spans: () => readonly ReceivedSpan[]
  /** Paths that were posted to, in order. */
  readonly paths: () => readonly string[]
  /** Raw bodies as latin1 text, for searching for planted tokens. */
  readonly raw: () => string
  /** Resolves when `found` is true of all spans so far; rejects with their names after `timeoutMs` (10,000 unless told). */
  readonly until: (
    found: (spans: readonly ReceivedSpan[]) => boolean,
    timeoutMs?: number,
  ) => Promise<readonly ReceivedSpan[]>
  readonly clear: () => void
  readonly close: () => Promise<void>
}

// The part of opentelemetry/proto/trace/v1/trace.proto that is read here; field numbers are the protocol's.
const { root } = protobuf.parse(`
  syntax = "proto3";
  message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; bytes bytes_value = 7; } }
  message ArrayValue { repeated AnyValue values = 1; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
  message Link { bytes trace_id = 1; bytes span_id = 2; repeated KeyValue attributes = 4; }
  message Status { string message = 2; int32 code = 3; }
  message Span { bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; repeated Event events = 11; repeated Link links = 13; Status status = 15; }
  message ScopeSpans { repeated Span spans = 2; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Request { repeated ResourceSpans resource_spans = 1; }
`)
const requestType = root.lookupType('Request')

interface AnyValue {
  stringValue?: string
  boolValue?: boolean
  intValue?: string
  doubleValue?: number
  arrayValue?: { values: AnyValue[] }
}
type KeyValues = { key: string; value: AnyValue | null }[]
interface WireSpan {
  traceId: string
  spanId: string
  parentSpanId: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: KeyValues
  events: { name: string; attributes: KeyValues }[]
  links: { traceId: string; spanId: string }[]
  status: { code: number; message: string } | null
}
interface WireRequest {
  resourceSpans: { resource: { attributes: KeyValues } | null; scopeSpans: { spans: WireSpan[] }[] }[]
}

const valueOf = (value: AnyValue | null): unknown => {
  if (value === null) return null
  if (value.intValue !== undefined) return Number(value.intValue)
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(valueOf)
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? null
}
const attributesOf = (pairs: KeyValues): Record<string, unknown> =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, valueOf(value)]))
const hex = (base64: string): string => Buffer.from(base64, 'base64').toString('hex')

const decode = (body: Buffer): ReceivedSpan[] => {
  // The type was declared above and toObject fills defaults, so the shape is WireRequest.
  const request = requestType.toObject(requestType.decode(body), {
    longs: String,
    bytes: String,
    arrays: true,
    defaults: false,
  }) as WireRequest
  return (request.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) => {
    const service = String(attributesOf(resource?.attributes ?? [])['service.name'] ?? '')
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        service,
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentSpanId: hex(span.parentSpanId ?? ''),
        name: span.name ?? '',
        kind: span.kind ?? 0,
        startedAt: Number(span.startTimeUnixNano) / 1e6,
        endedAt: Number(span.endTimeUnixNano) / 1e6,
        attributes: attributesOf(span.attributes),
        events: span.events.map((event) => ({ name: event.name, attributes: attributesOf(event.attributes) })),
        links: span.links.map((link) => ({ traceId: hex(link.traceId), spanId: hex(link.spanId) })),
        status: { code: span.status?.code ?? 0, message: span.status?.message ?? '' },
      })),
    )
  })
}

/** Listens on a free port of 127.0.0.1, or the given one, and decodes what is posted to `/v1/traces`. */
export const startOtlpReceiver = async (port = 0): Promise<OtlpReceiver> => {
  let received: ReceivedSpan[] = []
  let paths: string[] = []
  let raw = ''
  const waiting = new Set<() => void>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      paths.push(request.url ?? '')
      raw += body.toString('latin1')
      if (request.url === '/v1/traces') received.push(...decode(body))
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
      for (const check of waiting) check()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  const actualPort = typeof address === 'object' && address !== null ? address.port : port

  const until: OtlpReceiver['until'] = (found, timeoutMs = 10_000) =>
    new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer)
        waiting.delete(check)
      }
      const timer = setTimeout(() => {
        end()
        reject(new Error(`spans did not arrive; got: ${received.map((s) => `${s.service}:${s.name}`).join(', ')}`))
      }, timeoutMs)
      const check = (): void => {
        if (!found(received)) return
        end()
        resolve(received)
      }
      waiting.add(check)
      check()
    })

  return {
    endpoint: `http://127.0.0.1:${actualPort}`,
    spans: () => received,
    paths: () => paths,
    raw: () => raw,
    until,
    clear: () => {
      received = []
      paths = []
      raw = ''
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}
