/**
 * Preloaded before anything else (`node --import @flotilla/telemetry/register main.js`), so that ioredis is seen before
 * anyone loads it. With `main.ts` the only place that reads `process.env`.
 *
 * R1  Without an endpoint it exports nothing, prints nothing and loads no SDK beyond ids and context.
 * R2  Only W3C trace context is propagated: baggage would reach Redis in clear.
 * R3  Redis spans carry the command's name, never its arguments: those are whole jobs.
 */
import { context, propagation, trace } from '@opentelemetry/api'
import { AlwaysOffSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import { makeAsyncContextManager } from './async-context-manager.js'
import { startExport } from './start-export.js'
import { shutdownTelemetry, tracingState } from './tracing-state.js'
import { tracecontextPropagator } from './tracecontext-propagator.js'

const { env } = process
const endpoint = env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTLP_ENDPOINT'] || null
const toConsole = env['FLOTILLA_TRACE_CONSOLE'] === '1'

tracingState.serviceName = env['OTEL_SERVICE_NAME'] || 'flotilla'
tracingState.logLevel = env['LOG_LEVEL'] || 'info'

if (env['OTEL_SDK_DISABLED'] !== 'true' && (endpoint !== null || toConsole)) {
  await startExport({ endpoint, toConsole, serviceName: tracingState.serviceName })
  process.once('beforeExit', () => void shutdownTelemetry())
} else {
  // R1: valid random ids for runs and logs, and not one span recorded.
  context.setGlobalContextManager(makeAsyncContextManager())
  propagation.setGlobalPropagator(tracecontextPropagator)
  trace.setGlobalTracerProvider(new TracerProvider({ sampler: new AlwaysOffSampler(), spanProcessors: [] }))
}
