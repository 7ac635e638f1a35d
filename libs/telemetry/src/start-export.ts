import type { BatchSpanProcessor, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'
import { makeScrubbingProcessor } from './allow-attributes.js'
import { tracecontextPropagator } from './tracecontext-propagator.js'
import { tracingState } from './tracing-state.js'

/** Where spans go. */
export interface ExportOptions {
  /** OTLP over HTTP, without `/v1/traces`; null: nowhere. */
  readonly endpoint: string | null
  readonly toConsole: boolean
  readonly serviceName: string
}

/** Bounded: a collector that is away costs at most this many spans of memory, then spans are dropped. */
const batch = { maxQueueSize: 8_192, maxExportBatchSize: 512, scheduledDelayMillis: 500, exportTimeoutMillis: 5_000 }

const both = (processors: readonly SpanProcessor[]): SpanProcessor => ({
  onStart: (span, context) => processors.forEach((one) => one.onStart(span, context)),
  onEnd: (span) => processors.forEach((one) => one.onEnd(span)),
  forceFlush: async () => void (await Promise.all(processors.map((one) => one.forceFlush()))),
  shutdown: async () => void (await Promise.all(processors.map((one) => one.shutdown()))),
})

/**
 * Starts the SDK with a bounded batch export, the allow-list and ioredis' instrumentation. The packages are loaded here,
 * so that a process that exports nothing does not pay for them.
 */
export const startExport = async ({ endpoint, toConsole, serviceName }: ExportOptions): Promise<void> => {
  const [{ NodeSDK }, sdkTrace, { OTLPTraceExporter }, { IORedisInstrumentation }, resources] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-proto'),
    import('@opentelemetry/instrumentation-ioredis'),
    import('@opentelemetry/resources'),
  ])
  const exporters: SpanExporter[] = [
    ...(endpoint === null ? [] : [new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` })]),
    ...(toConsole ? [new sdkTrace.ConsoleSpanExporter()] : []),
  ]
  const processors = exporters.map(
    (exporter): BatchSpanProcessor => new sdkTrace.BatchSpanProcessor({ ...batch, exporter }),
  )
  const processor = makeScrubbingProcessor(both(processors))
  const sdk = new NodeSDK({
    resource: resources.defaultResource().merge(resources.resourceFromAttributes({ 'service.name': serviceName })),
    resourceDetectors: [resources.envDetector],
    spanProcessors: [processor],
    metricReaders: [],
    logRecordProcessors: [],
    textMapPropagator: tracecontextPropagator,
    instrumentations: [
      new IORedisInstrumentation({
        requireParentSpan: true,
        dbStatementSerializer: (command) => String(command),
      }),
    ],
  })
  sdk.start()
  tracingState.processor = processor
  tracingState.shutdown = async () => {
    tracingState.processor = null
    await sdk.shutdown()
  }
}
